"""What the library asks, and who answers: the `Host`, which the door hands in.

The specs of our dialect (`specs.py`) hand every question to the workflow's `script_engine`. That is the `Bridge`: it
finds the element behind the library's task, evaluates what the drawing wrote there, and passes the rest on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from processes.engine.definitions import Compiled, Definitions, element_id
from processes.engine.diagram import Element, is_iso_duration
from processes.engine.errors import EngineError


class Host(Protocol):
    """What the engine asks the door. `local` is the item of a multi-instance task (`{variable: item}`), or empty."""

    def evaluate(self, expression: Compiled, local: Mapping[str, Any]) -> Any: ...
    def arm(self, element: Element, value: Any) -> dict[str, Any]: ...
    def assign(self, target: str, value: Any) -> None: ...
    def decide(self, element: Element, local: Mapping[str, Any]) -> Any: ...
    def operate(self, element: Element, topic: str, inputs: dict[str, Any]) -> None: ...
    def throw(self, element: Element, message: str, payload: dict[str, Any]) -> None: ...
    def passed(self, element: Element) -> None: ...


class Bridge:
    """The workflow's `script_engine`: turns what the library asks into questions to the host."""

    def __init__(self, definitions: Definitions, host: Host) -> None:
        self.definitions = definitions
        self.host = host

    def element(self, task: Any) -> Element:
        element = self.definitions.element(task)
        if element is None:
            raise EngineError(task.task_spec.name, "图中没有该元素。", "The diagram has no such element.")
        return element

    def evaluate(self, task: Any, text: str, external_context: Any = None) -> Any:
        """Asked by gateways and loops, and by ourselves."""
        try:
            return self.host.evaluate(self.definitions.expressions[text], task.data)
        except EngineError:
            raise
        except Exception as error:
            raise EngineError(element_id(task), f"表达式“{text}”出错：{error}", f'"{text}" failed: {error}') from error

    def arm(self, task: Any) -> dict[str, Any]:
        element = self.element(task)
        text = element.timer or ""
        value = text if is_iso_duration(text) else self.evaluate(task, text)
        return self.host.arm(element, value)

    def run_script(self, task: Any) -> None:
        element = self.element(task)
        self.host.assign(element.result or "", self.evaluate(task, element.script or ""))

    def decide(self, task: Any) -> None:
        element = self.element(task)
        self.host.assign(element.result or "", self.host.decide(element, task.data))

    def operate(self, task: Any) -> None:
        element = self.element(task)
        self.host.operate(element, element.topic or "", self._inputs(task, element))

    def throw(self, task: Any, message: str) -> None:
        element = self.element(task)
        self.host.throw(element, message, self._inputs(task, element))

    def _inputs(self, task: Any, element: Element) -> dict[str, Any]:
        return {name: self.evaluate(task, text) for name, text in element.inputs if text}
