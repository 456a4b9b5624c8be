"""The compiled logic of a model: one unit per decision, knowledge model and service.

A unit is compiled when first needed.  Its names are those of its requirements, which stand in a frame over the
caller's context; without requirements it reads the context directly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .boxed import Boxes
from .env import Code, Env
from .errors import DmnError
from .expressions import Reading
from .types import ANY, convert
from .values import Function, adopt
from .xml import Element, child, children

if TYPE_CHECKING:
    from .errors import FeelError
    from .model import Model


@dataclass(slots=True, eq=False)
class Node:
    """An element of the requirements graph: its id, the name of its variable, its own name, its kind and type."""

    model: Model
    id: str
    name: str
    title: str
    kind: str
    element: Element
    type_reference: str | None


@dataclass(slots=True)
class Unit:
    """A compiled node: its requirements as (import name, node) and its code, which runs over their frame."""

    requirements: list[tuple[str, Node]]
    code: Code
    broken: list[tuple[str, int, int, FeelError]] = field(default_factory=list)
    free: list[tuple[int, int, str]] = field(default_factory=list)
    fields_read: list[tuple[int, int, str, str]] = field(default_factory=list)


class Program:
    """The logic of one model for one set of names of domain functions."""

    def __init__(self, model: Model, functions: frozenset[str]) -> None:
        self.model, self.functions = model, functions
        self._units: dict[str, Unit] = {}

    def unit(self, node: Node) -> Unit:
        """The compiled node of this model."""
        unit = self._units.get(node.id)
        if unit is None:
            unit = self._units[node.id] = self._compile(node)
        return unit

    def _compile(self, node: Node) -> Unit:
        requirements = list(self.model.requirements(node))
        names = {prefix or required.name for prefix, required in requirements}
        if node.kind == "businessKnowledgeModel":
            names.add(node.name)
        fields = set(self.model.items.fields)
        for prefix, required in requirements:
            fields |= required.model.items.fields
            if prefix:
                fields.add(required.name)
        reading = Reading(self.functions, names, fields, self.model.known_types(), 1 if names else 0)
        boxes = Boxes(self.model.where, self.model.items)
        boxes.owner = node.id
        if node.kind == "businessKnowledgeModel":
            logic = child(node.element, "encapsulatedLogic")
            code = None if logic is None else boxes.knowledge(logic, reading, node.name)
        else:
            code = boxes.logic(node.element, reading, node.title)
            code = None if code is None else boxes.typed(code, node.type_reference)
        return Unit(requirements, code or (lambda env: None), boxes.broken, boxes.free, boxes.fields_read)

    def value(self, node: Node, base: Env, ready: dict[str, Any] | None = None) -> Any:
        """The value of a decision over the caller's variables; `ready` holds what is already known by node."""
        if node.model is not self.model:
            return node.model.program(self.functions).value(node, base, ready)
        unit = self.unit(node)
        if not unit.requirements:
            return unit.code(base)
        return unit.code(base.inner(self._required(unit.requirements, base, {} if ready is None else ready)))

    def _required(self, requirements: list[tuple[str, Node]], base: Env, ready: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for prefix, node in requirements:
            key = f"{node.model.namespace}#{node.id}"
            if key not in ready:
                ready[key] = self._one(node, base, ready)
            if prefix:
                found.setdefault(prefix, {})[node.name] = ready[key]
            else:
                found[node.name] = ready[key]
        return found

    def _one(self, node: Node, base: Env, ready: dict[str, Any]) -> Any:
        if node.kind == "inputData":
            return self._input(node, base)
        if node.kind == "decision":
            return self.value(node, base, ready)
        return self.invocable(node, base)

    def _input(self, node: Node, base: Env) -> Any:
        value = adopt(base.names.get(node.name))
        kind = node.model.items.resolve(node.type_reference)
        if value is None or kind is None or kind is ANY:
            return value
        converted = convert(value, kind)
        if converted is None and base.work.strict:
            raise DmnError(
                f"输入“{node.name}”的值 {value} 不符合类型 {node.type_reference}",
                f"the value {value} of input {node.name!r} is no {node.type_reference}",
                where=node.model.where,
                element=node.id,
            )
        return converted

    def invocable(self, node: Node, base: Env) -> Function:
        """The function value of a knowledge model or a decision service."""
        if node.model is not self.model:
            return node.model.program(self.functions).invocable(node, base)
        if node.kind == "decisionService":
            return self._service(node, base)
        unit = self.unit(node)
        frame: dict[str, Any] = {}
        # a knowledge model sees its parameters and what it requires, not the caller's variables
        env = Env(frame, None, base.work)
        frame.update(self._required(unit.requirements, base, {}))
        function = unit.code(env)
        if isinstance(function, Function):
            frame[node.name] = function
            return function
        return Function(node.name, (), lambda work, arguments: None)

    def _service(self, node: Node, base: Env) -> Function:
        model = self.model

        def targets(tag: str) -> list[Node]:
            return [model.referenced(item.get("href") or "", node)[1] for item in children(node.element, tag)]

        inputs = [*targets("inputData"), *targets("inputDecision")]
        outputs = targets("outputDecision")
        finish = self._converter(node)

        def call(work: Any, arguments: list[Any]) -> Any:
            if len(arguments) != len(inputs):
                return None
            work.enter(1)
            given: dict[str, Any] = {}
            ready: dict[str, Any] = {}
            for item, argument in zip(inputs, arguments, strict=True):
                value = convert(argument, item.model.items.resolve(item.type_reference) or ANY)
                given[item.name] = value
                ready[f"{item.model.namespace}#{item.id}"] = value
            env = Env(given, None, work)
            values = {output.name: self.value(output, env, ready) for output in outputs}
            work.depth -= 1
            return finish(next(iter(values.values())) if len(values) == 1 else values)

        return Function(node.name, tuple(item.name for item in inputs), call)

    def _converter(self, node: Node) -> Callable[[Any], Any]:
        kind = self.model.items.resolve(node.type_reference)
        result = kind.result if kind is not None and kind.kind == "function" and kind.result else kind
        if result is None or result is ANY:
            return lambda value: value
        wanted = result
        return lambda value: convert(value, wanted)

    def broken(self) -> list[tuple[str, int, int, FeelError]]:
        """Every text of the model that could not be compiled: (node id, row, column, error)."""
        found: list[tuple[str, int, int, FeelError]] = []
        for node in self.model.nodes.values():
            if node.kind in ("decision", "businessKnowledgeModel"):
                found += self.unit(node).broken
        return found
