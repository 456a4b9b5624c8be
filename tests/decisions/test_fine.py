"""Nanoseconds: what is finer than Python's own times is neither lost nor invented."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions import compile_expression, to_plain
from decisions.fine import FineDuration, duration, nanoseconds

NANOS = st.integers(-(10**18), 10**18)


def value(text: str, **context: object) -> object:
    return to_plain(compile_expression(text).evaluate(context))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('string(@"2026-02-01T08:30:00.123456789+08:00")', "2026-02-01T08:30:00.123456789+08:00"),
        ('string(@"-200026-02-01T08:30:00.000000001")', "-200026-02-01T08:30:00.000000001"),
        ('@"08:30:00.123456789".second', 0.123456789),
        ('@"PT1.000000001S" + @"PT1.000000002S"', "PT2.000000003S"),
        ('-@"PT1.000000001S"', "-PT1.000000001S"),
        ('abs(@"-PT1.000000001S")', "PT1.000000001S"),
        ('(-@"PT61.000000001S").seconds', -1.000000001),
        ('@"PT1S" / 3', "PT0.333333333S"),
        ('@"23:59:59.999999999" + @"PT0.000000001S"', "00:00:00"),
        ('@"2026-12-31T23:59:59.999999999" + @"PT0.000000001S"', "2027-01-01T00:00:00"),
        ('@"2026-01-01T00:00:00" - @"PT0.000000001S"', "2025-12-31T23:59:59.999999999"),
        ('@"2026-01-01T00:00:00.000000002" - @"2026-01-01T00:00:00.000000001"', "PT0.000000001S"),
        ('@"08:00:00.000000001" > @"08:00:00"', True),
        ('@"PT0.000000001S" > @"PT0S"', True),
        ('@"08:00:00.000000001" = @"08:00:00"', False),
        ('sort([@"PT0.000000002S", @"PT0.000000001S"])[1]', "PT0.000000001S"),
        ('is(@"08:00:00.000000001", @"08:00:00")', False),
        ('date and time(@"2026-01-01", @"08:00:00.000000001")', "2026-01-01T08:00:00.000000001"),
        ('time(8, 0, 0.000000001)', "08:00:00.000000001"),
        ('time(@"2026-01-01T08:00:00.000000001")', "08:00:00.000000001"),
        ('date and time(@"2026-01-01T08:00:00.000000001Z", "+01:00")', None),
        ('date and time(@"2026-01-01T08:00:00.000000001Z", "UTC")', "2026-01-01T08:00:00.000000001@UTC"),
        ('@"2026-01-31T08:00:00.000000001" + @"P1M"', "2026-02-28T08:00:00.000000001"),
    ],
)  # fmt: skip
def test_nanoseconds_are_kept(text: str, expected: object) -> None:
    assert value(text) == expected


@given(NANOS, NANOS)
def test_durations_add_as_whole_numbers_of_nanoseconds(one: int, other: int) -> None:
    sum_ = compile_expression("a + b").evaluate({"a": duration(one), "b": duration(other)})
    assert nanoseconds(sum_) == one + other
    assert (type(sum_) is FineDuration) is ((one + other) % 1000 != 0)
    assert compile_expression("a < b").evaluate({"a": duration(one), "b": duration(other)}) is (one < other)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), NANOS)
def test_what_was_added_comes_back_as_the_difference(start: datetime, length: int) -> None:
    context = {"start": start, "length": duration(length)}
    assert compile_expression("(start + length) - start = length").evaluate(context) is True
    assert compile_expression("(start + length) - length = start").evaluate(context) is True
    assert compile_expression("date and time(string(start + length)) = start + length").evaluate(context) is True


def test_other_code_may_take_them_for_what_they_extend() -> None:
    fine = compile_expression('@"2026-02-01T08:30:00.123456789"').evaluate({})
    assert isinstance(fine, datetime) and fine.microsecond == 123456
    assert fine + timedelta(days=1) > datetime(2026, 2, 2, 8)
