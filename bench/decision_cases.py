"""What the decision engines are measured on: conditions as they stand at gateways, and a table of 50 rules."""

from __future__ import annotations

from typing import Any

from decisions import Decision, read_model

EXPRESSIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "feel_gateway": ('request_type = "consult" and round < 3', {"request_type": "consult", "round": 2}),
    "feel_arithmetic": ("a + b * 2 > 10", {"a": 3, "b": 5}),
    "feel_value_list": ('request_type in ("appeal", "report", "consult")', {"request_type": "consult"}),
    "feel_built_in": ('starts with(number, "2026")', {"number": "20260101-0001"}),
    "feel_quantified": ('some u in units satisfies u = "b"', {"units": ["a", "b"]}),
}
_COLUMNS = {"kind": "string", "days": "number", "x": "string"}


_INPUT = '<input id="i_{0}"><inputExpression id="e_{0}" typeRef="{1}"><text>{0}</text></inputExpression></input>'
_DATA = '<inputData id="d_{0}" name="{0}"><variable id="v_{0}" name="{0}" typeRef="{1}"/></inputData>'
_NEEDS = '<informationRequirement id="n_{0}"><requiredInput href="#d_{0}"/></informationRequirement>'


def table_of_50() -> str:
    """A UNIQUE table of 50 rules over a text, an interval and a column that accepts everything, as every engine takes
    it: with its inputs declared and typed.
    """
    inputs, data, needs = (
        "".join(pattern.format(*column) for column in _COLUMNS.items()) for pattern in (_INPUT, _DATA, _NEEDS)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="bench" name="bench" namespace="urn:bench">
{data}
<decision id="t" name="t"><variable id="v_t" name="t" typeRef="number"/>{needs}
<decisionTable id="dt" hitPolicy="UNIQUE">{inputs}<output id="o" name="v" typeRef="number"/>
{"".join(map(_rule, range(50)))}
</decisionTable></decision></definitions>"""


def _rule(number: int) -> str:
    low = number // 10 * 3
    cells = (f'"k{number % 10}"', f"[{low}..{low + 2}]", "-")
    entries = (f'<inputEntry id="r{number}_{i}"><text>{cell}</text></inputEntry>' for i, cell in enumerate(cells))
    output = f'<outputEntry id="r{number}_o"><text>{number}</text></outputEntry>'
    return f'<rule id="r{number}">{"".join(entries)}{output}</rule>'


TABLES: dict[str, tuple[str, dict[str, Any]]] = {
    "dmn_table_50": (table_of_50(), {"kind": "k9", "days": 14, "x": "any"})
}


def decision(xml: str) -> Decision:
    """The table as ours."""
    return read_model(xml.encode()).decisions["t"]


def for_peers() -> dict[str, Any]:
    """The cases as the peers read them."""
    return {
        "expressions": {name: {"text": text, "context": facts} for name, (text, facts) in EXPRESSIONS.items()},
        "tables": {name: {"xml": xml, "context": facts} for name, (xml, facts) in TABLES.items()},
    }
