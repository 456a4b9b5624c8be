"""The clocks of an order: what is due, how long is left, and how that follows from the regulation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from app.web.language import _, language, pick
from app.web.words import moment
from processes.order import state_of
from processes.regulation import Regulation
from timers.calendar import Calendar
from timers.errors import BadLimit
from timers.limits import Unit, parse_limit
from timers.remaining import remaining
from timers.words import Line, sentences

Row = Mapping[str, Any]
Clock = dict[str, Any]


def lamp_until(
    due_at: datetime | None, now: datetime, calendar: Calendar, regulation: Regulation, unit: Unit = "wd"
) -> dict[str, str]:
    """The lamp of a list row: `state` and `words`."""
    if due_at is None:
        return {"state": "none", "words": _("无时限")}
    left = remaining(due_at, now, calendar, regulation.counting, unit)
    return {"state": left.lamp, "words": pick(left.zh, left.en)}


def running_clocks(rows: Iterable[Row], regulation: Regulation, calendar: Calendar, now: datetime) -> list[Clock]:
    """Deadlines that are running or missed on work not yet done, by due time: limits of work first, then times that
    are only waited for, reminders last."""
    live = [row for row in rows if not row["cancelled_at"] and not row["ended_at"]]
    live = [row for row in live if not (row["soft"] and row["fired_at"])]
    by_element = {row["element"]: row for row in live}
    live.sort(key=lambda row: (row["soft"], row["subject"] == row["element"], row["due_at"]))
    first = _first_limits(live)
    return [_clock(row, by_element, regulation, calendar, now, first=row["element"] in first) for row in live]


def past_clocks(rows: Iterable[Row], regulation: Regulation, now: datetime) -> list[Clock]:
    """Limits whose work is done, the latest first: kept, missed, or waiting for the decision that says which."""
    ended = [row for row in rows if (row["ended_at"] or row["cancelled_at"]) and not row["soft"]]
    ended.sort(key=lambda row: row["due_at"], reverse=True)
    first = _first_limits(reversed(ended))
    return [
        {
            "name": _name(row, regulation, first=row["element"] in first),
            "timer": row["timer"],
            "lamp": _became(row),
            "due": _("应于 %(at)s 前", at=moment(row["due_at"], regulation.zone, now)),
            "explanation": explanation(row),
            "id": row["id"],
        }
        for row in ended
    ]


def _became(row: Row) -> dict[str, str]:
    """The lamp of a limit whose work is done."""
    words = {"fired": ("late", _("超期")), "held": ("held", _("是否按时，等待审批"))}
    state, said = words.get(state_of(row), ("done", _("按时")))
    return {"state": state, "words": said}


def explanation(row: Row) -> list[str]:
    """How the due time was computed, one sentence per step."""
    return sentences((Line(code, params) for code, params in row["explanation"]), language())


def _clock(
    row: Row, every: Mapping[str, Row], regulation: Regulation, calendar: Calendar, now: datetime, *, first: bool
) -> Clock:
    notes = [row["timer"]] if row["timer"] else []
    if row["rule"].get("basis"):
        notes.append(str(row["rule"]["basis"]))
    if row["extended_from"]:
        notes.append(_("已延期，原为 %(at)s", at=moment(row["extended_from"], regulation.zone, now)))
    if state_of(row) == "held":
        lamp = {"state": "held", "words": _("暂停，等待审批")}
    else:
        lamp = lamp_until(row["due_at"], now, calendar, regulation, _unit(row, every))
    said = _("应于 %(at)s 前") if not row["soft"] else _("%(at)s 提醒")
    return {
        "name": _name(row, regulation, first=first),
        "timer": row["timer"],
        "lamp": lamp,
        "due": said % {"at": moment(row["due_at"], regulation.zone, now)},
        "provisional": row["provisional"],
        "note": " · ".join(notes),
        "explanation": explanation(row),
        "id": row["id"],
    }


def _first_limits(rows: Iterable[Row]) -> set[str]:
    """Of limits, the earliest first: the elements of those that come first on their subject."""
    first: dict[str, str] = {}
    for row in rows:
        if not row["soft"]:
            first.setdefault(row["subject"], row["element"])
    return set(first.values())


def _name(row: Row, regulation: Regulation, *, first: bool) -> str:
    """`签收时限` for the first limit on 签收; a later one, and a reminder, has the name it was drawn with."""
    subject = regulation.find(row["subject"])
    if not first or row["soft"] or subject is None or not subject.name or subject.id == row["element"]:
        return str(row["name"])
    return _("%(work)s时限", work=subject.name)


def _unit(row: Row, every: Mapping[str, Row]) -> Unit:
    """The unit of the limit, or of the one it hangs on."""
    rule = row["rule"]
    if "limit" in rule:
        try:
            return parse_limit(str(rule["limit"])).unit
        except BadLimit:
            return "wd"
    parent = every.get(str(rule.get("share", "")))
    return _unit(parent, every) if parent is not None and parent is not row else "wd"
