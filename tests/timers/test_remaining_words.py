"""Lamps and words of the remaining time."""

from __future__ import annotations

from datetime import datetime

import pytest

from timers.calendar import published_calendar
from timers.due import Counting
from timers.limits import Unit
from timers.remaining import Remaining, remaining

CALENDAR = published_calendar()


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.mark.parametrize(
    ("unit", "due_at", "now", "expected"),
    [
        ("wd", "10-16T17:30", "09-30T09:00", ("ok", "剩 8 个工作日", "8 working days left")),
        ("wd", "10-16T17:30", "10-14T09:00", ("ok", "剩 2 个工作日", "2 working days left")),
        ("wd", "10-16T17:30", "10-15T20:00", ("soon", "剩 1 个工作日", "1 working day left")),
        ("wd", "10-16T17:30", "10-16T09:00", ("soon", "今日 17:30 前", "today by 17:30")),
        ("wd", "10-16T17:30", "10-16T17:30", ("soon", "今日 17:30 前", "today by 17:30")),
        ("wd", "10-16T17:30", "10-16T17:30:01", ("late", "已超期不到 1 分钟", "less than a minute overdue")),
        ("wd", "10-16T17:30", "10-16T20:40", ("late", "已超期 3 小时 10 分", "3 h 10 min overdue")),
        # A weekend adds nothing to what is counted in working days.
        ("wd", "10-16T17:30", "10-18T12:00", ("late", "已超期 42 小时 30 分", "42 h 30 min overdue")),
        ("wd", "10-16T17:30", "10-20T09:00", ("late", "已超期 2 个工作日", "2 working days overdue")),
        ("d", "10-08T17:30", "10-03T09:00", ("ok", "剩 5 天", "5 days left")),
        ("month", "10-08T17:30", "10-08T09:00", ("soon", "今日 17:30 前", "today by 17:30")),
        ("year", "10-08T17:30", "10-10T09:00", ("late", "已超期 2 天", "2 days overdue")),
        ("h", "10-08T17:30", "10-08T15:50", ("soon", "剩 1 小时 40 分", "1 h 40 min left")),
        ("h", "10-08T17:30", "10-07T17:30", ("ok", "剩 24 小时", "24 h left")),
        ("h", "10-08T17:30", "10-05T16:00", ("ok", "剩 3 天 1 小时", "3 d 1 h left")),
        ("min", "10-08T17:30", "10-08T17:02", ("soon", "剩 28 分钟", "28 min left")),
        ("min", "10-08T17:30", "10-08T17:29:30", ("soon", "剩不到 1 分钟", "less than a minute left")),
        ("h", "10-08T17:30", "10-08T20:30", ("late", "已超期 3 小时", "3 h overdue")),
    ],
)  # fmt: skip
def test_what_is_left_is_said_in_the_unit_of_the_limit(
    unit: Unit, due_at: str, now: str, expected: tuple[str, str, str]
) -> None:
    found = remaining(local(f"2026-{due_at}"), local(f"2026-{now}"), CALENDAR, Counting(), unit)
    assert found == Remaining(*expected)  # type: ignore[arg-type]


def test_24_00_belongs_to_the_day_it_ends() -> None:
    midnight = Counting(due_mode="midnight")
    due_at = local("2026-10-17T00:00")
    assert remaining(due_at, local("2026-10-16T23:00"), CALENDAR, midnight, "wd").zh == "今日 24:00 前"
    assert remaining(due_at, local("2026-10-17T00:00"), CALENDAR, midnight, "wd").zh == "今日 24:00 前"
    assert remaining(due_at, local("2026-10-19T09:00"), CALENDAR, midnight, "wd").zh == "已超期 1 个工作日"
