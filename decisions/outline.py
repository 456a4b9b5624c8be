"""A decision table as it is written: columns and cells as texts, for people to read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from .model import Decision
from .xml import Element, child, children, name_of, text_of


@dataclass(frozen=True, slots=True)
class Column:
    """`text`: the input's expression; empty for outputs. `name`: the output's name; empty for inputs."""

    label: str
    text: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class OutlinedRule:
    """One rule: cell texts of inputs and outputs, and what its author noted."""

    id: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    annotation: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A whole table."""

    id: str
    name: str
    hit_policy: str
    aggregation: str
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rules: tuple[OutlinedRule, ...]

    def asked(self, rule: str) -> list[Column]:
        """The inputs that a rule (id) asks about: those without `-`; all where the table has no such rule."""
        cells = next((one.inputs for one in self.rules if one.id == rule), None)
        return [
            column
            for number, column in enumerate(self.inputs)
            if cells is None or (number < len(cells) and cells[number] not in ("", "-"))
        ]

    def constants(self, output: str) -> list[str]:
        """The different constant strings that an output column can give, in order."""
        index = next((i for i, column in enumerate(self.outputs) if column.name == output), None)
        found: list[str] = []
        for rule in self.rules if index is not None else ():
            cell = rule.outputs[index or 0].strip()
            if len(cell) > 1 and cell[0] == cell[-1] == '"' and cell[1:-1] not in found:
                found.append(cell[1:-1])
        return found


@lru_cache(maxsize=512)
def outline(decision: Decision) -> Outline | None:
    """The table of a decision, None if its logic is no table. Read once: a decision never changes."""
    box = decision.table
    if box is None:
        return None
    return Outline(
        id=decision.id,
        name=decision.name,
        hit_policy=" ".join((box.get("hitPolicy") or "UNIQUE").upper().split()),
        aggregation=(box.get("aggregation") or "").upper(),
        inputs=tuple(_input(column) for column in children(box, "input")),
        outputs=tuple(_output(column) for column in children(box, "output")),
        rules=tuple(_rule(row) for row in children(box, "rule")),
    )


def _input(column: Element) -> Column:
    expression = child(column, "inputExpression")
    text = text_of(child(expression, "text")).strip()
    kind = (expression.get("typeRef") or "") if expression is not None else ""
    return Column(column.get("label") or text, text, "", kind)


def _output(column: Element) -> Column:
    name = name_of(column) or ""
    return Column(column.get("label") or name, "", name, column.get("typeRef") or "")


def _rule(row: Element) -> OutlinedRule:
    notes = [text_of(note).strip() for note in children(row, "annotationEntry")]
    description = child(row, "description")
    if description is not None and description.text:
        notes.append(description.text.strip())
    return OutlinedRule(
        id=row.get("id") or "",
        inputs=tuple(text_of(child(cell, "text")).strip() for cell in children(row, "inputEntry")),
        outputs=tuple(text_of(child(cell, "text")).strip() for cell in children(row, "outputEntry")),
        annotation="；".join(note for note in notes if note),
    )
