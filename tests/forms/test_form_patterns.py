"""Patterns are bounded before they are tried: what is accepted also runs fast on its worst text."""

import re
from time import perf_counter

import pytest

from forms.patterns import UnsafePattern, compile_pattern, is_whole


@pytest.mark.parametrize(
    "source",
    [
        r"^(a+)+$",
        r"^(a*)*b",
        r"(a|a)*b",
        r"^(a|b|ab)*c$",
        r"^(\d+,?)+$",
        r"^(?:a?){30}a{30}$",
        r"a++",
        r"^.*.*.*.*x",
        r"(x+x+)+y",
        r"\d*\d*\d*!",
        r"^(a{0,200}){200}$",
    ],
)
def test_patterns_that_may_explode_are_refused(source: str) -> None:
    with pytest.raises((UnsafePattern, re.error)):
        compile_pattern(source, longest=200)


@pytest.mark.parametrize(
    "source",
    [r"(?=a)b", r"(a)\1", r"(?P<n>a)", r"(?i)a", r"\Aa\Z", r"(?<!a)b", "a" * 400, "(" * 12 + "a" + ")" * 12],
)
def test_only_the_plain_syntax_is_taken(source: str) -> None:
    with pytest.raises(UnsafePattern):
        compile_pattern(source, longest=200)


@pytest.mark.parametrize(
    ("source", "yes", "no"),
    [
        (r"^\d{6}$", "330000", "33000０"),
        (r"^(1[3-9]\d{9}|0\d{2,3}-?\d{7,8})$", "0791-88888888", "1791888888"),
        (r"^[^@\s]+@[^@\s]+\.[a-z]{2,8}$", "a@b.cn", "a@b"),
        (r"〔\d{4}〕", "国办函〔2025〕66号", "国办函2025"),
        (r"^[A-Z]{2}(?:-\d+)?$", "NC-17", "NC-"),
        (r"^\[a\]\(b\|c\)$", "[a](b|c)", "a"),
    ],
)
def test_ordinary_patterns_work_as_in_the_modeler(source: str, yes: str, no: str) -> None:
    pattern = compile_pattern(source, longest=200)
    assert pattern.search(yes)
    assert not pattern.search(no)


@pytest.mark.parametrize(
    ("source", "worst"),
    [
        (r"^[^@\s]+@[^@\s]+\.[a-z]{2,8}$", "a@" + "a." * 99),
        (r"\w+!", "a" * 200),
        (r"^\d*\d*\d*!$", "1" * 200),
    ],
)
def test_the_worst_text_of_an_accepted_pattern_takes_less_than_half_a_second(source: str, worst: str) -> None:
    pattern = compile_pattern(source, longest=200)
    started = perf_counter()
    assert pattern.search(worst[:200]) is None
    assert perf_counter() - started < 0.5


def test_only_anchored_patterns_go_to_the_browser() -> None:
    assert is_whole(r"^\d+$")
    assert not is_whole(r"\d+")
    assert not is_whole(r"^a|b$")
    assert is_whole(r"^(a|b)[|]$")
    assert not is_whole(r"^a\$")
