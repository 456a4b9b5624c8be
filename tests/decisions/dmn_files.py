"""Small DMN files for the tests of the room."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:test">'


def table(
    inputs: Sequence[tuple[str, str]],
    outputs: Sequence[tuple[str, str]],
    rules: Sequence[Sequence[str]],
    *,
    policy: str = "UNIQUE",
    aggregation: str = "",
    values: dict[str, str] | None = None,
    default: str = "",
) -> bytes:
    """A file with one decision `t`: columns are (name, type), rules are texts of cells, then an annotation if more.

    `values` are declared values by column name.
    """
    values = values or {}
    parts = [HEAD, f'<decision id="t" name="table t"><decisionTable hitPolicy="{policy}"']
    parts.append(f' aggregation="{aggregation}">' if aggregation else ">")
    for name, kind in inputs:
        declared = values.get(name)
        parts.append(f"<input><inputExpression typeRef={quoteattr(kind)}><text>{escape(name)}</text></inputExpression>")
        parts.append(f"<inputValues><text>{escape(declared)}</text></inputValues>" if declared else "")
        parts.append("</input>")
    for name, kind in outputs:
        declared = values.get(name)
        parts.append(f"<output name={quoteattr(name)} typeRef={quoteattr(kind)}>")
        parts.append(f"<outputValues><text>{escape(declared)}</text></outputValues>" if declared else "")
        parts.append(f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else "")
        parts.append("</output>")
    width = len(inputs)
    for number, rule in enumerate(rules, 1):
        parts.append(f'<rule id="r{number}">')
        parts += [f"<inputEntry><text>{escape(text)}</text></inputEntry>" for text in rule[:width]]
        end = width + len(outputs)
        parts += [f"<outputEntry><text>{escape(text)}</text></outputEntry>" for text in rule[width:end]]
        parts += [f"<annotationEntry><text>{escape(text)}</text></annotationEntry>" for text in rule[end:]]
        parts.append("</rule>")
    parts.append("</decisionTable></decision></definitions>")
    return "".join(parts).encode()
