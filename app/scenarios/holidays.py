"""The `calendar` step: a holiday notice, or a correction of one, as the notices that an admin would import."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from app.scenarios.lines import Node
from timers.calendar import Calendar
from timers.errors import BadNotice
from timers.notice import Notice, parse_notice


def notice_of(node: Node, calendar: Callable[[], Calendar]) -> Iterator[Notice]:
    """The notices of a step, one at a time: `calendar()` is asked after the one before was imported.

    Raises `BadScenario`: neither `publish` nor something to add, or what `timers.notice` refuses.
    """
    said = node.mapping()
    source = said["source"].text() if "source" in said else ""
    adds = [key for key in ("add_holidays", "add_workdays") if key in said]
    if ("publish" in said) == bool(adds) or (not adds and "holidays" not in said):
        raise node.wrong(
            "应写 publish 与 holidays（workdays），或 add_holidays、add_workdays",
            "expected publish with holidays (workdays), or add_holidays, add_workdays",
        )
    if "publish" in said:
        keys = ("holidays", "workdays")
        yield _parsed(node, {"year": said["publish"].plain(), "source": source, **_plain(said, keys)})
    for key in adds:
        year, days = _days(said[key])
        yield _corrected(calendar(), year, key, days, source)


def _corrected(calendar: Calendar, year: int, key: str, days: Mapping[date, str], source: str) -> Notice:
    revised = calendar.revised(
        year,
        add_holidays=days if key == "add_holidays" else None,
        add_workdays=days if key == "add_workdays" else None,
        source=source or (calendar.years[year].source if year in calendar.years else ""),
    )
    table = revised.years[year]
    return Notice(year, table.holidays, table.workdays, table.source, table.published_on)


def _days(node: Node) -> tuple[int, Mapping[date, str]]:
    """Year and days of a list. Days to be worked are read by the same rules, as if they were days off."""
    notice = _parsed(node, {"holidays": node.plain()})
    return notice.year, notice.holidays


def _plain(said: Mapping[str, Node], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: said[key].plain() for key in keys if key in said}


def _parsed(node: Node, content: Mapping[str, Any]) -> Notice:
    try:
        return parse_notice(json.dumps(content, ensure_ascii=False))
    except BadNotice as error:
        raise node.wrong(error.zh, error.en) from None
