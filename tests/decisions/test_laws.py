"""Laws that hold for all values: ternary logic, decimal arithmetic, unary tests against plain comparison."""

from decimal import ROUND_HALF_EVEN, Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions import FeelError, compile_expression, compile_unary_tests, to_plain

TERNARY = st.sampled_from([True, False, None])
EXACT = Context(prec=34, rounding=ROUND_HALF_EVEN)
NUMBERS = st.one_of(
    st.integers(-(10**20), 10**20),
    st.decimals(min_value=-(10**12), max_value=10**12, places=6, allow_nan=False),
)
COMPILED = {
    text: compile_expression(text)
    for text in (
        "a and b", "b and a", "a or b", "b or a", "not(a and b)", "not(a) or not(b)", "not(not(a))", "a",
        "a and (b or c)", "(a and b) or (a and c)", "every x in [a, b, c] satisfies x",
        "a and b and c", "some x in [a, b, c] satisfies x", "a or b or c", "all([a, b, c])", "any([a, b, c])",
        "a + b", "a - b", "a * b", "a / b", "a < b", "a <= b", "a = b", "a != b", "a > b", "-a",
        "a between b and c", "a in [b..c]", "a >= b and a <= c", "sort([a, b, c])", "max(a, b, c)",
    )
}  # fmt: skip


def run(text: str, **context: object) -> object:
    return COMPILED[text].evaluate(context)


@given(TERNARY, TERNARY, TERNARY)
def test_ternary_laws(a: bool | None, b: bool | None, c: bool | None) -> None:
    assert run("a and b", a=a, b=b) is run("b and a", a=a, b=b)
    assert run("a or b", a=a, b=b) is run("b or a", a=a, b=b)
    assert run("not(a and b)", a=a, b=b) is run("not(a) or not(b)", a=a, b=b)
    assert run("not(not(a))", a=a) is a
    assert run("a and (b or c)", a=a, b=b, c=c) is run("(a and b) or (a and c)", a=a, b=b, c=c)
    conjunction, disjunction = run("a and b and c", a=a, b=b, c=c), run("a or b or c", a=a, b=b, c=c)
    assert run("every x in [a, b, c] satisfies x", a=a, b=b, c=c) is conjunction
    assert run("some x in [a, b, c] satisfies x", a=a, b=b, c=c) is disjunction
    assert run("all([a, b, c])", a=a, b=b, c=c) is conjunction
    assert run("any([a, b, c])", a=a, b=b, c=c) is disjunction


@given(NUMBERS, NUMBERS)
def test_arithmetic_is_decimal_with_34_digits(a: int | Decimal, b: int | Decimal) -> None:
    one, other = Decimal(a), Decimal(b)
    assert run("a + b", a=a, b=b) == EXACT.add(one, other)
    assert run("a - b", a=a, b=b) == EXACT.subtract(one, other)
    assert run("a * b", a=a, b=b) == EXACT.multiply(one, other)
    assert run("a / b", a=a, b=b) == (EXACT.divide(one, other) if other else None)
    assert run("-a", a=a) == -one


@given(NUMBERS, NUMBERS, NUMBERS)
def test_order(a: int | Decimal, b: int | Decimal, c: int | Decimal) -> None:
    for text, expected in (
        ("a < b", a < b), ("a <= b", a <= b), ("a = b", a == b), ("a != b", a != b), ("a > b", a > b),
    ):  # fmt: skip
        assert run(text, a=a, b=b) is expected
    within = b <= a <= c
    assert run("a between b and c", a=a, b=b, c=c) is within
    assert run("a in [b..c]", a=a, b=b, c=c) is within
    assert run("a >= b and a <= c", a=a, b=b, c=c) is within
    assert run("sort([a, b, c])", a=a, b=b, c=c) == sorted([a, b, c])
    assert run("max(a, b, c)", a=a, b=b, c=c) == max(a, b, c)


@given(st.integers(-50, 50), st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), st.integers(-50, 50))
def test_cells_agree_with_comparisons(tested: int, operator: str, bound: int) -> None:
    direct = compile_expression(f"x {operator} {bound}").evaluate({"x": tested})
    assert compile_unary_tests(f"{operator} {bound}").matches(tested, {}) is direct
    assert compile_unary_tests(f"? {operator} {bound}").matches(tested, {}) is direct
    assert compile_unary_tests(f"not({operator} {bound})").matches(tested, {}) is (not direct)
    assert compile_expression(f"x in ({operator} {bound})").evaluate({"x": tested}) is direct


@given(st.lists(st.text(max_size=4), min_size=1, max_size=5), st.text(max_size=4))
def test_lists_of_strings_in_cells(listed: list[str], tested: str) -> None:
    quoted = ", ".join('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in listed)
    assert compile_unary_tests(quoted).matches(tested, {}) is (tested in listed)
    assert compile_unary_tests(f"not({quoted})").matches(tested, {}) is (tested not in listed)


@given(st.text(max_size=30))
def test_string_functions_count_code_points(text: str) -> None:
    context = {"s": text}
    assert compile_expression("string length(s)").evaluate(context) == len(text)
    assert compile_expression("substring(s, 1)").evaluate(context) == (text or None)
    assert (
        compile_expression("string join(for i in 1..string length(s) return substring(s, i, 1))").evaluate(context)
        == text
        or not text
    )


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_floats_are_read_as_they_are_written(number: float) -> None:
    found = compile_expression("x + 0").evaluate({"x": number})
    if number != number or number in (float("inf"), float("-inf")):
        assert found is None
    else:
        assert to_plain(found) == pytest.approx(number)


@given(st.text(max_size=40))
def test_any_text_is_an_expression_or_an_error(text: str) -> None:
    try:
        compile_expression(text).evaluate({})
    except FeelError as error:
        assert error.zh and error.en
