"""The checks of one decision table: types of constants, overlap, rules out of reach, gaps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .errors import FeelError
from .expressions import BUILT_IN_NAMES
from .model import Model
from .parser import Parser
from .printer import print_expression
from .regions import Cell, Column, Contexts, Effort, Masks, constant, read_cell, uncovered
from .tables import SINGLE_HIT
from .types import Type, conforms
from .values import equal, text_of
from .xml import Element, child, children
from .xml import text_of as xml_text

# (code, row, Chinese, English)
Finding = tuple[str, int, str, str]
MAX_SHOWN = 5


class TableCheck:
    """Reads the cells of a `decisionTable` as sets and compares them."""

    def __init__(self, model: Model, table: Element, contexts: Contexts) -> None:
        self.model, self.contexts = model, contexts
        self.effort = Effort()
        self.policy = " ".join(table.get("hitPolicy", "UNIQUE").upper().split())
        self.inputs = list(children(table, "input"))
        self.outputs = list(children(table, "output"))
        rows = list(children(table, "rule"))
        self.cells = [[self._cell(text) for text in _texts(row, "inputEntry")] for row in rows]
        self.results = [_texts(row, "outputEntry") for row in rows]
        self.meant = [[_one_way(text) for text in texts] for texts in self.results]
        self.columns = [self._column(number, column) for number, column in enumerate(self.inputs)]
        self.masks = [
            [column.mask(cell) for column, cell in zip(self.columns, row, strict=False)] for row in self.cells
        ]

    def _column(self, number: int, column: Element) -> Column:
        expression = child(column, "inputExpression")
        text = " ".join(xml_text(child(expression, "text")).split())
        kind = self._input_type(column)
        boolean = kind is not None and kind.kind == "boolean"
        cells = [row[number] for row in self.cells if number < len(row)]
        return Column(column.get("label") or text, cells, self._declared(column), boolean)

    def _input_type(self, column: Element) -> Type | None:
        expression = child(column, "inputExpression")
        return self.model.items.resolve(expression.get("typeRef") if expression is not None else None)

    def _declared(self, column: Element) -> Cell | None:
        """The values a column may have, from its input values or the allowed values of its type."""
        text = xml_text(child(column, "inputValues"))
        expression = child(column, "inputExpression")
        if not text.strip() and expression is not None:
            text = self.model.items.allowed_text(expression.get("typeRef"))
        cell = self._cell(text)
        return cell if cell is not None and cell.parts else None

    def _cell(self, text: str) -> Cell | None:
        """A cell of conditions as a set; None when it is opaque."""
        try:
            parser = Parser(text if text.strip() else "-", (), BUILT_IN_NAMES, ())
            return read_cell(parser.whole_unary_tests(), parser, self.contexts)
        except (FeelError, RecursionError):
            return None

    def _constant(self, text: str) -> Any:
        """The value of an output cell without variables or calls, else None."""
        if text.strip() in ("", "-"):
            return None
        try:
            parser = Parser(text, (), BUILT_IN_NAMES, ())
            node = parser.whole_expression()
            return None if parser.free - set(self.contexts) or parser.calls else constant(node, self.contexts)
        except (FeelError, RecursionError):
            return None

    # types

    def types(self) -> Iterator[Finding]:
        """Constants that do not fit the type or the declared values of their column."""
        for number, column in enumerate(self.inputs):
            kind, declared = self._input_type(column), self._declared(column)
            for row, cells in enumerate(self.cells, 1):
                cell = cells[number] if number < len(cells) else None
                for value in cell.constants() if cell is not None else ():
                    yield from self._fits(row, number + 1, value, kind, declared)
        for number, column in enumerate(self.outputs):
            kind = self.model.items.resolve(column.get("typeRef"))
            declared = self._cell(xml_text(child(column, "outputValues")))
            for row, texts in enumerate(self.results, 1):
                value = self._constant(texts[number]) if number < len(texts) else None
                if value is not None:
                    yield from self._fits(row, len(self.inputs) + number + 1, value, kind, declared)

    def _fits(self, row: int, column: int, value: Any, kind: Type | None, declared: Cell | None) -> Iterator[Finding]:
        shown = text_of(value, inner=True)
        if kind is not None and kind.kind != "Any" and not conforms(value, Type(kind.kind)):
            yield (
                "type",
                row,
                f"第 {row} 条规则第 {column} 列：{shown} 不是 {kind.kind} 类型",
                f"rule {row}, column {column}: {shown} is no {kind.kind}",
            )
        elif declared is not None and not _declares(declared, value):
            yield (
                "not_allowed",
                row,
                f"第 {row} 条规则第 {column} 列：{shown} 不在该列声明的值之内",
                f"rule {row}, column {column}: {shown} is not among the declared values",
            )

    # sets

    def _shown(self, masks: Masks) -> str:
        parts = [column.describe(mask) for column, mask in zip(self.columns, masks, strict=True)]
        return "，".join(part for part in parts if part) or "任意输入"

    def _whole(self, row: int) -> Masks | None:
        """The sets of a rule, opaque cells counted as everything."""
        masks = self.masks[row]
        if len(masks) != len(self.columns):
            return None
        pairs = zip(masks, self.columns, strict=True)
        return tuple(column.all if mask is None else mask for mask, column in pairs)

    def _exact(self, row: int) -> Masks | None:
        """The sets of a rule, None when a cell is opaque."""
        masks = [mask for mask in self.masks[row] if mask is not None]
        return tuple(masks) if len(masks) == len(self.columns) else None

    def overlaps(self) -> Iterator[Finding]:
        """Pairs of rules that can match together under UNIQUE, or disagree under ANY."""
        if self.policy not in ("UNIQUE", "ANY"):
            return
        for second in range(len(self.masks)):
            for first in range(second):
                one, other = self._exact(first), self._exact(second)
                if one is None or other is None:
                    continue
                shared = tuple(left & right for left, right in zip(one, other, strict=True))
                if not all(shared):
                    continue
                if self.policy == "ANY" and self.meant[first] == self.meant[second]:
                    continue
                code = "overlap" if self.policy == "UNIQUE" else "conflict"
                where = self._shown(shared)
                yield (
                    code,
                    second + 1,
                    f"第 {first + 1} 条与第 {second + 1} 条规则会同时适用（{self.policy}）：{where}",
                    f"rules {first + 1} and {second + 1} match together ({self.policy}): {where}",
                )

    def unreachable(self) -> Iterator[Finding]:
        """Rules of a FIRST table that earlier rules leave nothing to, and rules whose cell accepts nothing."""
        for row in range(len(self.masks)):
            space = self._whole(row)
            if space is None:
                continue
            earlier = [masks for masks in map(self._exact, range(row)) if masks is not None]
            empty = not all(space)
            if empty or (self.policy == "FIRST" and uncovered(space, earlier, self.effort) == []):
                yield (
                    "unreachable",
                    row + 1,
                    f"第 {row + 1} 条规则永远不会适用" + ("" if empty else "：前面的规则已全部覆盖"),
                    f"rule {row + 1} can never match" + ("" if empty else ": earlier rules cover all of it"),
                )

    def gaps(self) -> Iterator[Finding]:
        """Combinations no rule of a single-hit table covers; not asked where defaults or opaque cells exist."""
        if self.policy not in SINGLE_HIT or any(
            xml_text(child(output, "defaultOutputEntry")).strip() for output in self.outputs
        ):
            return
        rules = [self._exact(row) for row in range(len(self.masks))]
        exact = [masks for masks in rules if masks is not None]
        if not exact or len(exact) < len(rules):
            return
        missing = uncovered(tuple(column.domain for column in self.columns), exact, self.effort) or []
        for masks in missing[:MAX_SHOWN]:
            where = self._shown(masks)
            yield ("gap", 0, f"没有规则适用于：{where}", f"no rule covers: {where}")


def _declares(declared: Cell, value: Any) -> bool:
    """Whether a list of declared values has the value; other declarations are not asked."""
    if declared.negated or any(part.operator != "=" for part in declared.parts):
        return True
    return not declared.parts or any(equal(value, part.value) is True for part in declared.parts)


def _one_way(text: str) -> str:
    """An output cell in the printer's way of writing, if it can be read."""
    try:
        return print_expression(Parser(text, (), BUILT_IN_NAMES, ()).whole_expression())
    except (FeelError, RecursionError):
        return text.strip()


def _texts(row: Element, name: str) -> list[str]:
    return [xml_text(child(cell, "text")) for cell in children(row, name)]
