"""The ledger of a side process, as a pack asks for it: one line per instance, the columns that the pack names.

```toml
[ledger]
process = "supervision"
title = "督办台账"
[ledger.columns]
ledger_no = "台账编号"
```

A column is a variable of the instance (`"supervision.listed"` reaches into one), or an element of the process: a timer
shows when it was due, a user task when it was last done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from processes.engine.diagram import Process
from processes.pack import Problem
from processes.regulation import Regulation

VARIABLE, DUE, DONE = "variable", "due", "done"


@dataclass(frozen=True, slots=True)
class Column:
    """`name`: a variable or an element; `kind`: variable, due or done."""

    name: str
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """Lines are the instances of `process`."""

    process: Process
    title: str
    columns: tuple[Column, ...]


def ledger_of(regulation: Regulation) -> Ledger | None:
    """The ledger that the regulation keeps, if it keeps one."""
    said = regulation.pack.settings.get("ledger")
    if not isinstance(said, Mapping) or check_ledger(regulation):
        return None
    process = regulation.definitions.processes[said["process"]]
    columns = tuple(Column(name, label, _kind(process, name)) for name, label in said.get("columns", {}).items())
    return Ledger(process, str(said.get("title") or process.name), columns)


def value_of(column: Column, variables: Mapping[str, Any]) -> Any:
    """The value of a variable column; None where there is none."""
    value: Any = variables
    for part in column.name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def check_ledger(regulation: Regulation) -> list[Problem]:
    """What is wrong with the section `[ledger]`."""
    said = regulation.pack.settings.get("ledger")
    return [] if said is None else list(_wrong(said, regulation))


def _wrong(said: object, regulation: Regulation) -> Iterator[Problem]:
    if not isinstance(said, Mapping):
        yield _problem("ledger", "应为表 [ledger]。", "should be a table [ledger].")
        return
    if said.get("process") not in regulation.definitions.processes:
        yield _problem(
            "ledger.process", f"没有流程“{said.get('process')}”。", f"There is no process {said.get('process')!r}."
        )
    columns = said.get("columns", {})
    if not isinstance(columns, Mapping) or not all(isinstance(label, str) for label in columns.values()):
        yield _problem("ledger.columns", '应写作 变量 = "列名"。', 'write variable = "label".')
    if not isinstance(said.get("title", ""), str):
        yield _problem("ledger.title", "应为文字。", "should be text.")


def _kind(process: Process, name: str) -> str:
    element = process.elements.get(name)
    if element is not None and element.event == "timer":
        return DUE
    return DONE if element is not None and element.type == "userTask" else VARIABLE


def _problem(key: str, zh: str, en: str) -> Problem:
    return Problem("error", "setting", "pack.toml", key, zh, en)
