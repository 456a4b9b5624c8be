"""Limits as they are written in tables, diagrams and on the command line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timers.errors import BadLimit
from timers.limits import Limit, Unit, parse_limit


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("10wd", 10, "wd"),
        ("3wd", 3, "wd"),
        ("2h", 2, "h"),
        ("30min", 30, "min"),
        ("5d", 5, "d"),
        ("0d", 0, "d"),
        ("1month", 1, "month"),
        ("3y", 3, "year"),
        (" 3 year ", 3, "year"),
        ("PT30M", 30, "min"),
        ("PT2H", 2, "h"),
        ("PT24H", 24, "h"),
        ("PT1H30M", 90, "min"),
        ("PT1H60M", 2, "h"),
        ("PT120S", 2, "min"),
        ("P5D", 5, "d"),
        ("P2W", 14, "d"),
        ("P1W1D", 8, "d"),
        ("P1M", 1, "month"),
        ("P1Y6M", 18, "month"),
        ("P3Y", 3, "year"),
    ],
)
def test_short_and_iso_limits_are_read(text: str, value: int, unit: Unit) -> None:
    assert parse_limit(text) == Limit(value, unit)


@pytest.mark.parametrize(
    "text",
    [
        "", "P", "PT", "P1DT", "10", "wd", "-3wd", "1.5h", "10 days", "P1DT2H", "P1M5D", "P1MT5H", "PT90S",
        "PT0S", "0wd", "0h", "PT0H", "99999wd", "101y", "99999999999999wd", "R/PT5M", "2026-01-01",
        "10wd; drop", "wd10",
    ],
)  # fmt: skip
def test_what_is_no_limit_is_refused_in_both_languages(text: str) -> None:
    with pytest.raises(BadLimit) as refused:
        parse_limit(text)
    assert refused.value.zh and refused.value.en
    assert len(refused.value.en) < 200


@pytest.mark.parametrize("value", [True, 1.5, "3"])
def test_a_limit_is_a_whole_number(value: object) -> None:
    with pytest.raises(BadLimit):
        Limit(value, "wd")  # type: ignore[arg-type]


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(BadLimit):
        Limit(1, "week")  # type: ignore[arg-type]


@given(st.integers(1, 100), st.sampled_from(["min", "h", "wd", "d", "month", "year"]))
def test_the_short_form_is_read_back(value: int, unit: Unit) -> None:
    limit = Limit(value, unit)
    assert parse_limit(str(limit)) == limit


@given(st.text(max_size=60))
def test_any_text_is_a_limit_or_refused(text: str) -> None:
    try:
        assert isinstance(parse_limit(text), Limit)
    except BadLimit as refused:
        assert str(refused)
