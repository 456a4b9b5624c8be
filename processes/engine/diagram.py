"""What a diagram says, read once: processes, elements, lanes, properties, timers, messages.

`read_diagram` turns one `.bpmn` file into plain data classes. The executable specs of SpiffWorkflow (`specs.py`), the
lists in the app (roles, forms, timers) and the trace (names of elements) all take what they need from here, so that
nobody but the engine room ever reads XML. The dialect is described in `docs/architecture.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from processes.engine.xml import read_xml

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"

EVENT_DEFINITIONS = {
    f"{BPMN}{kind}EventDefinition": kind
    for kind in (
        "timer",
        "message",
        "signal",
        "error",
        "escalation",
        "terminate",
        "conditional",
        "cancel",
        "compensate",
        "link",
    )
}


@dataclass(frozen=True, slots=True)
class Element:
    """One flow node. `type` is the BPMN tag (`userTask`), `event` the kind of its event definition."""

    id: str
    type: str
    name: str
    process: str
    parent: str
    """Id of the enclosing process or subprocess."""
    lane: str | None = None
    documentation: str = ""
    event: str | None = None
    attached_to: str | None = None
    interrupting: bool = True
    timer: str | None = None
    """Text of the timer's expression."""
    message: str | None = None
    script: str | None = None
    topic: str | None = None
    decision: str | None = None
    map_result: str = "singleResult"
    result: str | None = None
    """Where a script or business rule task puts its value."""
    form: str | None = None
    roles: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    assignee: str | None = None
    due: str | None = None
    called: str | None = None
    collection: str | None = None
    item: str | None = None
    inputs: tuple[tuple[str, str], ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Every `camunda:` attribute as written, so that nothing an editor sets is lost."""

    @property
    def counts_down(self) -> bool:
        """True for a timer that is armed inside an instance (a start timer begins one, at its interval)."""
        return self.event == "timer" and self.type != "startEvent"

    @property
    def status(self) -> str | None:
        return self.properties.get("status")

    @property
    def not_by(self) -> tuple[str, ...]:
        return _words(self.properties.get("not_by"))


@dataclass(frozen=True, slots=True)
class Process:
    """One executable process with its elements (those of its subprocesses included, in document order)."""

    id: str
    name: str
    file: str
    documentation: str
    starters: tuple[str, ...]
    """Roles that may start it (`camunda:candidateStarterGroups`)."""
    elements: Mapping[str, Element]
    conditions: Mapping[str, str]
    """Sequence flow id → condition text."""
    flow_names: Mapping[str, str]

    @property
    def start(self) -> Element:
        """The start event of the process itself (the lint guarantees exactly one)."""
        return next(e for e in self.elements.values() if e.type == "startEvent" and e.parent == self.id)

    def expressions(self) -> Iterator[tuple[str, str]]:
        """(element or flow id, FEEL text) of everything that is evaluated."""
        yield from self.conditions.items()
        for element in self.elements.values():
            properties = element.properties
            texts = (
                element.timer if element.counts_down and not is_iso_duration(element.timer or "") else None,
                element.script,
                element.assignee if is_expression(element.assignee) else None,
                element.due,
                element.collection,
                properties.get("unit"),
                properties.get("when"),
                properties.get("anchor"),
                *(text for _, text in element.inputs),
            )
            for text in texts:
                if text:
                    yield element.id, text


def read_diagram(data: bytes, *, where: str) -> list[Process]:
    """The executable processes of one file. Raises `XmlRefused` naming file and line for unsafe or broken XML."""
    root = read_xml(data, where=where)
    messages = {_get(m, "id"): _get(m, "name") or _get(m, "id") for m in root.iter(f"{BPMN}message")}
    lanes = {
        _text(ref): _get(lane, "name")
        for lane in root.iter(f"{BPMN}lane")
        for ref in lane.iterfind(f"{BPMN}flowNodeRef")
    }
    return [
        _process(node, where, messages, lanes)
        for node in root.iter(f"{BPMN}process")
        if node.get("isExecutable", "false") == "true"
    ]


def is_iso_duration(text: str) -> bool:
    """True for a bare ISO 8601 duration such as PT30M, P5D, P3Y."""
    text = text.strip()
    return text.startswith("P") and len(text) > 2 and text[1:].replace("T", "")[:1].isdigit()


def is_expression(text: str | None) -> bool:
    """True if the text is an expression (`=…` or `${…}`) and not a literal id."""
    return bool(text) and (text or "").strip().startswith(("=", "${"))


def _process(node: etree._Element, where: str, messages: dict[str, str], lanes: dict[str, str]) -> Process:
    process_id = node.get("id") or ""
    elements: dict[str, Element] = {}
    conditions: dict[str, str] = {}
    names: dict[str, str] = {}
    for child in node.iter():
        if not isinstance(child.tag, str) or not child.tag.startswith(BPMN) or not child.get("id"):
            continue
        tag = child.tag[len(BPMN) :]
        if tag == "sequenceFlow":
            names[_get(child, "id")] = _get(child, "name")
            condition = child.find(f"{BPMN}conditionExpression")
            if condition is not None and condition.text:
                conditions[_get(child, "id")] = condition.text.strip()
        elif tag.endswith(("Task", "Event", "Gateway")) or tag in ("task", "subProcess", "callActivity"):
            element = _element(child, tag, process_id, messages, lanes)
            elements[element.id] = element
    return Process(
        id=process_id,
        name=node.get("name") or process_id,
        file=where,
        documentation=_text(node.find(f"{BPMN}documentation")),
        starters=_words(node.get(f"{CAMUNDA}candidateStarterGroups")),
        elements=elements,
        conditions=conditions,
        flow_names=names,
    )


def _element(node: etree._Element, tag: str, process: str, messages: dict[str, str], lanes: dict[str, str]) -> Element:
    attributes = {
        str(key)[len(CAMUNDA) :]: str(value) for key, value in node.attrib.items() if str(key).startswith(CAMUNDA)
    }
    definition = next((child for child in node if child.tag in EVENT_DEFINITIONS), None)
    loop = node.find(f"{BPMN}multiInstanceLoopCharacteristics")
    message_ref = definition.get("messageRef") if definition is not None else node.get("messageRef")
    parent = node.getparent()
    script = node.find(f"{BPMN}script")
    return Element(
        id=_get(node, "id"),
        type=tag,
        name=(node.get("name") or "").replace("\n", ""),
        process=process,
        parent=_get(parent, "id") if parent is not None else process,
        lane=_lane(node, lanes),
        documentation=_text(node.find(f"{BPMN}documentation")),
        event=EVENT_DEFINITIONS[definition.tag] if definition is not None else None,
        attached_to=node.get("attachedToRef"),
        interrupting=node.get("cancelActivity", "true") == "true",
        timer=_timer(definition),
        message=messages.get(message_ref) if message_ref else None,
        script=_text(script) if script is not None else None,
        topic=attributes.get("topic"),
        decision=attributes.get("decisionRef"),
        map_result=attributes.get("mapDecisionResult", "singleResult"),
        result=attributes.get("resultVariable"),
        form=attributes.get("formRef") or attributes.get("formKey"),
        roles=_words(attributes.get("candidateGroups")),
        users=_words(attributes.get("candidateUsers")),
        assignee=attributes.get("assignee"),
        due=attributes.get("dueDate"),
        called=node.get("calledElement"),
        collection=loop.get(f"{CAMUNDA}collection") if loop is not None else None,
        item=loop.get(f"{CAMUNDA}elementVariable") if loop is not None else None,
        inputs=tuple(
            (_get(parameter, "name"), _text(parameter))
            for parameter in node.iterfind(f".//{CAMUNDA}inputOutput/{CAMUNDA}inputParameter")
        ),
        properties={
            _get(prop, "name"): _get(prop, "value")
            for prop in node.iterfind(f"{BPMN}extensionElements/{CAMUNDA}properties/{CAMUNDA}property")
        },
        attributes=attributes,
    )


def _lane(node: etree._Element | None, lanes: dict[str, str]) -> str | None:
    """The lane of the node, or of the subprocess around it."""
    while node is not None:
        lane = lanes.get(node.get("id") or "")
        if lane is not None:
            return lane
        node = node.getparent()
    return None


def _timer(definition: etree._Element | None) -> str | None:
    if definition is None or EVENT_DEFINITIONS[definition.tag] != "timer":
        return None
    for child in definition:
        if child.tag in (f"{BPMN}timeDuration", f"{BPMN}timeDate", f"{BPMN}timeCycle"):
            return _text(child)
    return None


def _get(node: etree._Element, name: str) -> str:
    return node.get(name) or ""


def _text(node: etree._Element | None) -> str:
    return (node.text or "").strip() if node is not None else ""


def _words(text: str | None) -> tuple[str, ...]:
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())
