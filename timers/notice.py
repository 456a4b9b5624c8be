"""The State Council's yearly holiday notice, as an admin hands it in: CSV, JSON or YAML text.

CSV has one row per day or stretch of days, `date,kind,name`; lines beginning with `#` may name year, source
and date of publication:

    # year: 2030
    # source: 国务院办公厅关于2030年部分节假日安排的通知
    # published_on: 2029-11-05
    date,kind,name
    2030-01-01..2030-01-03,holiday,元旦
    2030-01-06,workday,元旦

JSON and YAML have the keys `year`, `source`, `published_on`, `holidays`, `workdays`; the last two are lists
of days, stretches (`2030-10-01..2030-10-07`) or `{from, to, name}` / `{date, name}`, or a mapping of days
to names. A notice may reach into the last days of the year before and the first of the year after.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Literal, NamedTuple

import yaml

from timers.errors import BadNotice

# A real notice has some sixty days, about two thousand characters. The bounds keep hostile text cheap.
_MOST_CHARACTERS = 20_000
_MOST_BRACKETS = 400
_LONGEST_STRETCH_DAYS = 31
_KINDS: dict[str, Literal["holidays", "workdays"]] = {
    **dict.fromkeys(("holiday", "holidays", "放假", "休", "节假日"), "holidays"),
    **dict.fromkeys(("workday", "workdays", "上班", "班", "调休", "调休上班"), "workdays"),
}
_KEYS = ("year", "source", "published_on", "holidays", "workdays")
_STRETCH = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})(?:\s*(?:\.\.|~|～|至|/)\s*(\d{4}-\d{1,2}-\d{1,2}))?")


@dataclass(frozen=True)
class Notice:
    """Which days of `year` are off and which weekend days are worked instead (调休).

    `holidays`, `workdays`: local date → name of the holiday ("" when the notice gives none). `source`:
    title and number of the notice. Raises `BadNotice` when the days contradict each other.
    """

    year: int
    holidays: Mapping[date, str]
    workdays: Mapping[date, str] = field(default_factory=dict)
    source: str = ""
    published_on: date | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "holidays", MappingProxyType(dict(sorted(self.holidays.items()))))
        object.__setattr__(self, "workdays", MappingProxyType(dict(sorted(self.workdays.items()))))
        for day in (*self.holidays, *self.workdays):
            if fault := _fault(self.year, day, day in self.workdays, day in self.holidays):
                raise BadNotice(*fault)


def _fault(year: int, day: date, worked: bool, off: bool) -> tuple[str, str] | None:
    if not date(year - 1, 12, 1) <= day <= date(year + 1, 1, 31):
        return f"{day} 不在 {year} 年", f"{day} is not in the year {year}"
    if worked and off:
        return f"{day} 既放假又上班", f"{day} is both a holiday and a workday"
    if worked and day.weekday() < 5:
        return f"{day} 本来就是工作日，不是调休", f"{day} is a weekday, which is worked anyway"
    return None


class _Stretch(NamedTuple):
    first: date
    last: date
    kind: Literal["holidays", "workdays"]
    name: str
    line: int


@dataclass
class _Draft:
    """What has been read so far."""

    year: int | None
    source: str
    published_on: date | None = None
    stretches: list[_Stretch] = field(default_factory=list)

    def say(self, key: str, value: str, line: int) -> None:
        if key == "year":
            if not re.fullmatch(r"(19|20|21)\d\d", value):
                raise BadNotice(f"年份“{value}”无效", f"bad year {value!r}", line)
            self.year = int(value)
        elif key == "published_on":
            self.published_on = _stretch(value, line)[0]
        else:
            self.source = value


def parse_notice(text: str, *, year: int | None = None, source: str = "") -> Notice:
    """Read a notice from CSV, JSON or YAML.

    `year` and `source` serve where the text does not say; without any year it is the one most days lie in. Raises
    `BadNotice` with the line.
    """
    if len(text) > _MOST_CHARACTERS:
        raise BadNotice("放假安排文本过长", f"the notice is longer than {_MOST_CHARACTERS} characters")
    text = text.removeprefix("\ufeff")
    draft = _Draft(year, source)
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    if first.lstrip().startswith("{") or re.match(r"[A-Za-z_]+\s*:|---", first):
        _read_yaml(text, draft)
    else:
        _read_csv(text, draft)
    return _finish(draft)


def _finish(draft: _Draft) -> Notice:
    if not any(s.kind == "holidays" for s in draft.stretches):
        raise BadNotice("没有任何放假日期", "the notice holds no holiday")
    year = draft.year or Counter(s.first.year for s in draft.stretches).most_common(1)[0][0]
    days: dict[str, dict[date, str]] = {"holidays": {}, "workdays": {}}
    for stretch in draft.stretches:
        for day in _days(stretch):
            if day in days[stretch.kind]:
                raise BadNotice(f"{day} 重复", f"{day} appears twice", stretch.line)
            days[stretch.kind][day] = stretch.name
            if fault := _fault(year, day, day in days["workdays"], day in days["holidays"]):
                raise BadNotice(*fault, stretch.line)
    return Notice(year, days["holidays"], days["workdays"], draft.source, draft.published_on)


def _days(stretch: _Stretch) -> Iterator[date]:
    for n in range((stretch.last - stretch.first).days + 1):
        yield stretch.first + timedelta(n)


def _stretch(text: str, line: int) -> tuple[date, date]:
    """One day, or a first and a last day, both included."""
    found = _STRETCH.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError
        first, last = (date(*map(int, day.split("-"))) for day in (found[1], found[2] or found[1]))
    except ValueError:
        raise BadNotice(f"日期“{text[:40]}”无效", f"bad date {text[:40]!r}", line) from None
    if not 0 <= (last - first).days < _LONGEST_STRETCH_DAYS:
        raise BadNotice(f"日期段“{text[:40]}”无效", f"bad stretch of days {text[:40]!r}", line)
    return first, last


def _read_csv(text: str, draft: _Draft) -> None:
    begun = False
    for line, written in enumerate(text.splitlines(), 1):
        if written.startswith("#"):
            key, colon, value = written.lstrip("# ").replace("：", ":").partition(":")
            if colon and key.strip() in ("year", "source", "published_on"):
                draft.say(key.strip(), value.strip(), line)
            continue
        try:
            cells = [cell.strip() for cell in next(csv.reader([written], strict=True), [])]
        except csv.Error:
            raise BadNotice("不是有效的 CSV", "not valid CSV", line) from None
        if not any(cells):
            continue
        if not begun and cells[0].lower() in ("date", "日期"):
            begun = True
            continue
        begun = True
        if len(cells) not in (2, 3):
            raise BadNotice("应为三列：date,kind,name", "expected three columns: date,kind,name", line)
        kind = _KINDS.get(cells[1].lower())
        if kind is None:
            raise BadNotice(
                f"类型“{cells[1][:40]}”应为 holiday 或 workday",
                f"kind {cells[1][:40]!r} should be holiday or workday",
                line,
            )
        draft.stretches.append(_Stretch(*_stretch(cells[0], line), kind, "".join(cells[2:]), line))


def _read_yaml(text: str, draft: _Draft) -> None:
    if text.count("{") + text.count("[") > _MOST_BRACKETS:
        raise BadNotice("括号过多", "too many brackets")
    # JSON is read as YAML, so that faults in both carry a line; YAML merely dislikes JSON's tabs.
    try:
        root = yaml.compose(text.replace("\t", "  "), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise BadNotice("不是有效的 JSON 或 YAML", f"not valid JSON or YAML: {error.problem}", line) from None
    except (yaml.YAMLError, RecursionError):
        raise BadNotice("不是有效的 JSON 或 YAML", "not valid JSON or YAML") from None
    for key, node in _pairs(root):
        line = node.start_mark.line + 1
        if key not in _KEYS:
            raise BadNotice(f"不认识的字段“{key[:40]}”", f"unknown key {key[:40]!r}", line)
        if key in _KINDS:
            draft.stretches.extend(_entries(node, _KINDS[key]))
        else:
            draft.say(key, _scalar(node), line)


def _entries(node: yaml.Node, kind: Literal["holidays", "workdays"]) -> Iterator[_Stretch]:
    if isinstance(node, yaml.MappingNode):
        for day, name in _pairs(node):
            line = name.start_mark.line + 1
            yield _Stretch(*_stretch(day, line), kind, _scalar(name), line)
        return
    if isinstance(node, yaml.ScalarNode) and not _scalar(node):
        return
    if not isinstance(node, yaml.SequenceNode):
        raise BadNotice("应为日期列表", "expected a list of days", node.start_mark.line + 1)
    for item in node.value:
        line = item.start_mark.line + 1
        if isinstance(item, yaml.ScalarNode):
            yield _Stretch(*_stretch(item.value, line), kind, "", line)
            continue
        said = {key: _scalar(value) for key, value in _pairs(item)}
        if not ({"date"} <= set(said) <= {"date", "name"} or {"from", "to"} <= set(said) <= {"from", "to", "name"}):
            raise BadNotice("应为 {date, name} 或 {from, to, name}", "expected {date, name} or {from, to, name}", line)
        days = said["date"] if "date" in said else f"{said['from']}..{said['to']}"
        yield _Stretch(*_stretch(days, line), kind, said.get("name", ""), line)


def _pairs(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        line = node.start_mark.line + 1 if node else 0
        raise BadNotice("应为“字段: 值”的形式", "expected keys with values", line)
    for key, value in node.value:
        yield _scalar(key), value


def _scalar(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise BadNotice("应为单个值", "expected a single value", node.start_mark.line + 1)
    # An empty value in YAML and JSON's null both mean "not said".
    return "" if node.tag == "tag:yaml.org,2002:null" else str(node.value)
