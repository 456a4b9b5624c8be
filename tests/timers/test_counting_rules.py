"""The rules of counting that the scenarios do not reach: due modes, rolling, shares, caps, speed."""

from __future__ import annotations

from datetime import datetime, time
from timeit import timeit

import pytest

from timers.calendar import published_calendar
from timers.counting import DueMode
from timers.due import (
    Counting,
    after,
    before,
    capped,
    due,
    explain,
    extend,
    share,
)
from timers.errors import BadCounting, BadInstant, BadLimit
from timers.limits import Limit, parse_limit

CALENDAR = published_calendar()
COUNTING = Counting()


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.mark.parametrize(
    ("mode", "limit", "expected"),
    [
        ("close", "1wd", "2026-03-16T17:30"),
        ("midnight", "1wd", "2026-03-17T00:00"),
        ("same_time", "1wd", "2026-03-16T16:50"),
        ("midnight", "1d", "2026-03-17T00:00"),
        ("same_time", "1month", "2026-04-13T16:50"),
        ("midnight", "2h", "2026-03-13T18:50"),
    ],
)
def test_a_pack_chooses_when_the_last_day_ends(mode: DueMode, limit: str, expected: str) -> None:
    found = due(parse_limit(limit), local("2026-03-13T16:50"), CALENDAR, Counting(due_mode=mode))
    assert found.at == local(expected)


def test_a_limit_that_ended_at_24_00_is_extended_from_the_day_it_ended() -> None:
    midnight = Counting(due_mode="midnight")
    ended = due(Limit(1, "wd"), local("2026-03-13T16:50"), CALENDAR, midnight).at
    assert extend(ended, Limit(1, "wd"), CALENDAR, midnight).at == local("2026-03-18T00:00")
    assert before(ended, Limit(1, "wd"), CALENDAR, midnight).at == local("2026-03-14T00:00")


def test_other_offices_close_at_other_hours_in_other_zones() -> None:
    counting = Counting(zone="Asia/Urumqi", close=time(19, 0))
    found = due(Limit(1, "wd"), local("2026-03-11T10:00"), CALENDAR, counting)
    assert found.at == local("2026-03-12T21:00")


def test_the_pack_decides_on_rolling_unless_the_limit_does() -> None:
    anchor, fixed = local("2026-09-28T09:00"), Counting(roll_natural_days=False)
    assert due(Limit(5, "d"), anchor, CALENDAR, fixed).at == local("2026-10-03T23:59")
    assert due(Limit(5, "d", roll=True), anchor, CALENDAR, fixed).at == local("2026-10-08T17:30")
    assert due(Limit(5, "d", roll=False), anchor, CALENDAR, COUNTING).at == local("2026-10-03T23:59")


@pytest.mark.parametrize(
    ("anchor", "limit", "expected"),
    [
        ("2024-02-29T09:00", "1y", "2025-02-28T17:30"),
        ("2025-10-31T09:00", "4month", "2026-02-28T17:30"),
        ("2025-12-15T09:00", "1month", "2026-01-15T17:30"),
        ("2025-11-30T09:00", "13month", "2026-12-30T17:30"),
    ],
)
def test_months_and_years_end_on_the_corresponding_day_or_the_end_of_the_month(
    anchor: str, limit: str, expected: str
) -> None:
    assert due(parse_limit(limit), local(anchor), CALENDAR, COUNTING).at == local(expected)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("2h", "2026-10-08T15:30"),
        ("30min", "2026-10-08T17:00"),
        ("3d", "2026-10-05T23:59"),
        ("1month", "2026-09-08T17:30"),
        ("1y", "2025-10-08T23:59"),
    ],
)
def test_a_moment_before_a_due_time_in_any_unit(limit: str, expected: str) -> None:
    found = before(local("2026-10-08T17:30"), parse_limit(limit), CALENDAR, COUNTING)
    assert found.at == local(expected)


