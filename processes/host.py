"""What the engine asks while an instance runs, answered by the command in progress (`engine.bridge.Host`).

Expressions see the instance's names over the order's; scripts and tables assign to the instance, or to the order with
`order.x`; operations are those of the platform; messages wait until the move is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from decisions import to_plain
from processes import due_times
from processes.engine.diagram import Element
from processes.engine.errors import EngineError
from processes.operations import OPERATIONS
from processes.order import Instance

if TYPE_CHECKING:
    from processes.command import Command


class InstanceHost:
    """Answers the engine for one instance (engine.bridge.Host)."""

    def __init__(self, command: Command, instance: Instance) -> None:
        self.command = command
        self.instance = instance

    def evaluate(self, expression: Any, local: Mapping[str, Any]) -> Any:
        return self.command.evaluate(expression, self.instance, local)

    def arm(self, element: Element, value: Any) -> dict[str, Any]:
        return due_times.rule_of(self, element, value)

    def assign(self, target: str, value: Any) -> None:
        name, plain = target.removeprefix("order."), to_plain(value)
        facts = self.command.order.facts if target.startswith("order.") else self.instance.vars
        facts[name] = plain
        self.command.note("set", [{name: plain}])

    def decide(self, element: Element, local: Mapping[str, Any]) -> Any:
        value = self.command.decide(element.decision or "", self.instance, local)
        if element.map_result == "singleEntry" and isinstance(value, Mapping):
            return next(iter(value.values()), None)
        if element.map_result == "collectEntries":
            rows = value if isinstance(value, list) else [] if value is None else [value]
            return [next(iter(row.values()), None) if isinstance(row, Mapping) else row for row in rows]
        return value

    def operate(self, element: Element, topic: str, inputs: dict[str, Any]) -> None:
        operation = OPERATIONS.get(topic)
        if operation is None:
            raise EngineError(element.id, f"平台没有“{topic}”操作。", f"The platform has no operation {topic!r}.")
        operation(self.command, self.instance, element, inputs)

    def throw(self, element: Element, message: str, payload: dict[str, Any]) -> None:
        self.command.note("sent", [message])
        self.command.send(message, to_plain(payload), self.command.actor.user)

    def passed(self, element: Element) -> None:
        if element.status:
            self.instance.status = element.status
        self.command.note("path", [element.id])
