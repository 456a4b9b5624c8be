"""Boxed expressions: from the XML of a decision's logic to code.

A part that cannot be compiled does not keep the rest of the file from working: its code raises the error when the
evaluation is strict and is null otherwise; the error is also kept for the checks at deployment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import compile_loops as loops
from .compile_calls import call_value, user_function
from .env import Code, Env
from .errors import DmnError, FeelError
from .expressions import Reading
from .itemtypes import ItemTypes
from .parser import Parser
from .table_index import CellTest
from .table_reader import read_table
from .types import ANY, Type, convert
from .xml import Element, child, children, local, name_of, text_of

BOXED = frozenset(
    [
        "literalExpression",
        "decisionTable",
        "context",
        "list",
        "relation",
        "invocation",
        "functionDefinition",
        "conditional",
        "filter",
        "for",
        "some",
        "every",
    ]
)


class Boxes:
    """Compiles the boxed expressions of one file; `broken` collects (element id, row, column, error),
    `free` the variables read from outside as (row, column, name), `fields_read` their fields as (row, column, name,
    field)."""

    def __init__(self, where: str, items: ItemTypes) -> None:
        self.where, self.items = where, items
        self.broken: list[tuple[str, int, int, FeelError]] = []
        self.free: list[tuple[int, int, str]] = []
        self.fields_read: list[tuple[int, int, str, str]] = []
        self.owner = ""

    def logic(self, parent: Element, reading: Reading, name: str) -> Code | None:
        """The code of the boxed expression inside an element, if it has one."""
        for box in children(parent):
            if local(box) in BOXED:
                return self.box(box, reading, name)
        return None

    def box(self, box: Element, reading: Reading, name: str) -> Code:
        """The code of a boxed expression; its result is converted to its declared type."""
        kind = local(box)
        if kind == "decisionTable":
            return read_table(self, box, reading, name).run
        compilers: dict[str, Callable[[Element, Reading], Code]] = {
            "literalExpression": self._literal, "context": self._context, "list": self._list,
            "relation": self._relation, "invocation": self._invocation, "functionDefinition": self._function,
            "conditional": self._conditional, "filter": self._filter, "for": self._for,
            "some": self._quantified, "every": self._quantified,
        }  # fmt: skip
        return self.typed(compilers[kind](box, reading), box.get("typeRef"))

    def typed(self, code: Code, reference: str | None) -> Code:
        """The code with its result converted to a type."""
        kind = self.items.resolve(reference)
        if kind is None or kind is ANY or kind.kind == "Any":
            return code
        wanted: Type = kind
        return lambda env: convert(code(env), wanted)

    def expression(self, text: str, reading: Reading, row: int = 0, column: int = 0) -> Code:
        """The code of FEEL text, or one that reports why there is none."""
        try:
            code, parser = reading.expression(text)
            self._needs(parser, reading, row, column)
            return code
        except FeelError as error:
            return self._failed(error, row, column)

    def test(self, text: str, reading: Reading, row: int, column: int) -> CellTest:
        """The test of a cell, or one that reports why there is none; columns count from 1."""
        try:
            test, parser = reading.unary_tests(text)
            self._needs(parser, reading, row, column)
            return CellTest(column - 1, test, parser.literals)
        except FeelError as error:
            failed = self._failed(error, row, column)
            return CellTest(column - 1, lambda value, env: failed(env), None)

    def _needs(self, parser: Parser, reading: Reading, row: int, column: int) -> None:
        outside = parser.free - set(reading.names)
        self.free += [(row, column, name) for name in sorted(outside)]
        self.fields_read += [(row, column, *read) for read in sorted(parser.fields_read) if read[0] in outside]

    def _failed(self, error: FeelError, row: int, column: int) -> Code:
        self.broken.append((self.owner, row, column, error))
        where, owner = self.where, self.owner

        def fail(env: Env) -> None:
            if env.work.strict:
                raise DmnError(error.zh, error.en, where=where, element=owner, row=row) from error

        return fail

    def _inside(self, element: Element | None, reading: Reading) -> Code:
        found = self.logic(element, reading, "") if element is not None else None
        return found if found is not None else lambda env: None

    def _literal(self, box: Element, reading: Reading) -> Code:
        text = text_of(child(box, "text"))
        return self.expression(text, reading) if text.strip() else lambda env: None

    def _context(self, box: Element, reading: Reading) -> Code:
        names: list[str] = []
        entries: list[tuple[str, Code]] = []
        result: Code | None = None
        for entry in children(box, "contextEntry"):
            variable = child(entry, "variable")
            name = name_of(variable)
            inside = reading.inner(*names, *([name] if name else []))
            code = self.logic(entry, inside, name) or (lambda env: None)
            if variable is None:
                result = code
            else:
                names.append(name)
                entries.append((name, self.typed(code, variable.get("typeRef"))))

        def run(env: Env) -> Any:
            values: dict[str, Any] = {}
            inner = env.inner(values)
            for name, code in entries:
                values[name] = code(inner)
            return values if result is None else result(inner)

        return run

    def _list(self, box: Element, reading: Reading) -> Code:
        items = [self.box(item, reading, "") for item in children(box) if local(item) in BOXED]
        return lambda env: [item(env) for item in items]

    def _relation(self, box: Element, reading: Reading) -> Code:
        columns = [(name_of(column), column.get("typeRef")) for column in children(box, "column")]
        rows = []
        for row in children(box, "row"):
            cells = [cell for cell in children(row) if local(cell) in BOXED]
            rows.append(
                [
                    (name, self.typed(self.box(cell, reading, ""), kind))
                    for (name, kind), cell in zip(columns, cells, strict=False)
                ]
            )
        return lambda env: [{name: code(env) for name, code in row} for row in rows]

    def _invocation(self, box: Element, reading: Reading) -> Code:
        target = self._inside(box, reading)
        names, arguments = [], []
        for binding in children(box, "binding"):
            names.append(name_of(child(binding, "parameter")))
            arguments.append(self._inside(binding, reading))
        keys = tuple(names)

        def run(env: Env) -> Any:
            return call_value(target(env), env.work, [code(env) for code in arguments], keys)

        return run

    def _function(self, box: Element, reading: Reading) -> Code:
        if box.get("kind", "FEEL").upper() != "FEEL":
            return lambda env: None  # code of another language is never run
        return self.function(box, reading, "")

    def knowledge(self, box: Element, reading: Reading, name: str) -> Code:
        """The code that makes the function value of a knowledge model."""
        return self._function(box, reading) if box.get("kind") else self.function(box, reading, name)

    def function(self, box: Element, reading: Reading, name: str) -> Code:
        """The code that makes the function value of a function definition."""
        parameters = list(children(box, "formalParameter"))
        names = tuple(name_of(parameter) for parameter in parameters)
        kinds = [self.items.resolve(parameter.get("typeRef")) or ANY for parameter in parameters]
        inside = reading.inner(*names)
        body = self.logic(box, inside, name) or (lambda env: None)
        signature = Type("function", parameters=tuple(kinds), result=ANY)
        weight = _weight(box)
        return lambda env: user_function(name, names, kinds, body, env, signature, weight)

    def _conditional(self, box: Element, reading: Reading) -> Code:
        condition = self._inside(child(box, "if"), reading)
        then, otherwise = self._inside(child(box, "then"), reading), self._inside(child(box, "else"), reading)
        return lambda env: then(env) if condition(env) is True else otherwise(env)

    def _filter(self, box: Element, reading: Reading) -> Code:
        base = self._inside(child(box, "in"), reading)
        condition = self._inside(child(box, "match"), reading.inner("item"))
        weight = _weight(box)

        def run(env: Env) -> Any:
            value = base(env)
            return None if value is None else loops.filtered(loops.as_list(value), condition, env, weight)

        return run

    def _for(self, box: Element, reading: Reading) -> Code:
        name = box.get("iteratorVariable") or "item"
        domain = self._inside(child(box, "in"), reading)
        body = self._inside(child(box, "return"), reading.inner(name, "partial"))
        return loops.loop_code([(name, domain, None)], body, _weight(box))

    def _quantified(self, box: Element, reading: Reading) -> Code:
        name = box.get("iteratorVariable") or "item"
        domain = self._inside(child(box, "in"), reading)
        condition = self._inside(child(box, "satisfies"), reading.inner(name))
        every = local(box) == "every"
        return loops.quantified_code([(name, domain, None)], condition, every=every, weight=_weight(box))


def _weight(box: Element) -> int:
    """The work of one run of a boxed expression, from the length of its texts."""
    return 1 + sum(len(text) for text in box.itertext()) // 40
