"""A DMN model: its decisions, what they require, and how they are evaluated.

`read_model` checks the XML, the references and the absence of cycles; the logic is compiled at the first evaluation
for each set of domain functions and kept.  Evaluating a decision first evaluates the decisions it requires, each
once; plain names that no requirement explains are read from the caller's context.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from .env import Env
from .errors import DmnError
from .expressions import NO_FUNCTIONS, Functions
from .itemtypes import ItemTypes, known_types
from .limits import Work, too_deep
from .program import Node, Program
from .tables import MatchedRule
from .values import adopt
from .xml import Element, child, children, local, name_of, read_root

_INVOCABLE = ("businessKnowledgeModel", "decisionService")
_REQUIREMENTS = ("requiredInput", "requiredDecision", "requiredKnowledge")


class Decided(NamedTuple):
    """The value of a decision, and the rules of its own table that decided; `trace` has those of all tables."""

    value: Any
    rules: tuple[MatchedRule, ...]
    trace: tuple[MatchedRule, ...]


class Decision:
    """One decision of a model, by `id` and `name`."""

    def __init__(self, model: Model, node: Node) -> None:
        self._model, self._node = model, node
        self.id, self.name = node.id, node.name

    @property
    def table(self) -> Element | None:
        """The XML of its decision table, if it is one."""
        return child(self._node.element, "decisionTable")

    def evaluate(
        self, context: Mapping[str, Any], *, functions: Functions = NO_FUNCTIONS, strict: bool = True
    ) -> Decided:
        """Decide over the variables of `context`.

        When `strict`, no match of a single-hit table raises NoRuleMatches, two matches of a UNIQUE table
        SeveralRulesMatch, and a part that is no FEEL DmnError; otherwise these are null.
        """
        work = Work(functions, strict)
        try:
            value = self._model.program(functions).value(self._node, Env(context, None, work))
        except RecursionError:
            raise too_deep() from None
        trace = tuple(work.trace)
        return Decided(value, tuple(rule for rule in trace if rule.table == self.id), trace)


class Service:
    """A decision service: decisions evaluated together over given inputs."""

    def __init__(self, model: Model, node: Node) -> None:
        self._model, self._node = model, node
        self.id, self.name = node.id, node.name

    def evaluate(self, context: Mapping[str, Any], *, functions: Functions = NO_FUNCTIONS, strict: bool = True) -> Any:
        """The output decisions' value, or their values by name, for the inputs named in `context`."""
        work = Work(functions, strict)
        program = self._model.program(functions)
        try:
            function = program.invocable(self._node, Env({}, None, work))
            arguments = [adopt(context.get(name)) for name in function.parameters]
            return function.call(work, arguments)
        except RecursionError:
            raise too_deep() from None


