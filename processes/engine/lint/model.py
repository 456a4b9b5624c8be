"""The diagram as the lint sees it: nodes and flows of each scope, however wrong they may be.

Unlike `processes/engine/diagram.py`, which reads diagrams that are fit to run, this reads what is there:
processes that are not executable, flows that lead nowhere, elements nobody supports. A *scope* is a process
or a subprocess; a flow belongs to one scope and may join nodes of that scope only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from processes.engine.lint.problem import Known

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
BPMNDI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"

SUBPROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
TASKS = frozenset(
    {
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "scriptTask",
        "businessRuleTask",
        "sendTask",
        "receiveTask",
    }
)
ACTIVITIES = TASKS | SUBPROCESSES | {"callActivity"}
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"})
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
NODES = ACTIVITIES | GATEWAYS | EVENTS


@dataclass(slots=True, eq=False)
class Flow:
    """A sequence flow. `source` and `target` are None where the reference leads nowhere in its scope."""

    xml: etree._Element
    id: str
    name: str
    condition: str | None
    source: Node | None = None
    target: Node | None = None


@dataclass(slots=True, eq=False)
class Node:
    """A flow node: `tag` is its BPMN tag, `kinds` the kinds of its event definitions (`timer`, `message`
    …)."""

    xml: etree._Element
    id: str
    name: str
    tag: str
    scope: Scope
    definitions: tuple[tuple[str, etree._Element], ...]
    incoming: list[Flow] = field(default_factory=list)
    outgoing: list[Flow] = field(default_factory=list)
    boundaries: list[Node] = field(default_factory=list)
    host: Node | None = None
    """The activity that a boundary event sits on."""

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(kind for kind, _ in self.definitions)

    @property
    def interrupting(self) -> bool:
        return self.xml.get("cancelActivity", "true") != "false"

    @property
    def exits(self) -> list[Flow]:
        """The flows over which a token may leave: its own and those of its boundary events."""
        return [*self.outgoing, *(flow for event in self.boundaries for flow in event.outgoing)]

    def camunda(self, attribute: str) -> str | None:
        """A `camunda:` attribute, or None if it is missing or blank."""
        return (self.xml.get(f"{CAMUNDA}{attribute}") or "").strip() or None

    def properties(self) -> list[tuple[str, str]]:
        """Name and value of every `camunda:property`."""
        path = f"{BPMN}extensionElements/{CAMUNDA}properties/{CAMUNDA}property"
        return [(prop.get("name") or "", (prop.get("value") or "").strip()) for prop in self.xml.iterfind(path)]

    def inputs(self) -> list[tuple[str, etree._Element]]:
        """Name and XML of every `camunda:inputParameter` of the node or of its event definition."""
        path = f"{BPMN}extensionElements/{CAMUNDA}inputOutput/{CAMUNDA}inputParameter"
        places = [self.xml, *(definition for _, definition in self.definitions)]
        return [(given.get("name") or "", given) for place in places for given in place.iterfind(path)]


@dataclass(slots=True, eq=False)
class Scope:
    """A process or a subprocess with what lies directly in it."""

    xml: etree._Element
    id: str
    name: str
    nodes: list[Node] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    scopes: list[Scope] = field(default_factory=list)

    @property
    def is_process(self) -> bool:
        return self.xml.tag == f"{BPMN}process"

    def tagged(self, *tags: str) -> list[Node]:
        return [node for node in self.nodes if node.tag in tags]


@dataclass(slots=True, eq=False)
class Diagram:
    """One file, with what rules need to judge it. `compile_expression` raises what is wrong with a FEEL
    text."""

    where: str
    root: etree._Element
    compile_expression: Callable[..., Any] | None
    known: Known
    scopes: list[Scope] = field(default_factory=list)
    definitions: dict[tuple[str, str], etree._Element] = field(default_factory=dict)
    """The `message`, `error` and `escalation` elements beside the processes, by tag and id."""

    @property
    def processes(self) -> list[Scope]:
        return [scope for scope in self.scopes if scope.is_process]

    @property
    def nodes(self) -> Iterator[Node]:
        return (node for scope in self.scopes for node in scope.nodes)

    @property
    def flows(self) -> Iterator[Flow]:
        return (flow for scope in self.scopes for flow in scope.flows)

    def tagged(self, *tags: str) -> Iterator[Node]:
        return (node for node in self.nodes if node.tag in tags)

    def definition(self, tag: str, reference: str | None) -> etree._Element | None:
        """The `message`, `error` or `escalation` of the file with that id."""
        return self.definitions.get((tag, reference or ""))

    def message_of(self, node: Node) -> str | None:
        """Name of the message that the node sends or waits for, or None if it names none."""
        references = [xml.get("messageRef") for kind, xml in node.definitions if kind == "message"]
        reference = references[0] if references else node.xml.get("messageRef")
        message = self.definition("message", reference) if reference else None
        return ((message.get("name") or "").strip() or None) if message is not None else None


def read_model(
    root: etree._Element, where: str, compile_expression: Callable[..., Any] | None, known: Known
) -> Diagram:
    """The diagram below a `bpmn:definitions` element."""
    diagram = Diagram(where, root, compile_expression, known)
    for tag in ("message", "error", "escalation"):
        for item in root.iterfind(f"{BPMN}{tag}"):
            diagram.definitions[tag, item.get("id") or ""] = item
    for process in root.iterfind(f"{BPMN}process"):
        _read_scope(process, diagram)
    return diagram


def local_name(xml: etree._Element) -> str:
    """The tag without its namespace ("" for comments and processing instructions)."""
    return xml.tag.rpartition("}")[2] if isinstance(xml.tag, str) else ""


def _read_scope(xml: etree._Element, diagram: Diagram) -> Scope:
    scope = Scope(xml, xml.get("id") or "", _label(xml))
    diagram.scopes.append(scope)
    for child in xml:
        if not isinstance(child.tag, str) or not child.tag.startswith(BPMN):
            continue
        tag = local_name(child)
        if tag in NODES:
            scope.nodes.append(
                Node(child, child.get("id") or "", _label(child), tag, scope, tuple(_definitions(child)))
            )
        elif tag == "sequenceFlow":
            condition = child.find(f"{BPMN}conditionExpression")
            text = (condition.text or "").strip() if condition is not None else None
            scope.flows.append(Flow(child, child.get("id") or "", _label(child), text))
        if tag in SUBPROCESSES:
            scope.scopes.append(_read_scope(child, diagram))
    _connect(scope)
    return scope


def _connect(scope: Scope) -> None:
    by_id = {node.id: node for node in scope.nodes}
    for flow in scope.flows:
        flow.source = by_id.get(flow.xml.get("sourceRef") or "")
        flow.target = by_id.get(flow.xml.get("targetRef") or "")
        if flow.source and flow.target:
            flow.source.outgoing.append(flow)
            flow.target.incoming.append(flow)
    for node in scope.tagged("boundaryEvent"):
        node.host = by_id.get(node.xml.get("attachedToRef") or "")
        if node.host:
            node.host.boundaries.append(node)


def _definitions(xml: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    for child in xml:
        name = local_name(child)
        if name.endswith("EventDefinition"):
            yield name.removesuffix("EventDefinition"), child


def _label(xml: etree._Element) -> str:
    return " ".join((xml.get("name") or "").split())
