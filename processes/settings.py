"""What `pack.toml` and `units.toml` must say, checked before anything is made of it.

A problem names the file and the key. How limits are counted (`counting_of`) is read here too: zone, close of business,
due mode, whether natural days roll.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from processes.errors import BadPack
from processes.pack import Pack, Problem
from processes.parameters import check_parameters
from timers.counting import Counting
from timers.errors import BadCounting

REVEALS = "reveals_confidential"
SIGHTS = ("office", "unit", "own")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
# Only plain fields: a format can otherwise reach into objects, or ask for a gigabyte of zeros.
_SCHEME = re.compile(r"(?:[^{}]|\{date(?::[%A-Za-z0-9_./-]{1,20})?\}|\{seq(?::0?[1-9]?d)?\})*")
_UNIT = re.compile(r"[A-Za-z0-9_.-]{1,60}")


def check_settings(pack: Pack) -> list[Problem]:
    """Everything wrong with the settings and units of a pack."""
    return [*_check_settings(pack), *_check_units(pack), *check_parameters(pack)]


def counting_of(pack: Pack) -> Counting:
    """How the pack counts limits. Raises `BadPack` naming the key."""
    settings, usual = pack.settings, Counting()
    try:
        close = time.fromisoformat(str(settings.get("close_of_business", usual.close)))
    except ValueError:
        text = settings["close_of_business"]
        zh, en = f"“{text}”不是时刻，应写作 17:30。", f"{text!r} is no time of day; write 17:30."
        raise BadPack([_problem("close_of_business", zh, en)]) from None
    try:
        return Counting(
            zone=str(settings.get("time_zone", usual.zone)),
            close=close,
            due_mode=settings.get("due_mode", usual.due_mode),
            roll_natural_days=bool(settings.get("roll_natural_days", usual.roll_natural_days)),
        )
    except BadCounting as error:
        raise BadPack([_problem("time_zone, due_mode", error.zh, error.en)]) from None


def _check_settings(pack: Pack) -> Iterator[Problem]:
    settings = pack.settings
    if not _NAME.fullmatch(pack.name):
        yield _problem(
            "name", f"名称“{pack.name}”应为小写字母、数字和下划线。", f"{pack.name!r}: use a-z, 0-9, _ and -."
        )
    for key, zh in (("title", "标题"), ("processes", "主流程 [processes] main"), ("roles", "角色 [roles]")):
        if key not in settings:
            yield _problem(key, f"缺少{zh}。", f"{key} is missing.")
    for key in ("title", "document", "number"):
        if not isinstance(settings.get(key, ""), str):
            yield _problem(key, "应为文字。", "should be text.")
    for key in ("processes", "roles", "status", "regions", "categories"):
        if not isinstance(settings.get(key, {}), Mapping):
            yield _problem(key, f"应为表 [{key}]。", f"should be a table [{key}].")
            return
    main = settings.get("processes", {}).get("main")
    if "processes" in settings and not (main and isinstance(main, str)):
        yield _problem("processes.main", "缺少主流程。", "The main process is missing.")
    for role, said in settings.get("roles", {}).items():
        if not isinstance(said, Mapping) or said.get("sees", "unit") not in SIGHTS:
            zh = '应写作 { name = "…", sees = "office" }，sees 为 office、unit 或 own。'
            yield _problem(f"roles.{role}", zh, 'write { name = "…", sees = "office" }; sees is office, unit or own.')
        elif not isinstance(said.get(REVEALS, False), bool):
            yield _problem(f"roles.{role}", f"{REVEALS} 应为 true 或 false。", f"{REVEALS} should be true or false.")
    for key in ("effective_from", "effective_to"):
        if not isinstance(settings.get(key, date.min), date):
            yield _problem(key, "不是日期，应写作 2026-01-01。", "is no date; write 2026-01-01.")
    yield from _check_number(settings)
    try:
        counting_of(pack)
    except BadPack as error:
        yield from error.problems


def _check_number(settings: Mapping[str, Any]) -> Iterator[Problem]:
    scheme = str(settings.get("number", "{seq}"))
    if _SCHEME.fullmatch(scheme):
        first, second = (scheme.format(date=datetime(2026, 1, 1, tzinfo=UTC), seq=n) for n in (1, 2))
        if first != second and len(first) <= 40:
            return
    zh = f"编号规则“{scheme}”无效，应如 A{{date:%Y%m%d}}-{{seq:04d}}，不超过 40 个字符。"
    yield _problem("number", zh, f"bad scheme {scheme!r}; write A{{date:%Y%m%d}}-{{seq:04d}}, at most 40 characters.")


def _check_units(pack: Pack) -> Iterator[Problem]:
    written: object = pack.units
    if not isinstance(written, Mapping):
        yield _problem("units", "应为单位的表。", "should be tables of units.", "units.toml")
        return
    for unit, said in written.items():
        if not _UNIT.fullmatch(unit) or not isinstance(said, Mapping) or not isinstance(said.get("name"), str):
            zh = "单位应写作 [编号]，并有 name。"
            yield _problem(unit, zh, "a unit is written [id], with a name.", "units.toml")
        elif said.get("parent") is not None and said["parent"] not in written:
            zh, en = f"上级单位“{said['parent']}”不存在。", f"The parent {said['parent']!r} does not exist."
            yield _problem(unit, zh, en, "units.toml")


def _problem(key: str, zh: str, en: str, file: str = "pack.toml") -> Problem:
    return Problem("error", "setting", file, key, zh, en)
