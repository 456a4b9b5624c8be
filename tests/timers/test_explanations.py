"""An explanation says what a handler would ask: from when, what was skipped and why, which calendar."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from timers.calendar import published_calendar
from timers.due import Counting, before, due, explain, extend, share
from timers.limits import Limit, parse_limit
from timers.words import _EN, _ZH, Line, sentences

CALENDAR = published_calendar()
COUNTING = Counting()


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def test_working_days_over_national_day() -> None:
    found = due(Limit(10, "wd"), local("2026-09-28T11:00"), CALENDAR, COUNTING)
    assert explain(found) == [
        "起算：2026年9月28日（周一）11:00",
        "当日不计",
        "第 1 个工作日：9月29日（周二）",
        "跳过 10月1日–7日 国庆节",
        "跳过周末 10月11日",
        "10月10日（周六）为调休上班日，计入",
        "第 10 个工作日：10月16日（周五）",
        "17:30 下班时届满",
        f"历法：国务院办公厅 2026 年放假安排、版本 {CALENDAR.version}",
    ]
    assert explain(found, "en") == [
        "counted from Mon 28 Sep 2026 11:00",
        "that day is not counted",
        "working day 1: Tue 29 Sep",
        "skipped 1–7 Oct, National Day",
        "skipped weekends 11 Oct",
        "Sat 10 Oct is a make-up workday and counts",
        "working day 10: Fri 16 Oct",
        "ends at close of business, 17:30",
        f"calendar: 国务院办公厅 2026 年放假安排, version {CALENDAR.version}",
    ]


def test_a_provisional_due_time_says_so_and_names_the_year_it_waits_for() -> None:
    said = explain(due(Limit(10, "wd"), local("2026-12-24T10:00"), CALENDAR, COUNTING))
    assert said[-1] == "暂定：2027 年放假安排尚未公布，按周一至周五上班、1月1日放假推算，公布后重新计算"


def test_a_holiday_over_the_turn_of_the_month_and_of_the_year_is_one_stretch() -> None:
    winter = explain(due(Limit(1, "wd"), local("2025-01-27T10:00"), CALENDAR, COUNTING))
    assert "跳过 1月28日–2月4日 春节" in winter
    year_end = explain(due(Limit(1, "wd"), local("2023-12-29T10:00"), CALENDAR, COUNTING))
    assert "跳过 12月30日–2024年1月1日 元旦" in year_end


def test_a_year_is_said_where_it_changes() -> None:
    found = due(Limit(10, "wd"), local("2026-12-24T10:00"), CALENDAR, COUNTING)
    assert explain(found)[:-2] == [
        "起算：2026年12月24日（周四）10:00",
        "当日不计",
        "第 1 个工作日：12月25日（周五）",
        "跳过 2027年1月1日 元旦",
        "跳过周末 2026年12月26日–27日、2027年1月2日–3日",
        "第 10 个工作日：1月8日（周五）",
        "17:30 下班时届满",
    ]
    assert explain(found, "en")[:-2] == [
        "counted from Thu 24 Dec 2026 10:00",
        "that day is not counted",
        "working day 1: Fri 25 Dec",
        "skipped 1 Jan 2027, New Year's Day",
        "skipped weekends 26–27 Dec 2026, 2–3 Jan 2027",
        "working day 10: Fri 8 Jan",
        "ends at close of business, 17:30",
    ]


def test_a_stretch_over_the_years_end_says_the_years_that_are_new() -> None:
    lines = [
        Line("holiday", {"first": "2023-12-30", "last": "2024-01-01", "name": "元旦"}),
        Line("holiday", {"first": "2024-12-31", "last": "2025-01-01", "name": "元旦"}),
    ]
    assert sentences(lines) == ["跳过 2023年12月30日–2024年1月1日 元旦", "跳过 12月31日–2025年1月1日 元旦"]
    assert sentences(lines, "en") == [
        "skipped 30 Dec 2023–1 Jan 2024, New Year's Day",
        "skipped 31 Dec–1 Jan 2025, New Year's Day",
    ]


@pytest.mark.parametrize(
    ("limit", "anchor", "phrases"),
    [
        (
            "5d",
            "2026-09-28T09:00",
            ["第 5 天：10月3日（周六）", "10月3日（周六）为国庆节，顺延至10月8日（周四）"],
        ),
        ("1month", "2026-01-31T10:00", ["没有对应日，以月末为准：2月28日（周六）", "17:30 下班时届满"]),
        ("3y", "2023-03-10T10:00", ["满 3 年的对应日：2026年3月10日（周二）"]),
        ("2h", "2026-02-16T21:00", ["2 小时，昼夜连续计算，节假日不停", "2月16日（周一）23:00届满"]),
        ("0d", "2026-03-11T09:00", ["当日：3月11日（周三）"]),
    ],
)
def test_every_unit_explains_itself(limit: str, anchor: str, phrases: list[str]) -> None:
    said = "\n".join(explain(due(parse_limit(limit), local(anchor), CALENDAR, COUNTING)))
    for phrase in phrases:
        assert phrase in said


def test_a_limit_that_does_not_roll_says_so() -> None:
    said = explain(due(Limit(5, "d", roll=False), local("2026-09-29T10:00"), CALENDAR, COUNTING))
    assert "10月4日（周日）为国庆节，本期限不顺延" in said
    assert "当日非工作日，23:59届满" in said


def test_dependent_deadlines_name_what_they_hang_on() -> None:
    ended = local("2026-10-16T17:30")
    assert explain(extend(ended, Limit(10, "wd"), CALENDAR, COUNTING))[0].startswith("自原到期日延长：2026年10月16日")
    window = explain(before(ended, Limit(1, "wd"), CALENDAR, COUNTING))
    assert window[:3] == [
        "自到期日向前推算：2026年10月16日（周五）17:30",
        "到期日前 1 个工作日：10月15日（周四）",
        "17:30 下班时",
    ]
    reminder = explain(share(local("2026-09-28T11:00"), ended, 0.25, Limit(10, "wd"), CALENDAR, COUNTING))
    assert "共 10 个工作日，还剩 3 个工作日：10月13日（周二）" in reminder


@pytest.mark.parametrize("limit", ["10wd", "5d", "0d", "1month", "3y", "2h"])
def test_an_explanation_survives_being_stored(limit: str) -> None:
    found = due(parse_limit(limit), local("2026-09-28T11:00"), CALENDAR, COUNTING)
    stored = json.loads(json.dumps(found.lines))
    assert sentences(Line(code, params) for code, params in stored) == explain(found)


def test_both_languages_know_the_same_lines() -> None:
    assert _ZH.keys() == _EN.keys()
