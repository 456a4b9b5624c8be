"""The due times that the acceptance scenarios of the regulations state, by scenario id (requirements E.7)."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from timers.calendar import published_calendar
from timers.due import Counting, after, before, due, extend
from timers.limits import Limit, parse_limit

CALENDAR = published_calendar()
COUNTING = Counting()


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def limit_of(text: str) -> Limit:
    """`5d!` does not roll over days off."""
    parsed = parse_limit(text.rstrip("!"))
    return Limit(parsed.value, parsed.unit, roll=False) if text.endswith("!") else parsed


DUE = [
    ("NC-S01 sign-for", "2026-03-11T10:05", "1wd", "2026-03-12T17:30"),
    ("NC-S02 sign-for", "2026-03-13T16:50", "1wd", "2026-03-16T17:30"),
    ("NC-S03 sign-for", "2026-09-30T16:00", "1wd", "2026-10-08T17:30"),
    ("NC-S04 sign-for", "2026-10-03T10:00", "1wd", "2026-10-08T17:30"),
    ("NC-S04 handling", "2026-10-03T10:00", "10wd", "2026-10-20T17:30"),
    ("NC-S05 consultation", "2026-02-13T09:30", "3wd", "2026-02-25T17:30"),
    ("NC-S06 complaint", "2026-09-28T11:00", "10wd", "2026-10-16T17:30"),
    ("NC-S07 suggestion", "2026-04-01T09:00", "10wd", "2026-04-16T17:30"),
    ("NC-S07 rework", "2026-04-10T15:00", "3wd", "2026-04-15T17:30"),
    ("NC-S08 rework", "2026-04-03T10:00", "10wd", "2026-04-20T17:30"),
    ("NC-S09 return window", "2026-09-24T15:00", "1wd", "2026-09-28T17:30"),
    ("NC-S11 handling", "2026-05-06T09:00", "10wd", "2026-05-19T17:30"),
    ("NC-S12 sign-for", "2026-05-08T09:30", "1wd", "2026-05-09T17:30"),
    ("NC-S12 handling", "2026-05-08T09:30", "10wd", "2026-05-21T17:30"),
    ("NC-S18 hand-over", "2026-10-03T23:50", "30min", "2026-10-04T00:20"),
    ("NC-S19 sign-for", "2026-02-16T21:00", "2h", "2026-02-16T23:00"),
    ("NC-S19 feedback", "2026-02-16T21:00", "PT24H", "2026-02-17T21:00"),
    ("NC-S21 redo", "2026-06-16T09:00", "10wd", "2026-07-01T17:30"),
    ("NC-S27 provincial", "2026-09-29T10:00", "5d!", "2026-10-04T23:59"),
    ("NC-S28 study", "2026-01-31T10:00", "1month", "2026-02-28T17:30"),
    ("NC-S29 retention", "2026-03-10T09:00", "3y!", "2029-03-10T23:59"),
    ("NC-S30 provisional", "2026-12-24T10:00", "10wd", "2027-01-08T17:30"),
    ("GZ-S01 early", "2026-03-18T10:00", "1wd", "2026-03-19T17:30"),
    ("GZ-S01 due", "2026-03-18T10:00", "3wd", "2026-03-23T17:30"),
    ("GZ-S02 early", "2026-09-29T14:00", "3wd", "2026-10-09T17:30"),
    ("GZ-S02 due", "2026-09-29T14:00", "5wd", "2026-10-12T17:30"),
    ("GZ-S03 complaint", "2026-04-13T09:00", "5wd", "2026-04-20T17:30"),
    ("GZ-S04 return", "2026-04-13T09:00", "1wd", "2026-04-14T17:30"),
    ("GZ-S05 return", "2026-04-03T16:00", "1wd", "2026-04-07T17:30"),
    ("GZ-S05 outage", "2026-04-03T16:00", "2wd", "2026-04-08T17:30"),
    ("YN-S03 return", "2026-03-11T11:30", "24h", "2026-03-12T11:30"),
    ("YN-S04 sign-for", "2026-03-11T09:00", "2h", "2026-03-11T11:00"),
    ("YN-S05 complaint", "2026-09-21T09:00", "15wd", "2026-10-19T17:30"),
    ("YN-S11 sign-for", "2026-03-11T10:00", "2h", "2026-03-11T12:00"),
    ("YN-S11 complaint", "2026-03-11T10:00", "15wd", "2026-04-01T17:30"),
    ("BB-S01 soft", "2026-10-04T02:00", "10min", "2026-10-04T02:10"),
    ("BB-S01 hard", "2026-10-04T02:00", "30min", "2026-10-04T02:30"),
    ("BB-S02 soft", "2026-10-04T02:00", "5min", "2026-10-04T02:05"),
    ("BB-S02 hard", "2026-10-04T02:00", "PT15M", "2026-10-04T02:15"),
    ("BB-S03 soft", "2026-10-04T02:00", "10min", "2026-10-04T02:10"),
    ("BB-S03 hard", "2026-10-04T02:00", "20min", "2026-10-04T02:20"),
    ("BB-S04 phone soft", "2026-03-11T09:00", "15min", "2026-03-11T09:15"),
    ("BB-S04 phone hard", "2026-03-11T09:00", "1h", "2026-03-11T10:00"),
    ("BB-S04 web soft", "2026-03-11T09:00", "60min", "2026-03-11T10:00"),
    ("BB-S04 web hard", "2026-03-11T09:00", "3h", "2026-03-11T12:00"),
    ("BB-S06 suggestion", "2026-09-28T09:00", "5d", "2026-10-08T17:30"),
    ("BB-S07 complex", "2026-02-06T09:00", "10d", "2026-02-24T17:30"),
    ("BB-S08 soft", "2026-10-01T08:00", "24h", "2026-10-02T08:00"),
    ("BB-S08 hard", "2026-10-01T08:00", "48h", "2026-10-03T08:00"),
    ("BB-S09 return", "2026-03-11T09:00", "1d", "2026-03-12T17:30"),
    ("WF-S01 handling", "2026-09-29T16:00", "5wd", "2026-10-12T17:30"),
    ("WF-S03 statutory", "2026-04-20T09:00", "20wd", "2026-05-20T17:30"),
]


@pytest.mark.parametrize(("scenario", "anchor", "limit", "expected"), DUE, ids=[row[0] for row in DUE])
def test_a_limit_ends_when_the_scenario_says(scenario: str, anchor: str, limit: str, expected: str) -> None:
    found = due(limit_of(limit), local(anchor), CALENDAR, COUNTING)
    assert found.at == local(expected), scenario
    assert found.at.utcoffset() is not None
    assert found.provisional == (local(expected).year > 2026)
    assert found.calendar == CALENDAR.version


EXTENDED = [
    ("NC-S13", "2026-10-16T17:30", "10wd", "2026-10-30T17:30"),
    ("GZ-S03", "2026-04-20T17:30", "5wd", "2026-04-27T17:30"),
    ("YN-S05", "2026-10-19T17:30", "10wd", "2026-11-02T17:30"),
]


@pytest.mark.parametrize(("scenario", "was", "by", "expected"), EXTENDED, ids=[row[0] for row in EXTENDED])
def test_an_extension_counts_from_the_original_due_day(scenario: str, was: str, by: str, expected: str) -> None:
    assert extend(local(was), parse_limit(by), CALENDAR, COUNTING).at == local(expected), scenario


CLOCK = [
    ("YN-S01 same day", "2026-03-11T15:59", "0d", time(23, 59), "2026-03-11T23:59"),
    ("YN-S02 next day", "2026-03-13T16:01", "1d", time(10), "2026-03-14T10:00"),
    ("YN-S02 next working day", "2026-03-13T16:01", "1wd", time(10), "2026-03-16T10:00"),
    ("YN-S08 accepted on Sunday", "2026-03-15T08:00", "0d", time(23, 59), "2026-03-15T23:59"),
    ("YN-S08 next shift", "2026-03-14T23:30", "1d", time(8), "2026-03-15T08:00"),
    ("BB-S05 morning", "2026-03-11T09:00", "0d", time(12), "2026-03-11T12:00"),
    ("BB-S05 afternoon", "2026-03-11T14:00", "0d", time(17, 30), "2026-03-11T17:30"),
]


@pytest.mark.parametrize(("scenario", "anchor", "limit", "at", "expected"), CLOCK, ids=[row[0] for row in CLOCK])
def test_a_rule_may_set_the_hour_of_the_day(scenario: str, anchor: str, limit: str, at: time, expected: str) -> None:
    found = due(parse_limit(f"{limit}@{at:%H:%M}"), local(anchor), CALENDAR, COUNTING)
    assert found.at == local(expected), scenario


def test_the_extension_window_opens_at_close_of_the_last_working_day_before_the_due_day() -> None:
    assert before(local("2026-10-16T17:30"), Limit(1, "wd"), CALENDAR, COUNTING).at == local(
        "2026-10-15T17:30"
    )  # NC-S13
    assert before(local("2026-10-08T17:30"), Limit(1, "wd"), CALENDAR, COUNTING).at == local("2026-09-30T17:30")


def test_a_long_overdue_mark_counts_from_the_due_day_of_its_parent() -> None:
    assert after(local("2026-10-16T17:30"), Limit(10, "wd"), CALENDAR, COUNTING).at == local("2026-10-30T17:30")
