"""A second reading of FEEL: walks the tree, slow and plain, with the values and rules of `second_values`.

It shares the parser with the compiled path, nothing else, and knows the part of FEEL that `trees` generates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from decisions import syntax as tree
from tests.decisions.second_values import (
    FUNCTIONS,
    Days,
    Months,
    Span,
    arithmetic,
    at_most,
    compare,
    conjunction,
    contains,
    kind,
    less,
    own,
    satisfies,
)

Scope = Mapping[str, Any]


def evaluate(node: tree.Node, scope: Scope) -> Any:
    """The value of an expression over values of ours."""
    return _WALKS[type(node)](node, scope)


def _logic(node: tree.Logic, scope: Scope) -> bool | None:
    terms = [evaluate(term, scope) for term in node.terms]
    if node.operator == "and":
        return conjunction(*(term if isinstance(term, bool) else None for term in terms))
    turned = conjunction(*(not term if isinstance(term, bool) else None for term in terms))
    return None if turned is None else not turned


def _binary(node: tree.Binary, scope: Scope) -> Any:
    one, other = evaluate(node.left, scope), evaluate(node.right, scope)
    return (arithmetic if node.operator in ("+", "-", "*", "/", "**") else compare)(node.operator, one, other)


def _negation(node: tree.Negation, scope: Scope) -> Any:
    value = evaluate(node.operand, scope)
    if isinstance(value, Decimal):
        return -value
    if isinstance(value, Days):
        return Days(-value.nanos)
    return Months(-value.count) if isinstance(value, Months) else None


def _between(node: tree.Between, scope: Scope) -> bool | None:
    low, value, high = (evaluate(part, scope) for part in (node.low, node.value, node.high))
    return conjunction(at_most(low, value), at_most(value, high))


def _in(node: tree.In, scope: Scope) -> bool | None:
    value = evaluate(node.value, scope)
    found: list[bool | None] = []
    for test in node.tests:
        operand = evaluate(test.operand, {**scope, "?": value})
        if test.operator:
            found.append(compare(test.operator, value, operand))
        elif test.uses_value and isinstance(operand, bool):
            found.append(operand)
        elif operand is None and isinstance(test.operand, tree.RangeOf):
            found.append(None)
        else:
            found.append(satisfies(value, operand))
    return True if True in found else None if None in found else False


def _path(node: tree.Path, scope: Scope) -> Any:
    return _field(evaluate(node.base, scope), node.name)


def _field(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_field(item, name) for item in value]
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, date) and name in ("year", "month", "day"):
        return Decimal(getattr(value, name))
    if isinstance(value, Months) and name == "years":
        return Decimal(int(value.count / 12))
    return None


def _filter(node: tree.Filter, scope: Scope) -> Any:
    base = evaluate(node.base, scope)
    items = base if isinstance(base, list) else [] if base is None else [base]
    verdicts = [
        evaluate(node.condition, {**scope, "item": item, **(item if isinstance(item, dict) else {})})
        for item in items or [None]
    ]
    if isinstance(verdicts[0], Decimal):
        index = verdicts[0]
        if not items or index != index.to_integral_value() or not 1 <= abs(index) <= len(items):
            return None
        return items[int(index) - 1 if index > 0 else int(index)]
    if not items:
        return []
    if any(verdict is not None and not isinstance(verdict, bool) for verdict in verdicts):
        return None
    return [item for item, verdict in zip(items, verdicts, strict=True) if verdict]


class BadDomain(Exception):
    """What stands after `in` can't be run over."""


def _turns(iterators: list[tree.Iterator], scope: Scope) -> Iterator[Scope]:
    if not iterators:
        yield scope
        return
    first, *rest = iterators
    domain = evaluate(first.domain, scope)
    if first.end is not None:
        items = _run(domain, evaluate(first.end, scope))
    elif isinstance(domain, Span):
        items = _run_inside(domain)
    elif domain is None:
        raise BadDomain
    else:
        items = domain if isinstance(domain, list) else [domain]
    for item in items:
        yield from _turns(rest, {**scope, first.name: item})


