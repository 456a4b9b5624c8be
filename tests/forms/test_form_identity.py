"""Identity numbers and telephone numbers: whatever is typed, one spelling or a refusal."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wtforms.validators import ValidationError

from forms.identity import birth_date, id_check_character, normalise_id_number, normalise_phone

WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")

born = st.dates(date(1900, 1, 1), date(2026, 12, 31))


@st.composite
def id_numbers(draw: st.DrawFn) -> str:
    area = draw(st.integers(110000, 659999))
    serial = draw(st.integers(0, 999))
    first = f"{area}{draw(born):%Y%m%d}{serial:03d}"
    return first + id_check_character(first)


@st.composite
def landlines(draw: st.DrawFn) -> tuple[str, str]:
    area = draw(
        st.one_of(
            st.just("010"),
            st.from_regex(r"02[0-9]", fullmatch=True),
            st.from_regex(r"0[3-9][0-9]{2}", fullmatch=True),
        )
    )
    return area, draw(st.from_regex(r"[2-8][0-9]{6,7}", fullmatch=True))


def code_of(refused: pytest.ExceptionInfo[ValidationError]) -> str:
    return str(refused.value.args[0].code)


# The example printed in GB 11643-1999, annex A.
def test_the_example_of_the_standard_passes() -> None:
    assert normalise_id_number("11010519491231002X") == "11010519491231002X"
    assert normalise_id_number("11010519491231002x") == "11010519491231002X"


@given(id_numbers())
def test_a_right_number_is_kept_in_any_spelling(number: str) -> None:
    assert normalise_id_number(number.translate(WIDE)) == number
    assert normalise_id_number(f" \u202a{number[:6]} {number[6:14]}-{number[14:].lower()}\u202c ") == number
    assert f"{birth_date(number):%Y%m%d}" == number[6:14]


@given(id_numbers(), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_never_passes(number: str, place: int, shift: int) -> None:
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    with pytest.raises(ValidationError):
        normalise_id_number(wrong)


@given(id_numbers(), st.integers(0, 15))
def test_two_neighbours_exchanged_never_pass(number: str, place: int) -> None:
    wrong = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if wrong != number:
        with pytest.raises(ValidationError):
            normalise_id_number(wrong)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("1101051949123100", "id_length"),
        ("110105491231002", "id_length"),
        ("A10105194912310021", "id_length"),
        ("110105194902300021", "id_date"),
        ("110105189912310023", "id_date"),
        ("110105194912310021", "id_checksum"),
    ],
)
def test_the_refusal_says_what_is_wrong(typed: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        normalise_id_number(typed)
    assert code_of(refused) == code


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(["", "+86", "0086", "86", "+86 ", "+86-"]),
)
def test_mobile_numbers_have_one_spelling(number: str, prefix: str) -> None:
    typed = f"{prefix}{number[:3]} {number[3:7]}-{number[7:]}"
    assert normalise_phone(typed) == number
    assert normalise_phone(typed.translate(WIDE)) == number
    assert normalise_phone(f"\u202d{typed}\u202c") == number


@given(
    landlines(),
    st.sampled_from(
        [
            "{a}{n}",
            "{a}-{n}",
            "({a}){n}",
            "（{a}） {n}",
            "{a}－{n}",
            "+86{a}{n}",
            "+86 {b} {n}",
            "0086-{b}-{n}",
        ]
    ),
)
def test_landlines_have_one_spelling(landline: tuple[str, str], shape: str) -> None:
    area, number = landline
    typed = shape.format(a=area, b=area[1:], n=number)
    assert normalise_phone(typed) == f"{area}-{number}"
    assert normalise_phone(normalise_phone(typed)) == f"{area}-{number}"


@given(st.text(max_size=40))
def test_any_text_is_normalised_once_or_refused(typed: str) -> None:
    try:
        number = normalise_phone(typed)
    except ValidationError as refused:
        assert refused.args[0].code in ("phone", "bad_characters")
    else:
        assert number.replace("-", "").isascii()
        assert normalise_phone(number) == number


@pytest.mark.parametrize(
    "typed",
    [
        "12345",
        "1380013800",
        "138001380001",
        "23800138000",
        "88888888",
        "0791-1234567",
        "+1 2025550123",
        "138\x0000138000",
        "1380013800a",
        "٠١٣٨٠٠١٣٨٠٠",
    ],
)
def test_what_is_no_chinese_number_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        normalise_phone(typed)


def test_birth_dates_are_real_days() -> None:
    day = date(2000, 2, 28) + timedelta(days=1)
    first = f"110105{day:%Y%m%d}001"
    assert birth_date(normalise_id_number(first + id_check_character(first))) == date(2000, 2, 29)
