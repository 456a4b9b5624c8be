"""One text, several readings: parse and print are inverse, and the compiled path agrees with a plain interpreter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from decisions import FeelError, FeelLimitError, Months, Range, compile_expression
from decisions import syntax as tree
from decisions.expressions import BUILT_IN_NAMES
from decisions.fine import nanoseconds
from decisions.parser import Parser
from decisions.printer import print_expression
from decisions.xml import read_root, text_of
from tests.decisions import second_values, trees
from tests.decisions.interpreter import evaluate

ROOT = Path(__file__).parents[2]
NAMES = ("two words", "first-in")
often = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(text: str) -> tree.Node:
    return Parser(text, NAMES, BUILT_IN_NAMES, NAMES).whole_expression()


@often
@given(trees.ANYTHING)
def test_what_is_printed_is_read_as_it_was(node: tree.Node) -> None:
    text = print_expression(node)
    try:
        again = read(text)
    except FeelLimitError:
        assume(False)
    assert trees.shape(again) == trees.shape(node), text
    assert print_expression(again) == text


def test_every_text_of_the_packs_is_stable() -> None:
    texts = [text for path in sorted((ROOT / "bpmn").rglob("*.dmn")) for text in _texts(path)]
    assert len(texts) > 500
    for text, is_cell in texts:
        stable(text, is_cell)


@pytest.mark.shared
def test_every_text_of_the_kit_is_stable(shared_dir: Path) -> None:
    seen = 0
    for path in sorted((shared_dir / "dmn-tck").rglob("*.dmn")):
        for text, is_cell in _texts(path):
            try:
                stable(text, is_cell)
            except FeelError:
                continue  # the kit holds texts that are no FEEL, and names that only the model knows
            seen += 1
    assert seen > 3000


def _texts(path: Path) -> Iterator[tuple[str, bool]]:
    """Every FEEL text of a DMN file, and whether it is the cell of a condition."""
    for node in read_root(path.read_bytes(), path.name).iter("{*}text"):
        parent = node.getparent()
        holder = "" if parent is None else parent.tag.rpartition("}")[2]
        if holder in ("inputEntry", "outputEntry", "inputExpression", "literalExpression") and text_of(node).strip():
            yield text_of(node), holder == "inputEntry"


def stable(text: str, is_cell: bool) -> None:
    """What is printed is read as it was; the tests of a cell as they stand behind `in`."""
    if text.strip() == "-":
        return
    if is_cell:
        tests = Parser(text, NAMES, BUILT_IN_NAMES, NAMES).whole_unary_tests().tests
        node: tree.Node = tree.In(0, read("x"), tests)
    else:
        node = read(text)
    printed = print_expression(node)
    assert trees.shape(read(printed)) == trees.shape(node), text
    assert print_expression(read(printed)) == printed


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("1+2*3", "1 + 2 * 3"),
        ("(1+2)*3", "(1 + 2) * 3"),
        ("2**(3**2)", "2 ** (3 ** 2)"),
        ("-(a+b)", "-(a + b)"),
        ("a and(b or c)", "a and (b or c)"),
        ("x in [1..a[1]]", "x in ([1..(a[1])])"),
        ("(< 5)", "(< 5)"),
        ("(!=10)", "(!= 10)"),
        ("(if a then 1 else 2)+3", "(if a then 1 else 2) + 3"),
        ('{"a b":1,c:[ ]}', '{"a b": 1, c: []}'),
        ("for i in 1 .. 3,j in xs return i*j", "for i in 1..3, j in xs return i * j"),
        ("some u in units satisfies u=1", "some u in units satisfies u = 1"),
        ("function(a:list<number>,b)a", "function(a: list<number>, b) a"),
        ("f instance of function<date>->number", "f instance of function<date> -> number"),
        ("x instance of context<a:string>", "x instance of context<a: string>"),
        ("x instance of date and -1", "x instance of date and -1"),
        ("x instance of date and time and -1", "x instance of date and time and -1"),
        ("date and time( \"2026-02-01T08:00:00\" ).time offset", 'date and time("2026-02-01T08:00:00").time offset'),
        ('@"P1D"', '@"P1D"'),
        ("two  words*first-in", "two words * first-in"),
        ("substring(string:s,start position:2)", "substring(string: s, start position: 2)"),
        ('"a\\"b\\u0041"', '"a\\"bA"'),
    ],
)  # fmt: skip
def test_there_is_one_way_of_writing(text: str, printed: str) -> None:
    assert print_expression(read(text)) == printed


@often
@given(trees.ANYTHING, trees.CONTEXTS)
def test_compiled_and_interpreted_agree(node: tree.Node, context: dict[str, Any]) -> None:
    text = print_expression(node)
    try:
        compiled = comparable(compile_expression(text, names=NAMES).evaluate(context))
        interpreted = evaluate(read(text), {name: second_values.own(value) for name, value in context.items()})
    except (FeelLimitError, second_values.BeyondPython):
        assume(False)
    assert (type(compiled), compiled) == (type(interpreted), interpreted), text


def comparable(value: Any) -> Any:
    """A value of the compiled path as one of the interpreter's."""
    if isinstance(value, Range):
        return second_values.Span(
            comparable(value.low), comparable(value.high), value.low_included, value.high_included
        )
    if isinstance(value, timedelta):
        return second_values.Days(nanoseconds(value))
    if isinstance(value, Months):
        return second_values.Months(value.months)
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
