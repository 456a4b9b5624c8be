"""The diagrams of one deployment, compiled: what all its instances share.

Each diagram is read twice: into our own elements, which say what the drawing means to us, and into the library's specs,
which it runs. Every expression of both is compiled here, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from processes.engine.diagram import Element, Process, read_diagram
from processes.engine.specs import expression_texts, parse_specs

CHILD = " [child]"
"""What the library appends to the name of a multi-instance task for each of the many."""


class Compiled(Protocol):
    """A compiled FEEL expression."""

    def evaluate(self, context: Any) -> Any: ...


class Definitions:
    """All diagrams of a deployment, compiled. Shared by every instance and thread; never changed after creation."""

    def __init__(self, files: Mapping[str, bytes], compile_expression: Callable[[str], Compiled]) -> None:
        self.processes: dict[str, Process] = {}
        for name, data in files.items():
            for process in read_diagram(data, where=name):
                self.processes[process.id] = process
        self.specs = parse_specs(files)
        """Process id → what the library runs: its spec, and those of subprocesses by id."""
        self._owners: dict[str, Process] = {}
        self._around: dict[str, Mapping[str, frozenset[str]]] = {}
        self.expressions: dict[str, Compiled] = {}
        for process in self.processes.values():
            self._owners[process.id] = process
            for element in process.elements.values():
                if element.type in ("subProcess", "transaction"):
                    self._owners[element.id] = process
            for _, text in process.expressions():
                self._compile(text, compile_expression)
        for spec, subprocesses in self.specs.values():
            for one in (spec, *subprocesses.values()):
                for _, text in expression_texts(one):
                    self._compile(text, compile_expression)
        self.starters: dict[str, Process] = {
            process.start.message: process for process in self.processes.values() if process.start.message
        }
        """Message name → the process that it starts."""

    def _compile(self, text: str, compile_expression: Callable[[str], Compiled]) -> None:
        if text not in self.expressions:
            self.expressions[text] = compile_expression(text)

    def element(self, task: Any) -> Element | None:
        """The element behind a task of the library, None for what the library adds on its own (joins, splits)."""
        return self._owners[task.workflow.spec.name].elements.get(element_id(task))

    def around(self, process: str) -> Mapping[str, frozenset[str]]:
        """What encloses each element that an instance of this process can be at: its subprocess, or, from a called
        process, the call activities that call it."""
        if process not in self._around:
            found: dict[str, set[str]] = {}
            seen, waiting = {process}, [process]
            while waiting:
                for element in self.processes[waiting.pop()].elements.values():
                    found.setdefault(element.id, set()).add(element.parent)
                    if element.called in self.processes:
                        found.setdefault(element.called, set()).add(element.id)
                        if element.called not in seen:
                            seen.add(element.called)
                            waiting.append(element.called)
            self._around[process] = {inner: frozenset(outer) for inner, outer in found.items()}
        return self._around[process]


def element_id(task: Any) -> str:
    """Id in the diagram of what a task of the library runs."""
    name: str = task.task_spec.name
    return name.removesuffix(CHILD)
