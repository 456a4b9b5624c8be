"""What a hit policy makes of the outputs of the rules that matched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import values
from .builtins.statistics import maximum, minimum, total

if TYPE_CHECKING:
    from .tables import Table

Result = dict[str, Any]


def single(table: Table, result: Result) -> Any:
    """One rule's result: the value of the only output, or all outputs by name."""
    if len(table.outputs) == 1:
        return result[table.outputs[0].name]
    return result


def differ(one: Result, other: Result) -> bool:
    """Whether two rules of an ANY table disagree."""
    return values.equal(one, other) is not True


def combined(table: Table, results: list[Result]) -> Any:
    """The result of the table for the rules that matched, in the order of the rules."""
    if table.policy in ("UNIQUE", "ANY", "FIRST"):
        return single(table, results[0])
    if table.policy == "PRIORITY":
        return single(table, by_priority(table, results)[0])
    if table.policy == "OUTPUT ORDER":
        return [single(table, result) for result in by_priority(table, results)]
    if table.policy == "COLLECT" and table.aggregation:
        return aggregated(table, results)
    return [single(table, result) for result in results]


def by_priority(table: Table, results: list[Result]) -> list[Result]:
    """Sorted by the declared output values, the first column first; undeclared values come last."""

    def rank(result: Result) -> tuple[int, ...]:
        return tuple(
            next(
                (
                    number
                    for number, value in enumerate(output.values)
                    if values.equal(value, result[output.name]) is True
                ),
                len(output.values),
            )
            for output in table.outputs
        )

    return sorted(results, key=rank)


def aggregated(table: Table, results: list[Result]) -> Any:
    """COLLECT with SUM, MIN, MAX or COUNT, column by column."""
    found: Result = {}
    for output in table.outputs:
        column = [result[output.name] for result in results]
        if table.aggregation == "COUNT":
            found[output.name] = len(column)
        else:
            found[output.name] = {"SUM": total, "MIN": minimum, "MAX": maximum}[table.aggregation](column)
    return single(table, found)
