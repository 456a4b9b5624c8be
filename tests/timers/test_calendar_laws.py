"""Laws that hold for every limit, anchor and calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import chinese_calendar
from hypothesis import given
from hypothesis import strategies as st

from timers.calendar import Calendar, published_calendar
from timers.counting import local
from timers.due import Counting, Due, after, before, due, explain, extend
from timers.limits import Limit, Unit

CALENDAR = published_calendar()
COUNTING = Counting()

# From years before the first published one to years after the last.
ANCHORS = st.datetimes(datetime(2002, 1, 1), datetime(2031, 12, 31), timezones=st.just(UTC))
PUBLISHED = st.datetimes(datetime(2004, 1, 1), datetime(2026, 10, 1), timezones=st.just(UTC))
WORKING_DAYS = st.integers(1, 60)
UNITS: st.SearchStrategy[Unit] = st.sampled_from(["min", "h", "wd", "d", "month", "year"])


def last_day(found: Due) -> date:
    return local(found.at, COUNTING).date()


def working_days(n: int, anchor: datetime) -> Due:
    return due(Limit(n, "wd"), anchor, CALENDAR, COUNTING)


@given(ANCHORS, UNITS, st.integers(1, 60))
def test_a_longer_limit_never_ends_earlier(anchor: datetime, unit: Unit, value: int) -> None:
    shorter = due(Limit(value, unit), anchor, CALENDAR, COUNTING)
    longer = due(Limit(value + 1, unit), anchor, CALENDAR, COUNTING)
    assert anchor.replace(microsecond=0) < shorter.at <= longer.at
    if unit in ("min", "h", "wd"):
        assert shorter.at < longer.at


@given(ANCHORS, UNITS, st.integers(1, 60), st.integers(0, 10**6))
def test_who_starts_later_never_ends_earlier(anchor: datetime, unit: Unit, value: int, seconds: int) -> None:
    limit = Limit(value, unit)
    later = due(limit, anchor + timedelta(seconds=seconds), CALENDAR, COUNTING)
    assert due(limit, anchor, CALENDAR, COUNTING).at <= later.at


@given(PUBLISHED, st.integers(1, 40))
def test_n_working_days_end_on_the_nth_working_day_of_the_library(anchor: datetime, n: int) -> None:
    day = local(anchor, COUNTING).date()
    counted = 0
    while counted < n:
        day += timedelta(1)
        counted += chinese_calendar.is_workday(day)
    assert last_day(working_days(n, anchor)) == day


@given(ANCHORS, WORKING_DAYS)
def test_working_days_end_on_a_working_day_no_sooner_than_as_many_days(anchor: datetime, n: int) -> None:
    found = working_days(n, anchor)
    assert CALENDAR.day(last_day(found)).working
    assert (last_day(found) - local(anchor, COUNTING).date()).days >= n


@given(ANCHORS, st.sampled_from(["d", "month", "year"]), st.integers(1, 30))
def test_natural_limits_roll_onto_a_working_day(anchor: datetime, unit: Unit, value: int) -> None:
    assert CALENDAR.day(last_day(due(Limit(value, unit), anchor, CALENDAR, COUNTING))).working


@given(ANCHORS, WORKING_DAYS, WORKING_DAYS)
def test_counting_back_undoes_counting_on(anchor: datetime, n: int, m: int) -> None:
    parent = working_days(n, anchor).at
    limit = Limit(m, "wd")
    assert before(after(parent, limit, CALENDAR, COUNTING).at, limit, CALENDAR, COUNTING).at == parent
    assert after(before(parent, limit, CALENDAR, COUNTING).at, limit, CALENDAR, COUNTING).at == parent


@given(ANCHORS, WORKING_DAYS, WORKING_DAYS)
def test_an_extension_adds_its_working_days(anchor: datetime, n: int, m: int) -> None:
    prolonged = extend(working_days(n, anchor).at, Limit(m, "wd"), CALENDAR, COUNTING)
    assert prolonged.at == working_days(n + m, anchor).at


@given(ANCHORS, WORKING_DAYS)
def test_what_lies_between_is_what_was_counted(anchor: datetime, n: int) -> None:
    start = local(anchor, COUNTING).date().toordinal()
    end = last_day(working_days(n, anchor)).toordinal()
    assert CALENDAR.working_between(start, end) == n
    skipped = sum(stretch.last - stretch.first + 1 for stretch in CALENDAR.off_between(start + 1, end))
    assert skipped + n == end - start
    assert CALENDAR.working_between(end, start) == 0


@given(ANCHORS, UNITS, st.integers(1, 60))
def test_provisional_means_that_an_unpublished_year_was_counted(anchor: datetime, unit: Unit, value: int) -> None:
    found = due(Limit(value, unit), anchor, CALENDAR, COUNTING)
    if last_day(found).year not in CALENDAR.years:
        assert found.provisional == (unit not in ("min", "h"))
    assert found.provisional == any(sentence.startswith("暂定") for sentence in explain(found))


@given(ANCHORS, UNITS, st.integers(1, 60))
def test_the_same_content_gives_the_same_due_time(anchor: datetime, unit: Unit, value: int) -> None:
    stored = Calendar.from_json(CALENDAR.to_json())
    limit = Limit(value, unit)
    assert due(limit, anchor, stored, COUNTING) == due(limit, anchor, CALENDAR, COUNTING)
