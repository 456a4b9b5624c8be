"""From the tree of an expression back to text, in one way of writing: what means the same tree is the same text.

Reading the text gives the tree again, as long as the same names are in scope.  Brackets are set where the tree needs
them, and around `if`, `for`, `some`, `every` and `function` wherever something could follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from . import syntax as tree
from .grammar_primary import COMPARISONS
from .lexer import is_simple_name
from .values import iso

# How tightly a construct binds, from anything (0) to what stands alone (8).
ANYTHING, AND, COMPARISON, SUM, PRODUCT, POWER, SIGN, POSTFIX, ALONE = range(9)
_OPERATORS = {**dict.fromkeys(COMPARISONS, COMPARISON), "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "**": POWER}


def print_expression(node: tree.Node) -> str:
    """The text of an expression."""
    return _show(node, ANYTHING)


def _show(node: tree.Node, tightness: int) -> str:
    """The text of a node where at least this tightness is wanted."""
    own, write = _WRITERS[type(node)]
    if isinstance(node, tree.Binary):
        own = _OPERATORS[node.operator]
    elif isinstance(node, tree.Logic):
        own = AND if node.operator == "and" else ANYTHING
    text = write(node)
    return text if own >= tightness else f"({text})"


def _list(nodes: Iterable[tree.Node]) -> str:
    return ", ".join(_show(node, ANYTHING) for node in nodes)


def _literal(node: tree.Literal) -> str:
    value = node.value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    return quoted(value) if isinstance(value, str) else f'@"{iso(value)}"'


def quoted(text: str) -> str:
    """A string as FEEL writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _path(node: tree.Path) -> str:
    return f"{_show(node.base, POSTFIX)}.{node.name}"


def _filter(node: tree.Filter) -> str:
    return f"{_show(node.base, POSTFIX)}[{_show(node.condition, ANYTHING)}]"


def _call(node: tree.Call) -> str:
    target = _show(node.target, POSTFIX)
    if node.names is None:
        return f"{target}({_list(node.arguments)})"
    pairs = zip(node.names, node.arguments, strict=True)
    return f"{target}({', '.join(f'{name}: {_show(argument, ANYTHING)}' for name, argument in pairs)})"


def _negation(node: tree.Negation) -> str:
    return f"-{_show(node.operand, SIGN)}"


def _binary(node: tree.Binary) -> str:
    own = _OPERATORS[node.operator]
    return f"{_show(node.left, own)} {node.operator} {_show(node.right, own + 1)}"


def _logic(node: tree.Logic) -> str:
    tightness = COMPARISON if node.operator == "and" else AND
    return f" {node.operator} ".join(_show(term, tightness) for term in node.terms)


def _between(node: tree.Between) -> str:
    return f"{_show(node.value, COMPARISON)} between {_show(node.low, SUM)} and {_show(node.high, SUM)}"


def _in(node: tree.In) -> str:
    return f"{_show(node.value, COMPARISON)} in ({_tests(node.tests)})"


def _tests(tests: list[tree.UnaryTest]) -> str:
    return ", ".join(map(_test, tests))


def _test(test: tree.UnaryTest) -> str:
    if test.operator:
        return f"{test.operator} {_show(test.operand, SUM)}"
    return _show(test.operand, ANYTHING)


def _unequal(node: tree.UnaryTests) -> str:
    """`(!= 10)`, the only tests that stand where a value is wanted."""
    return f"({_tests(node.tests)})"


def _if(node: tree.If) -> str:
    condition, then = _show(node.condition, AND), _show(node.then, AND)
    return f"if {condition} then {then} else {_show(node.otherwise, ANYTHING)}"


def _iterators(iterators: list[tree.Iterator]) -> str:
    return ", ".join(
        f"{each.name} in {_show(each.domain, AND)}" + ("" if each.end is None else f"..{_show(each.end, AND)}")
        for each in iterators
    )


def _for(node: tree.For) -> str:
    return f"for {_iterators(node.iterators)} return {_show(node.body, ANYTHING)}"


def _quantified(node: tree.Quantified) -> str:
    word = "every" if node.every else "some"
    return f"{word} {_iterators(node.iterators)} satisfies {_show(node.condition, ANYTHING)}"


def _instance_of(node: tree.InstanceOf) -> str:
    tightness = SIGN if isinstance(node.value, tree.InstanceOf) else POSTFIX
    return f"{_show(node.value, tightness)} instance of {_type(node.type)}"


def _type(kind: tree.TypeName) -> str:
    if kind.name == "function" and kind.arguments:
        *parameters, result = map(_type, kind.arguments)
        return f"function<{', '.join(parameters)}> -> {result}"
    if kind.fields:
        return f"context<{', '.join(f'{name}: {_type(part)}' for name, part in kind.fields)}>"
    return f"{kind.name}<{', '.join(map(_type, kind.arguments))}>" if kind.arguments else kind.name


def _context(node: tree.ContextOf) -> str:
    entries = ((key if is_simple_name(key) else quoted(key), value) for key, value in node.entries)
    return "{" + ", ".join(f"{key}: {_show(value, ANYTHING)}" for key, value in entries) + "}"


def _range(node: tree.RangeOf) -> str:
    if node.low is not None and node.high is not None:
        opening, closing = "[" if node.low_included else "(", "]" if node.high_included else ")"
        return f"{opening}{_end(node.low)}..{_end(node.high)}{closing}"
    if node.high is not None:
        return f"({'<=' if node.high_included else '<'} {_show(node.high, SUM)})"
    return f"({'>=' if node.low_included else '>'} {_show(node.low, SUM) if node.low is not None else ''})"


def _end(node: tree.Node) -> str:
    """The end of a range; a bracket in it could be taken for the closing one."""
    text = _show(node, SUM)
    return f"({text})" if "[" in text else text


def _lambda(node: tree.Lambda) -> str:
    parameters = (name if kind is None else f"{name}: {_type(kind)}" for name, kind in node.parameters)
    return f"function({', '.join(parameters)}) {'external ' if node.external else ''}{_show(node.body, ANYTHING)}"


_WRITERS: dict[type[tree.Node], tuple[int, Callable[[Any], str]]] = {
    tree.Literal: (ALONE, _literal),
    tree.Name: (ALONE, lambda node: node.name),
    tree.Path: (POSTFIX, _path),
    tree.Filter: (POSTFIX, _filter),
    tree.Call: (POSTFIX, _call),
    tree.Negation: (SIGN, _negation),
    tree.Binary: (ANYTHING, _binary),
    tree.Logic: (ANYTHING, _logic),
    tree.Between: (COMPARISON, _between),
    tree.UnaryTests: (ALONE, _unequal),
    tree.In: (COMPARISON, _in),
    tree.If: (ANYTHING, _if),
    tree.For: (ANYTHING, _for),
    tree.Quantified: (ANYTHING, _quantified),
    tree.InstanceOf: (SIGN, _instance_of),
    tree.ListOf: (ALONE, lambda node: f"[{_list(node.items)}]"),
    tree.ContextOf: (ALONE, _context),
    tree.RangeOf: (ALONE, _range),
    tree.Lambda: (ANYTHING, _lambda),
}
