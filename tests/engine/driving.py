"""Driving one instance in tests: `Drive(drawn(...), mode)`, then complete, fire and deliver by the ids of elements.

Two modes: `straight` keeps the instance in memory; `restored` saves it after every step and loads it into definitions
parsed anew, as a process that starts after a crash would.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from decisions import compile_expression
from processes.engine.definitions import Compiled, Definitions
from processes.engine.diagram import Element
from processes.engine.run import Opened, Outcome, Run

MODES = ("straight", "restored")


def _fails(*_: Any) -> Any:
    raise ArithmeticError("this function always fails")


FUNCTIONS: dict[str, Any] = {"working_days": lambda n: {"limit": f"{n}wd"}, "fails": _fails}


def definitions(*files: bytes) -> Definitions:
    named = {f"file_{number}.bpmn": data for number, data in enumerate(files)}
    return Definitions(named, lambda text: compile_expression(text, functions=FUNCTIONS))


class Drive:
    """An instance with its host. `variables` is what expressions read; `path` the elements run, in order."""

    def __init__(self, *files: bytes, mode: str, process: str = "main", **variables: Any) -> None:
        self.files, self.mode, self.process = files, mode, process
        self.variables: dict[str, Any] = variables
        self.tables: dict[str, Any] = {}
        self.path: list[str] = []
        self.thrown: list[tuple[str, dict[str, Any]]] = []
        self.operations: list[tuple[str, dict[str, Any]]] = []
        self.run: Run = Run.start(definitions(*files), process, self)
        self._saved()

    # -- moves by element -------------------------------------------------------------------------------------------

    def complete(self, element: str, number: int = 0, **answers: Any) -> None:
        """A person finishes the task at the element (the `number`th of them)."""
        self.variables |= answers
        self.run.complete(self.waiting(element)[number].task)
        self._saved()

    def fire(self, element: str) -> bool:
        task = next(one.task for one in self.outcome.armed if one.element.id == element)
        fired = self.run.fire(task)
        self._saved()
        return fired

    def deliver(self, message: str) -> None:
        self.run.deliver(message)
        self._saved()

    # -- what stands --------------------------------------------------------------------------------------------------

    @property
    def outcome(self) -> Outcome:
        return self.run.outcome()

    @property
    def open(self) -> list[str]:
        """Elements of the open tasks, sorted."""
        return sorted(one.element.id for one in self.outcome.opened)

    @property
    def armed(self) -> list[str]:
        return sorted(one.element.id for one in self.outcome.armed)

    @property
    def ended(self) -> bool:
        return self.outcome.ended

    def waiting(self, element: str) -> list[Opened]:
        return [one for one in self.outcome.opened if one.element.id == element]

    # -- the host -----------------------------------------------------------------------------------------------------

    def evaluate(self, expression: Compiled, local: Mapping[str, Any]) -> Any:
        return expression.evaluate({**self.variables, **local})

    def arm(self, element: Element, value: Any) -> dict[str, Any]:
        return dict(value) if isinstance(value, Mapping) else {"limit": str(value)}

    def assign(self, target: str, value: Any) -> None:
        self.variables[target] = value

    def decide(self, element: Element, local: Mapping[str, Any]) -> Any:
        return self.tables[element.decision or ""]

    def operate(self, element: Element, topic: str, inputs: dict[str, Any]) -> None:
        self.operations.append((topic, inputs))

    def throw(self, element: Element, message: str, payload: dict[str, Any]) -> None:
        self.thrown.append((message, payload))

    def passed(self, element: Element) -> None:
        self.path.append(element.id)

    def _saved(self) -> None:
        if self.mode == "restored":
            self.run = Run.resume(definitions(*self.files), self.process, self.run.state(), self)
