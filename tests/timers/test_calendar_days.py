"""Calendars: the published years, the provisional ones, and what a notice or a correction changes."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import chinese_calendar
import pytest

from timers.calendar import Calendar, Day, YearTable, differences, published_calendar
from timers.due import Counting, due, explain
from timers.errors import BadCalendar
from timers.limits import Limit
from timers.notice import Notice

CALENDAR = published_calendar()
COUNTING = Counting()

NOTICE = Notice(
    2027,
    {date(2027, 1, 1): "元旦", date(2027, 1, 4): "元旦"},
    {date(2027, 1, 9): "元旦"},
    "国办发明电〔2026〕X号",
    date(2026, 11, 4),
)


def test_every_published_day_agrees_with_the_library() -> None:
    day, last = date(2004, 1, 1), date(2026, 12, 31)
    while day <= last:
        known = CALENDAR.day(day)
        assert known.working == chinese_calendar.is_workday(day), day
        assert known.working == CALENDAR.is_working(day.toordinal()), day
        assert not known.provisional
        day += timedelta(1)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 3, 11), (True, "weekday", "", False)),
        (date(2026, 3, 14), (False, "weekend", "", False)),
        (date(2026, 10, 3), (False, "holiday", "国庆节", False)),
        (date(2026, 4, 5), (False, "holiday", "清明节", False)),
        (date(2026, 10, 10), (True, "makeup", "国庆节", False)),
        (date(2027, 1, 1), (False, "holiday", "元旦", True)),
        (date(2027, 1, 2), (False, "weekend", "", True)),
        (date(2027, 1, 4), (True, "weekday", "", True)),
        (date(2003, 10, 1), (True, "weekday", "", True)),
    ],
)
def test_a_day_says_what_it_is_and_why(day: date, expected: tuple[bool, str, str, bool]) -> None:
    assert CALENDAR.day(day) == Day(day, *expected)  # type: ignore[arg-type]


def test_the_published_calendar_names_the_library_and_its_last_year() -> None:
    assert CALENDAR.version.startswith("chinesecalendar-")
    assert CALENDAR.version.endswith("-2026")
    assert min(CALENDAR.years) == 2004


def test_a_notice_gives_a_new_version_and_leaves_the_old_calendar_alone() -> None:
    revised = CALENDAR.with_notice(NOTICE)
    assert 2027 not in CALENDAR.years
    assert revised.version != CALENDAR.version
    assert revised.version == CALENDAR.with_notice(NOTICE).version
    assert revised.with_notice(NOTICE) is revised
    assert revised.day(date(2027, 1, 4)) == Day(date(2027, 1, 4), False, "holiday", "元旦", False)
    assert revised.day(date(2027, 1, 9)).reason == "makeup"
    assert differences(CALENDAR, revised) == [date(2027, 1, 4), date(2027, 1, 9)]
    assert differences(CALENDAR, CALENDAR) == []


def test_a_provisional_due_time_becomes_firm_under_the_notice() -> None:
    anchor = datetime.fromisoformat("2026-12-24T10:00:00+08:00")
    before = due(Limit(10, "wd"), anchor, CALENDAR, COUNTING)
    after = due(Limit(10, "wd"), anchor, CALENDAR.with_notice(NOTICE), COUNTING)
    assert before.provisional and before.at == datetime.fromisoformat("2027-01-08T17:30:00+08:00")
    assert not after.provisional and after.at == datetime.fromisoformat("2027-01-09T17:30:00+08:00")
    assert "跳过 1月4日 元旦" in explain(after)
    assert "1月9日（周六）为调休上班日，计入" in explain(after)


def test_a_notice_may_settle_the_last_days_of_the_year_before() -> None:
    early = Notice(2027, {date(2026, 12, 31): "元旦", date(2027, 1, 1): "元旦"}, {date(2026, 12, 27): "元旦"})
    revised = CALENDAR.with_notice(early)
    assert revised.day(date(2026, 12, 31)) == Day(date(2026, 12, 31), False, "holiday", "元旦", False)
    assert revised.is_working(date(2026, 12, 27).toordinal())
    assert differences(CALENDAR, revised) == [date(2026, 12, 27), date(2026, 12, 31)]


def test_a_correction_adds_to_what_is_published() -> None:
    day = date(2026, 9, 3)
    revised = CALENDAR.revised(
        2026, add_holidays={day: "纪念日"}, add_workdays={date(2026, 9, 6): "纪念日"}, source="补"
    )
    assert differences(CALENDAR, revised) == [day, date(2026, 9, 6)]
    assert revised.day(date(2026, 10, 1)).name == "国庆节"
    back = revised.revised(2026, add_workdays={day: ""}, add_holidays={date(2026, 9, 6): ""}, source="撤")
    assert differences(CALENDAR, back) == []
    assert CALENDAR.revised(2027, source="x").day(date(2027, 1, 1)).working is False


def test_a_calendar_survives_being_stored() -> None:
    revised = CALENDAR.with_notice(NOTICE)
    stored = Calendar.from_json(json.loads(json.dumps(revised.to_json(), ensure_ascii=False)))
    assert stored == revised
    assert hash(stored) == hash(revised)
    assert stored.years[2027].published_on == date(2026, 11, 4)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"version": "x"},
        {"version": "x", "years": []},
        {"version": "x", "years": {"y": {}}},
        {"version": "x", "years": {"2026": {"holidays": {"nope": ""}, "workdays": {}}}},
    ],
)  # fmt: skip
def test_a_damaged_calendar_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(BadCalendar):
        Calendar.from_json(data)


def test_a_calendar_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        CALENDAR.years[2027] = YearTable({}, {})  # type: ignore[index]
    with pytest.raises(TypeError):
        CALENDAR.years[2026].holidays[date(2026, 3, 3)] = ""  # type: ignore[index]


def test_a_calendar_without_any_year_counts_provisionally() -> None:
    empty = Calendar("none", {})
    assert empty.day(date(2026, 10, 1)) == Day(date(2026, 10, 1), True, "weekday", "", True)
    assert differences(empty, empty) == []