def _run(low: Any, high: Any) -> list[Any]:
    if isinstance(low, Decimal) and isinstance(high, Decimal) and low == int(low) and high == int(high):
        step = 1 if low <= high else -1
        return [Decimal(n) for n in range(int(low), int(high) + step, step)]
    if kind(low) == kind(high) == "date":
        step = 1 if low <= high else -1
        return [date.fromordinal(n) for n in range(low.toordinal(), high.toordinal() + step, step)]
    raise BadDomain


def _run_inside(span: Span) -> list[Any]:
    if span.low is None or span.high is None or less(span.high, span.low):
        raise BadDomain
    return [item for item in _run(span.low, span.high) if contains(span, item)]


def _for(node: tree.For, scope: Scope) -> list[Any] | None:
    results: list[Any] = []
    try:
        for inner in _turns(node.iterators, {**scope, "partial": results}):
            results.append(evaluate(node.body, inner))
    except BadDomain:
        return None
    return results


def _quantified(node: tree.Quantified, scope: Scope) -> bool | None:
    unknown = False
    try:
        for inner in _turns(node.iterators, scope):
            verdict = evaluate(node.condition, inner)
            if verdict is (not node.every):
                return verdict
            if verdict is not None and not isinstance(verdict, bool):
                return None
            unknown = unknown or verdict is None
    except BadDomain:
        return None
    return None if unknown else node.every


def _context(node: tree.ContextOf, scope: Scope) -> dict[str, Any] | None:
    keys = [key for key, _ in node.entries]
    if len(set(keys)) < len(keys):
        return None
    found: dict[str, Any] = {}
    for key, value in node.entries:
        found[key] = evaluate(value, {**scope, **found})
    return found


def _span(node: tree.RangeOf, scope: Scope) -> Span | None:
    low, high = (None if end is None else evaluate(end, scope) for end in (node.low, node.high))
    if (node.low is not None and low is None) or (node.high is not None and high is None):
        return None
    if low is not None and high is not None and at_most(low, high) is None:
        return None
    return Span(low, high, node.low_included, node.high_included)


def _call(node: tree.Call, scope: Scope) -> Any:
    arguments = [evaluate(argument, scope) for argument in node.arguments]
    if isinstance(node.target, tree.Name):
        return FUNCTIONS[node.target.name](*arguments)
    function = evaluate(node.target, scope)
    return function(arguments, node.names) if callable(function) else None


def _lambda(node: tree.Lambda, scope: Scope) -> Callable[[list[Any], list[str] | None], Any]:
    parameters = [name for name, _ in node.parameters]

    def call(arguments: list[Any], names: list[str] | None) -> Any:
        if sorted(names or parameters) != sorted(parameters) or len(arguments) != len(parameters):
            return None
        return evaluate(node.body, {**scope, **dict(zip(names or parameters, arguments, strict=True))})

    return call


def _instance_of(node: tree.InstanceOf, scope: Scope) -> bool:
    value = evaluate(node.value, scope)
    if node.type.name == "list" and node.type.arguments:
        item = node.type.arguments[0].name
        return isinstance(value, list) and all(one is None or kind(one) == item for one in value)
    return kind(value) == node.type.name if node.type.name != "Any" else value is not None


def _if(node: tree.If, scope: Scope) -> Any:
    return evaluate(node.then if evaluate(node.condition, scope) is True else node.otherwise, scope)


_WALKS: dict[type[tree.Node], Callable[[Any, Scope], Any]] = {
    tree.Literal: lambda node, scope: own(node.value),
    tree.Name: lambda node, scope: scope.get(node.name),
    tree.Path: _path, tree.Filter: _filter, tree.Call: _call, tree.Negation: _negation, tree.Binary: _binary,
    tree.Logic: _logic, tree.Between: _between, tree.In: _in, tree.If: _if, tree.For: _for,
    tree.Quantified: _quantified, tree.InstanceOf: _instance_of, tree.ContextOf: _context, tree.RangeOf: _span,
    tree.ListOf: lambda node, scope: [evaluate(item, scope) for item in node.items], tree.Lambda: _lambda,
}  # fmt: skip
