"""Text, numbers, dates, choices: from what is sent to what is kept."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wtforms.validators import ValidationError

from forms.moments import CHINA_TIME, read_moment
from forms.readers import read_flag, reader_for
from forms.specs import FieldSpec, Option
from forms.text import clean_text


def read(raw: Any, component: str = "textfield", **more: Any) -> Any:
    return reader_for(FieldSpec("f", "甲", component, more.pop("kind", component), **more), CHINA_TIME)(raw)


def refusal(raw: Any, component: str = "textfield", **more: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        read(raw, component, **more)
    return str(refused.value.args[0].code)


def test_line_ends_and_invisible_marks_are_cleaned() -> None:
    assert read("一\r\n二\r三\u2028四 ", "textarea") == "一\n二\n三\n四"
    assert read(" 一\t二\r\n三 ") == "一 二 三"
    assert read("\u202e反\u200b向\ufeff\u200f") == "反向"
    assert read("👨\u200d👩") == "👨\u200d👩"
    assert read("  \r\n") is None


@pytest.mark.parametrize("typed", ["a\x00b", "\x1b[31m", "\x7f", "a\x9b", "\ud800"])
def test_control_characters_are_refused(typed: str) -> None:
    assert refusal(typed) == "bad_characters"


@given(st.text(max_size=60), st.booleans())
def test_clean_text_is_clean_for_good(typed: str, multiline: bool) -> None:
    try:
        cleaned = clean_text(typed, multiline=multiline)
    except ValidationError:
        return
    assert clean_text(cleaned, multiline=multiline) == cleaned
    assert not set(cleaned) & set("\x00\r\u202e\u2066\ufeff")
    assert multiline or "\n" not in cleaned
    cleaned.encode()


def test_text_may_come_as_a_whole_number_and_nothing_else() -> None:
    assert read(79188) == "79188"
    assert refusal(True) == refusal(2.5) == refusal(["a"]) == refusal({"a": 1}) == "not_text"
    assert refusal("a" * 300_000) == "too_long"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("3", 3),
        (" ２．５ ", 2.5),
        ("1,234", 1234),
        ("-0.50", -0.5),
        ("3.0", 3),
        (7, 7),
        (7.0, 7),
        (0.1, 0.1),
        ("", None),
        (None, None),
        (Decimal("2.50"), 2.5),
        (Decimal(3), 3),
        ("０", 0),
    ],
)
def test_numbers(typed: Any, number: Any) -> None:
    assert read(typed, "number") == number
    assert type(read(typed, "number")) is type(number)


@pytest.mark.parametrize(
    "typed", ["三", "1e9", "0x10", "nan", "1_000", "--1", "1.", "٣", "9" * 16, float("nan"), True, [1]]
)
def test_what_is_no_number_is_refused(typed: Any) -> None:
    assert refusal(typed, "number") in ("not_number", "not_text")


def test_decimals_are_bounded() -> None:
    assert read("1.50", "number", decimal_digits=1) == 1.5
    assert refusal("1.25", "number", decimal_digits=1) == "too_many_decimals"
    assert refusal("1.5", "number", decimal_digits=0) == "not_integer"


def test_ticks() -> None:
    assert [read_flag(raw) for raw in (True, "true", "on", "1", 1)] == [True] * 5
    assert [read_flag(raw) for raw in (None, False, "false", "0", "")] == [False] * 5
    assert refusal("maybe", "checkbox") == refusal([True], "checkbox") == "not_boolean"


@pytest.mark.parametrize(
    "typed",
    [
        "2026-09-29T09:50",
        "2026-09-29 9:50",
        "２０２６－０９－２９　０９：５０",
        "2026/9/29 9:50:00",
        "2026年9月29日 9时50分",
        "2026年9月29日9点50分",
        "2026-09-29T01:50:00Z",
        "2026-09-29T09:50:00.123+08:00",
        "2026-09-29T02:50:00+0100",
        datetime(2026, 9, 29, 9, 50),
        datetime(2026, 9, 29, 1, 50, tzinfo=UTC),
    ],
)
def test_a_moment_is_kept_in_local_time_with_its_offset(typed: Any) -> None:
    assert read_moment(typed, "datetime", CHINA_TIME) == "2026-09-29T09:50:00+08:00"


def test_dates_and_times() -> None:
    assert read_moment("2026年9月9日", "date", CHINA_TIME) == "2026-09-09"
    assert read_moment(date(2026, 9, 9), "date", CHINA_TIME) == "2026-09-09"
    assert read_moment("2026-09-09T23:30:00Z", "date", CHINA_TIME) == "2026-09-10"
    assert read_moment("9时5分", "time", CHINA_TIME) == "09:05:00"
    assert read_moment("9:05", "time", CHINA_TIME) == "09:05:00"
    assert read_moment(" ", "date", CHINA_TIME) is None


@pytest.mark.parametrize(
    "typed",
    [
        "2026-02-29 08:00",
        "2026-13-01 08:00",
        "2026-09-29 25:00",
        "2026-09-29",
        "明天",
        "0001-01-01 00:00",
        "9999-12-31 23:59",
        "2026-09-29T09:50+99:99",
        20260929,
        True,
        date(2026, 9, 29),
    ],
)
def test_what_is_no_moment_is_refused(typed: Any) -> None:
    assert refusal(typed, "datetime") == "not_datetime"


@given(
    st.datetimes(
        datetime(1901, 1, 1),
        datetime(2998, 1, 1),
        timezones=st.sampled_from([UTC, CHINA_TIME, timezone(timedelta(hours=-9))]),
    )
)
def test_stored_moments_read_as_themselves(moment: datetime) -> None:
    stored = read_moment(moment, "datetime", CHINA_TIME)
    assert stored is not None and stored.endswith("+08:00")
    assert read_moment(stored, "datetime", CHINA_TIME) == stored
    assert datetime.fromisoformat(stored) == moment.replace(microsecond=0)


YES_NO = (Option(True, "是"), Option(False, "否"), Option(3, "三"))


def test_a_choice_keeps_the_type_the_form_gives_it() -> None:
    assert read("true", "radio", options=YES_NO) is True
    assert read(False, "radio", options=YES_NO) is False
    assert read("3", "radio", options=YES_NO) == 3
    assert read("", "radio", options=YES_NO) is None
    assert refusal("4", "radio", options=YES_NO) == "unknown_option"
    assert refusal({"a": 1}, "radio", options=YES_NO) == "unknown_option"


def test_many_choices_are_kept_once_in_their_order() -> None:
    options = (Option("b", "乙"), Option("a", "甲"))
    assert read(["a", "b", "a", ""], "checklist", options=options, multiple=True) == ["a", "b"]
    assert read("a", "checklist", options=options, multiple=True) == ["a"]
    assert read(None, "taglist", options=options, multiple=True) == []
    assert refusal(["a"] * 1001, "taglist", options=options, multiple=True) == "too_many"
    assert refusal([["a"]], "taglist", options=options, multiple=True) == "unknown_option"