def test_the_same_day_after_close_of_business_means_the_evening() -> None:
    assert due(Limit(0, "d"), local("2026-03-11T10:00"), CALENDAR, COUNTING).at == local("2026-03-11T17:30")
    assert due(Limit(0, "d"), local("2026-03-11T18:00"), CALENDAR, COUNTING).at == local("2026-03-11T23:59")


SHARES = [
    # 10 working days, 29 September to 16 October; a quarter is 2.5, so 3 whole days must be left.
    ("2026-09-28T11:00", "2026-10-16T17:30", "10wd", "2026-10-13T17:30"),
    ("2026-03-18T10:00", "2026-03-23T17:30", "3wd", "2026-03-20T17:30"),
    ("2026-03-11T10:05", "2026-03-12T17:30", "1wd", "2026-03-11T17:30"),
    # Received after close: no close of business lies between, so the running time is shared.
    ("2026-03-11T17:30", "2026-03-12T17:30", "1wd", "2026-03-12T11:30"),
    ("2026-02-16T21:00", "2026-02-17T21:00", "24h", "2026-02-17T15:00"),
]


@pytest.mark.parametrize(("anchor", "due_at", "limit", "expected"), SHARES)
def test_a_reminder_falls_when_a_quarter_is_left(anchor: str, due_at: str, limit: str, expected: str) -> None:
    found = share(local(anchor), local(due_at), 0.25, parse_limit(limit), CALENDAR, COUNTING)
    assert found.at == local(expected)
    assert "剩余 25% 时" in explain(found)[0]


@pytest.mark.parametrize("fraction", [0, 1, -0.5, 1.5])
def test_a_share_lies_between_nothing_and_all(fraction: float) -> None:
    with pytest.raises(BadLimit):
        share(
            local("2026-03-11T10:00"),
            local("2026-03-12T17:30"),
            fraction,
            Limit(1, "wd"),
            CALENDAR,
            COUNTING,
        )


def test_a_due_time_may_be_capped_by_another() -> None:
    decision = due(Limit(1, "wd"), local("2026-10-16T15:00"), CALENDAR, COUNTING)
    held = capped(decision, local("2026-10-16T17:30"), COUNTING)
    assert held.at == local("2026-10-16T17:30")
    assert explain(held)[-1] == "不晚于10月16日（周五）17:30"
    assert capped(decision, local("2026-10-30T17:30"), COUNTING) is decision


def test_seconds_count_and_fractions_of_a_second_do_not() -> None:
    found = due(Limit(2, "h"), local("2026-03-11T09:00:07.654321"), CALENDAR, COUNTING)
    assert found.at == local("2026-03-11T11:00:07")


@pytest.mark.parametrize("limit", ["min", "h", "month", "year"])
def test_only_limits_in_days_have_an_hour_of_their_own(limit: str) -> None:
    with pytest.raises(BadLimit):
        Limit(1, limit, clock=time(10))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "moment",
    [datetime(2026, 3, 11, 9, 0), local("0002-01-01T00:00"), local("9999-12-31T23:00")],
)
def test_an_instant_without_offset_or_out_of_reach_is_refused(moment: datetime) -> None:
    with pytest.raises(BadInstant):
        due(Limit(1, "wd"), moment, CALENDAR, COUNTING)
    with pytest.raises(BadInstant):
        after(moment, Limit(1, "h"), CALENDAR, COUNTING)


def test_unknown_zones_and_modes_are_refused() -> None:
    for zone in ("Mars/Olympus", "../etc/passwd", ""):
        with pytest.raises(BadCounting):
            Counting(zone=zone)
    with pytest.raises(BadCounting):
        Counting(due_mode="noon")  # type: ignore[arg-type]


def test_ten_thousand_due_times_cost_no_more_than_a_second() -> None:
    limit, anchor = Limit(10, "wd"), local("2026-09-28T11:00")
    due(limit, anchor, CALENDAR, COUNTING)
    seconds = timeit(lambda: due(limit, anchor, CALENDAR, COUNTING), number=2000)
    assert seconds / 2000 < 100e-6  # measured 17 µs; the rest is for a busy machine
