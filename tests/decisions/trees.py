"""Trees of expressions for Hypothesis: mostly of fitting types, now and then not, over the variables of `CONTEXTS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from decisions import Months
from decisions import syntax as tree

Trees = st.SearchStrategy[tree.Node]
NUMBERS = st.one_of(
    st.integers(-5, 12),
    st.integers(-(10**20), 10**20),
    st.decimals(-1000, 1000, places=2),
    st.just(Decimal("1E+30")),
)
STRINGS = st.text('ab"\\\n 。', max_size=4)
DATES = st.dates(date(1999, 12, 30), date(2030, 1, 2))
LENGTHS = st.one_of(
    st.builds(timedelta, days=st.integers(-40, 40), seconds=st.integers(0, 99)), st.builds(Months, st.integers(-30, 30))
)
ROWS = st.fixed_dictionaries({"n": NUMBERS, "s": STRINGS})
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "n": NUMBERS, "m": NUMBERS, "p": st.booleans(), "q": st.one_of(st.none(), st.booleans()), "s": STRINGS,
    "xs": st.lists(NUMBERS, max_size=4), "rows": st.lists(ROWS, max_size=3), "c": ROWS,
    "d": DATES, "length": LENGTHS, "any": st.none(),
}  # fmt: skip
CONTEXTS = st.fixed_dictionaries(VALUES)
"""Variables for the names that the trees read."""
KEYS = st.sampled_from(["n", "s", "k", "two words", "first-in"])
TYPES = [
    *map(tree.TypeName, ("number", "string", "boolean", "date", "context", "list", "Any", "days and time duration")),
    tree.TypeName("list", (tree.TypeName("number"),)),
]


def shape(node: Any) -> Any:
    """A tree without places, weights and what follows from the scope: what the text says."""
    if isinstance(node, (list, tuple)):
        return [shape(part) for part in node]
    if not is_dataclass(node) or isinstance(node, type | Months):
        return type(node).__name__, node
    told = [field.name for field in fields(node) if field.name not in ("at", "weight", "local", "uses_value")]
    return type(node).__name__, [shape(getattr(node, name)) for name in told]


def _build(kind: Callable[..., tree.Node], *parts: st.SearchStrategy[Any]) -> Trees:
    """A node at no place in particular."""
    return st.builds(kind, st.just(0), *parts)


def _name(*names: str) -> Trees:
    return _build(tree.Name, st.sampled_from(names), st.just(False))


def _number(value: int | Decimal) -> tree.Node:
    return tree.Negation(0, tree.Literal(0, -value)) if value < 0 else tree.Literal(0, value)


def _call(name: str, *arguments: Trees) -> Trees:
    target = st.just(tree.Name(0, name, False))
    return _build(tree.Call, target, st.tuples(*arguments).map(list), st.none())


def _mostly(kind: Trees) -> Trees:
    """Of that kind, or of any."""
    return st.integers(0, 9).flatmap(lambda chance: ANYTHING if chance == 0 else kind)


def _binary(operators: str, left: Trees, right: Trees) -> Trees:
    return _build(tree.Binary, st.sampled_from(operators.split()), left, right)


def _if(kind: Trees) -> Trees:
    return _build(tree.If, BOOLEAN, kind, kind)


def _test(operand: Trees) -> st.SearchStrategy[tree.UnaryTest]:
    return _build(tree.UnaryTest, st.sampled_from(["", "<", "<=", ">", ">=", "=", "!="]), operand)  # type: ignore[return-value]


NUMBER: Trees = st.deferred(
    lambda: st.one_of(
        NUMBERS.map(_number),
        _name("n", "m", "item"),
        _build(tree.Negation, _mostly(NUMBER)),
        _binary("+ - * /", _mostly(NUMBER), _mostly(NUMBER)),
        _binary("**", _mostly(NUMBER), st.integers(0, 4).map(_number)),
        _if(NUMBER),
        _call("sum", _mostly(LIST)), _call("count", _mostly(LIST)), _call("max", _mostly(LIST)),
        _call("min", NUMBER, _mostly(NUMBER)), _call("string length", _mostly(STRING)),
        _build(tree.Path, _mostly(CONTEXT), st.sampled_from(["n", "k", "none"])),
        _build(tree.Path, _mostly(DATE), st.sampled_from(["year", "month", "day"])),
        _build(tree.Filter, _mostly(LIST), st.integers(-3, 4).map(_number), st.just(1)),
        st.builds(_applied, NUMBER, _mostly(NUMBER), st.booleans()),
    )
)  # fmt: skip
BOOLEAN: Trees = st.deferred(
    lambda: st.one_of(
        _build(tree.Literal, st.sampled_from([True, False, None])),
        _name("p", "q"),
        _binary("= != < <= > >=", _mostly(NUMBER), _mostly(NUMBER)),
        _binary("= != < <= > >=", _mostly(STRING), _mostly(STRING)),
        _binary("= != < >=", _mostly(DATE), _mostly(DATE)),
        _binary("= !=", ANYTHING, ANYTHING),
        _build(tree.Logic, st.sampled_from(["and", "or"]), st.lists(_mostly(BOOLEAN), min_size=2, max_size=3)),
        _build(tree.Between, _mostly(NUMBER), NUMBER, _mostly(NUMBER)),
        _build(tree.In, _mostly(NUMBER), st.lists(_test(_mostly(NUMBER)), min_size=1, max_size=2)),
        _build(tree.In, _mostly(NUMBER), st.lists(_plain(RANGE), min_size=1, max_size=2)),
        _build(tree.In, ANYTHING, st.lists(_plain(ANYTHING), min_size=1, max_size=2)),
        _build(tree.Quantified, st.booleans(), ITERATORS, _mostly(BOOLEAN), st.just(1)),
        _call("not", _mostly(BOOLEAN)),
        _build(tree.InstanceOf, ANYTHING, st.sampled_from(TYPES)),
        _if(BOOLEAN),
    )
)
STRING: Trees = st.deferred(
    lambda: st.one_of(
        _build(tree.Literal, STRINGS), _name("s"), _binary("+", _mostly(STRING), STRING), _if(STRING),
        _build(tree.Path, CONTEXT, st.just("s")),
    )
)  # fmt: skip
LIST: Trees = st.deferred(
    lambda: st.one_of(
        _build(tree.ListOf, st.lists(_mostly(NUMBER), max_size=3)),
        _build(tree.ListOf, st.lists(ANYTHING, max_size=3)),
        _name("xs", "rows"),
        _build(tree.For, ITERATORS, ANYTHING, st.just(1)),
        _build(tree.Filter, _mostly(LIST), _mostly(BOOLEAN), st.just(1)),
        _build(tree.Path, _name("rows"), st.sampled_from(["n", "s"])),
        _call("reverse", _mostly(LIST)),
    )
)
CONTEXT: Trees = st.deferred(
    lambda: st.one_of(_name("c"), _build(tree.ContextOf, st.lists(st.tuples(KEYS, ANYTHING), max_size=3)))
)
DATE: Trees = st.deferred(
    lambda: st.one_of(_build(tree.Literal, DATES), _name("d"), _binary("+ -", DATE, _mostly(LENGTH)), _if(DATE))
)
LENGTH: Trees = st.deferred(
    lambda: st.one_of(
        _build(tree.Literal, LENGTHS), _name("length"), _binary("+ - * /", LENGTH, _mostly(LENGTH)),
        _binary("* /", LENGTH, NUMBER), _binary("-", DATE, DATE), _build(tree.Negation, LENGTH),
    )
)  # fmt: skip
RANGE: Trees = st.deferred(
    lambda: st.one_of(
        _build(tree.RangeOf, _mostly(NUMBER), _mostly(NUMBER), st.booleans(), st.booleans()),
        _build(tree.RangeOf, st.none(), NUMBER, st.just(False), st.booleans()),
        _build(tree.RangeOf, NUMBER, st.none(), st.booleans(), st.just(False)),
    )
)
ANYTHING: Trees = st.deferred(lambda: st.one_of(NUMBER, BOOLEAN, STRING, LIST, CONTEXT, DATE, LENGTH, RANGE))
ITERATORS: st.SearchStrategy[Any] = st.deferred(
    lambda: st.lists(
        st.one_of(
            _build(tree.Iterator, st.sampled_from(["n", "m", "x"]), _mostly(LIST), st.none()),
            _build(tree.Iterator, st.sampled_from(["n", "m"]), _small(), _small()),
            _build(tree.Iterator, st.sampled_from(["n", "m"]), RANGE, st.none()),
        ),
        min_size=1, max_size=2,
    )
)  # fmt: skip


def _small() -> Trees:
    return st.integers(-3, 6).map(_number)


def _plain(operand: Trees) -> st.SearchStrategy[tree.UnaryTest]:
    return _build(tree.UnaryTest, st.just(""), operand)  # type: ignore[return-value]


def _applied(body: tree.Node, argument: tree.Node, named: bool) -> tree.Node:
    """`(function(n) body)(argument)`"""
    target = tree.Lambda(0, [("n", None)], body, False, 1)
    return tree.Call(0, target, [argument], ["n"] if named else None)