class _ByIdOrName(Mapping[str, Any]):
    """A mapping by id that also answers to names; iteration is over ids."""

    def __init__(self, items: Collection[Any]) -> None:
        self._ids = {item.id: item for item in items}
        self._names = {item.name: item for item in items}

    def __getitem__(self, key: str) -> Any:
        return self._ids[key] if key in self._ids else self._names[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


class Model:
    """One DMN file. `library` maps the namespaces of imported files to their models."""

    def __init__(self, root: Element, where: str, library: Mapping[str, Model]) -> None:
        self.where, self.library = where, library
        self.namespace = root.get("namespace") or ""
        self.name = name_of(root)
        self.imports = {
            name_of(item): item.get("namespace") or ""
            for item in children(root, "import")
            if "DMN" in (item.get("importType") or "")
        }
        self.items = ItemTypes(root)
        self.nodes: dict[str, Node] = {}
        for element in children(root):
            kind = local(element)
            if kind in ("decision", "inputData", *_INVOCABLE):
                self._add(element, kind)
        found = [node for node in self.nodes.values() if node.kind == "decision"]
        self.decisions: Mapping[str, Decision] = _ByIdOrName([Decision(self, node) for node in found])
        services = [node for node in self.nodes.values() if node.kind == "decisionService"]
        self.services: Mapping[str, Service] = _ByIdOrName([Service(self, node) for node in services])
        self._programs: dict[frozenset[str], Program] = {}
        self._check_cycles()

    def _add(self, element: Element, kind: str) -> None:
        identifier = element.get("id") or name_of(element)
        if not identifier or identifier in self.nodes:
            raise DmnError(
                f"元素没有标识或标识重复：{identifier}",
                f"an element has no id, or one used twice: {identifier!r}",
                where=self.where,
                element=identifier,
            )
        variable = child(element, "variable")
        name = name_of(variable) or name_of(element)
        reference = variable.get("typeRef") if variable is not None else None
        self.nodes[identifier] = Node(self, identifier, name, name_of(element), kind, element, reference)

    def requirements(self, node: Node) -> Iterator[tuple[str, Node]]:
        """The elements a node requires: (name of the import they come from or empty, node)."""
        for requirement in children(node.element):
            if not local(requirement).endswith("Requirement"):
                continue
            for kind in _REQUIREMENTS:
                target = child(requirement, kind)
                if target is not None:
                    yield self.referenced(target.get("href") or "", node)

    def referenced(self, href: str, owner: Node) -> tuple[str, Node]:
        """What `#id` or `namespace#id` points to; raises DmnError when there is nothing."""
        namespace, _, identifier = href.rpartition("#")
        if namespace and namespace != self.namespace:
            for name, imported in self.imports.items():
                model = self.library.get(imported)
                if imported == namespace and model is not None and identifier in model.nodes:
                    return name, model.nodes[identifier]
        elif identifier in self.nodes:
            return "", self.nodes[identifier]
        raise DmnError(
            f"“{owner.name}”引用了不存在的元素 {href}",
            f"{owner.name!r} requires {href}, which does not exist",
            where=self.where,
            element=owner.id,
        )

    def known_types(self) -> dict[str, Any]:
        """The types of this file and its imports by name."""
        models = [(name, self.library.get(namespace)) for name, namespace in self.imports.items()]
        return known_types(self.items.types, [(name, model.items.types) for name, model in models if model is not None])

    def program(self, functions: Collection[str]) -> Program:
        """The compiled logic for a set of domain functions."""
        key = frozenset(functions)
        program = self._programs.get(key)
        if program is None:
            program = self._programs[key] = Program(self, key)
        return program

    def _check_cycles(self) -> None:
        done: set[str] = set()
        for start in self.nodes.values():
            path: list[Node] = []
            stack: list[tuple[Node, bool]] = [(start, False)]
            while stack:
                node, leaving = stack.pop()
                if leaving:
                    path.pop()
                    done.add(node.id)
                    continue
                if node.id in done or node.model is not self:
                    continue
                if node in path:
                    raise DmnError(
                        f"决策“{node.name}”直接或间接地需要自身",
                        f"decision {node.name!r} requires itself, directly or through others",
                        where=self.where,
                        element=node.id,
                    )
                path.append(node)
                stack.append((node, True))
                stack += [(required, False) for required in self._local_decisions(node)]

    def _local_decisions(self, node: Node) -> Iterator[Node]:
        """The decisions of this file a node requires; other files may not be read yet."""
        for requirement in children(node.element, "informationRequirement"):
            href = (next(iter(children(requirement)), requirement).get("href") or "").strip()
            if href.startswith("#") or href.startswith(f"{self.namespace}#"):
                yield self.referenced(href, node)[1]


def read_model(data: bytes, *, where: str = "", library: Mapping[str, Model] | None = None) -> Model:
    """Read a DMN 1.1 to 1.5 file.

    `where` names the file in errors; `library` maps namespaces to the models this one imports, and may be filled
    later.  Raises DmnError.
    """
    return Model(read_root(data, where), where, library if library is not None else {})
