"""From the XML of a decision table to a compiled `Table`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .env import Code
from .errors import DmnError, FeelError
from .expressions import BUILT_IN_NAMES, Reading
from .itemtypes import allowed
from .parser import Parser
from .syntax import Literal
from .table_index import CellTest, Rule
from .tables import Input, Output, Table
from .types import convert
from .xml import Element, child, children, name_of, text_of

if TYPE_CHECKING:
    from .boxed import Boxes

POLICIES = frozenset({"UNIQUE", "ANY", "FIRST", "PRIORITY", "RULE ORDER", "OUTPUT ORDER", "COLLECT"})


def read_table(boxes: Boxes, box: Element, reading: Reading, name: str) -> Table:
    """Compile a `decisionTable`; raises DmnError for an unknown hit policy or a rule with missing cells."""
    policy = " ".join(box.get("hitPolicy", "UNIQUE").upper().split())
    if policy not in POLICIES:
        raise DmnError(
            f"未知的命中策略 {policy}", f"unknown hit policy {policy}", where=boxes.where, element=boxes.owner
        )
    shown = name or box.get("outputLabel") or boxes.owner
    inputs = [_input(boxes, column, reading) for column in children(box, "input")]
    outputs = [_output(boxes, column, reading) for column in children(box, "output")]
    rules = [
        _rule(boxes, row, number, reading, len(inputs), len(outputs))
        for number, row in enumerate(children(box, "rule"), 1)
    ]
    _share_type(boxes, box, outputs)
    return Table(boxes.owner, shown, boxes.where, policy, box.get("aggregation", "").upper(), inputs, outputs, rules)


def _input(boxes: Boxes, column: Element, reading: Reading) -> Input:
    expression = child(column, "inputExpression")
    text = text_of(child(expression, "text"))
    label = column.get("label") or " ".join(text.split())
    code = boxes.expression(text, reading)
    values = allowed(text_of(child(column, "inputValues")))
    return Input(label, code, values)


def _output(boxes: Boxes, column: Element, reading: Reading) -> Output:
    kind = boxes.items.resolve(column.get("typeRef"))
    default = text_of(child(child(column, "defaultOutputEntry"), "text"))
    code = boxes.expression(default, reading) if default.strip() else None
    values = declared(text_of(child(column, "outputValues")))
    name = name_of(column) or column.get("label") or ""
    return Output(name, (lambda value: value) if kind is None else (lambda value: convert(value, kind)), code, values)


def _share_type(boxes: Boxes, box: Element, outputs: list[Output]) -> None:
    """Without output values of its own, a single output takes the order of the allowed values of its type."""
    for column, output in zip(children(box, "output"), outputs, strict=True):
        if not output.values:
            output.values = declared(boxes.items.allowed_text(column.get("typeRef") or box.get("typeRef")))


def _rule(boxes: Boxes, row: Element, number: int, reading: Reading, inputs: int, outputs: int) -> Rule:
    cells = [text_of(child(cell, "text")) for cell in children(row, "inputEntry")]
    results = [text_of(child(cell, "text")) for cell in children(row, "outputEntry")]
    if len(cells) != inputs or len(results) != outputs:
        raise DmnError(
            f"第 {number} 条规则的单元格数与列数不符",
            f"rule {number} does not have one cell for each column",
            where=boxes.where,
            element=row.get("id") or boxes.owner,
            row=number,
        )
    tests: list[CellTest] = []
    for column, text in enumerate(cells):
        if text.strip() not in ("", "-"):
            tests.append(boxes.test(text, reading, number, column + 1))
    codes: list[Code] = []
    for column, text in enumerate(results, inputs + 1):
        empty = text.strip() in ("", "-")
        codes.append((lambda env: None) if empty else boxes.expression(text, reading, number, column))
    notes = [text_of(note) for note in children(row, "annotationEntry")]
    description = child(row, "description")
    if description is not None and description.text:
        notes.append(description.text)
    annotation = "；".join(note.strip() for note in notes if note.strip())
    return Rule(row.get("id") or f"rule {number}", number, tests, codes, annotation)


def declared(text: str) -> list[Any]:
    """The values a column declares, in their order; those that are no plain values are left out."""
    if not text.strip():
        return []
    try:
        tests = Parser(text, (), BUILT_IN_NAMES, ()).whole_unary_tests().tests
    except FeelError:
        return []
    return [part.operand.value for part in tests if not part.operator and isinstance(part.operand, Literal)]
