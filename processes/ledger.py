"""The ledger of a side process, as a pack asks for it: one line per instance, the columns that the pack names.

```toml
[ledger]
process = "supervision"
title = "督办台账"
[ledger.columns]
ledger_no = "台账编号"
key_reason = { label = "缘由", question = "trigger" }
```

A column is a variable of the instance (`"supervision.listed"` reaches into one), or an element of the process: a timer
shows when it was due, a user task when it was last done. The words of a value are those of the question that asks it;
a variable that is not called like its question names it. `closed` says what an ended instance is called.
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
    """`name`: a variable or an element; `kind`: variable, due or done; `question`: the key that asks the variable."""

    name: str
    label: str
    kind: str
    question: str

    @property
    def is_person(self) -> bool:
        """Its values are logins."""
        return self.kind == VARIABLE and self.name.endswith("_by")


@dataclass(frozen=True, slots=True)
class Ledger:
    """Lines are the instances of `process`. `closed`: what an ended one is called, if not 销账."""

    process: Process
    title: str
    closed: str | None
    columns: tuple[Column, ...]


def ledger_of(regulation: Regulation) -> Ledger | None:
    """The ledger that the regulation keeps, if it keeps one."""
    said = regulation.pack.settings.get("ledger")
    if not isinstance(said, Mapping) or check_ledger(regulation):
        return None
    process = regulation.definitions.processes[said["process"]]
    columns = tuple(_column(process, name, one) for name, one in said.get("columns", {}).items())
    return Ledger(process, str(said.get("title") or process.name), said.get("closed"), columns)


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
    if not isinstance(columns, Mapping) or not all(map(_is_column, columns.values())):
        yield _problem(
            "ledger.columns",
            '应写作 变量 = "列名"，或 变量 = { label = "列名", question = "表单题目" }。',
            'write variable = "label", or variable = { label = "label", question = "key of a form" }.',
        )
    for key in ("title", "closed"):
        if not isinstance(said.get(key, ""), str):
            yield _problem(f"ledger.{key}", "应为文字。", "should be text.")


def _is_column(said: object) -> bool:
    if isinstance(said, Mapping):
        return said.keys() == {"label", "question"} and all(isinstance(one, str) for one in said.values())
    return isinstance(said, str)


def _column(process: Process, name: str, said: str | Mapping[str, str]) -> Column:
    kind = _kind(process, name)
    if isinstance(said, str):
        # Where a drawing takes a value from a table (`supervision.form`), the form that asks it knows its words.
        return Column(name, said, kind, name.rpartition(".")[2])
    return Column(name, said["label"], kind, said["question"])


def _kind(process: Process, name: str) -> str:
    element = process.elements.get(name)
    if element is not None and element.event == "timer":
        return DUE
    return DONE if element is not None and element.type == "userTask" else VARIABLE


def _problem(key: str, zh: str, en: str) -> Problem:
    return Problem("error", "setting", "pack.toml", key, zh, en)
