"""Expressions as the other rooms use them: values, names, domain functions, errors with their place."""

from collections import ChainMap
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from decisions import FeelError, FeelSyntaxError, Months, compile_expression, compile_unary_tests, to_plain


def value(text: str, context: Mapping[str, Any] | None = None, **options: Any) -> Any:
    return compile_expression(text, **options).evaluate({} if context is None else context)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('request_type = "consult" and round < 3', True),
        ('= request_type = "consult"', True),
        ("${ round + 1 }", 3),
        ("if round > 5 then 1 else 2", 2),
        ("if round>5 then 1 else 2", 2),
        ('request_type in ("a", "consult")', True),
        ("round in [1..2)", False),
        ("round between 2 and 4", True),
        ("count(units)", 2),
        ('units[item = "b"]', ["b"]),
        ('some u in units satisfies u = "b"', True),
        ("order.level", "high"),
        ("nobody", None),
        ("nobody.there", None),
        ("nobody = null", True),
        ("share * 4", 1),
        ('string length("办结")', 2),
        ("for i in 1..3 return i * i", [1, 4, 9]),
        ("{a: 1, b: a + 1}.b", 2),
        ("3 // a comment\n + 1", 4),
        ("-2 ** 2", 4),
        ("2 + 3 * 4 - 6 / 3", 12),
    ],
)
def test_values(text: str, expected: object) -> None:
    context = {
        "request_type": "consult", "round": 2, "units": ["a", "b"], "order": {"level": "high"}, "share": 0.25,
    }  # fmt: skip
    assert value(text, context) == expected


def test_the_context_may_be_any_mapping_and_is_not_copied() -> None:
    class Lazy(Mapping[str, Any]):
        def __getitem__(self, key: str) -> Any:
            if key == "x":
                return 5
            raise KeyError(key)

        def __iter__(self) -> Iterator[str]:
            raise AssertionError

        def __len__(self) -> int:
            raise AssertionError

    assert value("x + 1", Lazy()) == 6
    assert value("[1, 2][item < x]", Lazy()) == [1, 2]
    assert value("y", Lazy()) is None
    assert value("a + b", ChainMap({"a": 1}, {"b": 2})) == 3


def test_names_and_calls_are_known_before_evaluation() -> None:
    expression = compile_expression(
        "for x in list return x + y + limit(z.part)", functions={"limit": lambda amount: amount}
    )
    assert expression.names == {"list", "y", "z"}
    assert expression.calls == {"limit"}


def test_names_with_spaces_are_read_when_declared() -> None:
    names = ["Employment Status", "first-in date", "天数 上限"]
    context = {"Employment Status": "EMPLOYED", "first-in date": 3, "天数 上限": 4}
    assert value('Employment  Status = "EMPLOYED"', context, names=names) is True
    assert value("first-in date * 2 + 天数 上限", context, names=names) == 10


def test_domain_functions_take_values_by_position_or_name() -> None:
    functions = {"working_days": lambda n, roll=False: f"{n}wd{'+' if roll else ''}"}
    assert value("working_days(days)", {"days": 10}, functions=functions) == "10wd"
    assert value("working_days(n: 3, roll: true)", functions=functions) == "3wd+"


def test_a_declared_name_may_hold_a_function() -> None:
    twice = value("function(x) x * 2")
    assert value("twice(4)", {"twice": twice}, names=["twice"]) == 8


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("1 +", 1, 4),
        ("a =\n  = 3", 2, 3),
        ('"open', 1, 1),
        ("=1 + # 2", 1, 6),
        ("if a then b", 1, 12),
        ("for in x return 1", 1, 5),
        ("a b", 1, 3),
        ("", 1, 1),
        ('@"2026-13-01"', 1, 1),
        ("[1, 2", 1, 6),
        ("${ (1 }", 1, 7),
    ],
)
def test_syntax_errors_have_a_place(text: str, line: int, column: int) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert caught.value.zh and caught.value.en and caught.value.text == text


def test_full_width_punctuation_gets_a_hint() -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression("count（units） > 1）")
    assert "全角" in caught.value.zh


def test_an_unknown_function_gets_a_suggestion() -> None:
    with pytest.raises(FeelError) as caught:
        compile_expression("1 + working_day(3)", functions={"working_days": lambda n: n})
    assert "working_days" in caught.value.zh and "working_days" in caught.value.en
    assert (caught.value.line, caught.value.column) == (1, 5)


@pytest.mark.parametrize(
    ("cell", "tested", "expected"),
    [
        ("-", 1, True),
        ("", None, True),
        ("< 5", 4, True),
        ("< 5", None, None),
        ("< 5", "x", None),
        ('"a", "b"', "b", True),
        ('not("a", "b")', "b", False),
        ("[1..3], 7", 7, True),
        ("? > limit", 4, True),
        ("limit", 3, True),
        ("null", None, True),
        ("true", True, True),
        ('starts with(?, "ab")', "abc", True),
        ("> 1, < -1", 0, False),
    ],
)
def test_unary_tests(cell: str, tested: object, expected: object) -> None:
    assert compile_unary_tests(cell).matches(tested, {"limit": 3}) is expected


def test_plain_values_for_json() -> None:
    found = {
        "a": Decimal("3.0"), "b": Decimal("1.5"), "c": date(2026, 2, 1), "d": timedelta(days=1, hours=2),
        "e": Months(14), "f": [datetime(2026, 2, 1, 8, 30, tzinfo=UTC), None, True],
    }  # fmt: skip
    assert to_plain(found) == {
        "a": 3, "b": 1.5, "c": "2026-02-01", "d": "P1DT2H", "e": "P1Y2M",
        "f": ["2026-02-01T08:30:00Z", None, True],
    }  # fmt: skip


def test_dates_stay_dates() -> None:
    assert value('date("2026-01-31") + duration("P1M")') == date(2026, 2, 28)
    assert value('start + @"P3D"', {"start": datetime(2026, 1, 1, 9)}) == datetime(2026, 1, 4, 9)
    assert value('date("-0044-03-15").year') == -44


def test_missing_fact_named_like_a_built_in_is_null_where_a_platform_brings_functions() -> None:
    expression = compile_expression('mode = "sms"', functions={"due_passed": lambda element: False})
    assert expression.evaluate({}) is False
    assert compile_expression("mode = null", functions={"due_passed": lambda element: False}).evaluate({}) is True
    assert compile_expression("count([1, 2])", functions={"due_passed": lambda element: False}).evaluate({}) == 2
