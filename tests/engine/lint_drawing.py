"""A few words for drawing tiny diagrams in tests: `drawn(start(), user("a"), end(), *line("begin", "a", "finish"))`.

What a modeler writes by itself (`bpmn:outgoing`, shapes, edges) is added, so that a test shows only its point.
"""

from __future__ import annotations

from itertools import pairwise

from lxml import etree

from decisions import compile_expression
from processes.engine.lint import Known, Problem, lint_diagram

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
HEAD = (
    f'<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:bpmndi="{DI}" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'id="defs" targetNamespace="t">'
)
EXECUTABLE = 'id="main" name="主流程" isExecutable="true"'
TIMER_FUNCTIONS = {
    name: lambda *_: None
    for name in ("working_days", "natural_days", "hours", "minutes", "limit", "before", "after", "share")
}


def compile_feel(text: str) -> object:
    return compile_expression(text, functions=TIMER_FUNCTIONS)


def node(tag: str, identifier: str, attributes: str = "", inner: str = "") -> str:
    return f'<bpmn:{tag} id="{identifier}" name="{identifier}" {attributes}>{inner}</bpmn:{tag}>'


def start(identifier: str = "begin", inner: str = "", attributes: str = "") -> str:
    return node("startEvent", identifier, attributes, inner)


def end(identifier: str = "finish", inner: str = "") -> str:
    return node("endEvent", identifier, "", inner)


def user(identifier: str, inner: str = "", attributes: str = 'camunda:candidateGroups="handler"') -> str:
    return node("userTask", identifier, attributes, inner)


def boundary(identifier: str, host: str, inner: str, attributes: str = "") -> str:
    return node("boundaryEvent", identifier, f'attachedToRef="{host}" {attributes}', inner)


def gateway(kind: str, identifier: str, attributes: str = "") -> str:
    return node(f"{kind}Gateway", identifier, attributes)


def timer(text: str, tag: str = "timeDuration") -> str:
    return f"<bpmn:timerEventDefinition><bpmn:{tag}>{text}</bpmn:{tag}></bpmn:timerEventDefinition>"


def message(reference: str, inner: str = "") -> str:
    return f'<bpmn:messageEventDefinition messageRef="{reference}">{inner}</bpmn:messageEventDefinition>'


def flow(source: str, target: str, condition: str | None = None, name: str = "出口") -> str:
    inner = "" if condition is None else f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>"
    ends = f'sourceRef="{source}" targetRef="{target}"'
    return f'<bpmn:sequenceFlow id="{source}_to_{target}" name="{name}" {ends}>{inner}</bpmn:sequenceFlow>'


def line(*identifiers: str) -> list[str]:
    """Flows from each to the next."""
    return [flow(*pair) for pair in pairwise(identifiers)]


def extensions(inner: str) -> str:
    return f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>"


def properties(**values: str) -> str:
    items = "".join(f'<camunda:property name="{name}" value="{value}"/>' for name, value in values.items())
    return extensions(f"<camunda:properties>{items}</camunda:properties>")


def inputs(**values: str) -> str:
    items = "".join(
        f'<camunda:inputParameter name="{name}">{text}</camunda:inputParameter>' for name, text in values.items()
    )
    return extensions(f"<camunda:inputOutput>{items}</camunda:inputOutput>")


def drawn(*parts: str, around: str = "", process: str = EXECUTABLE, shapes: bool = True) -> bytes:
    """One process. `around` stands beside it in the definitions (messages, more processes)."""
    body = f"<bpmn:process {process}>{''.join(parts)}</bpmn:process>"
    root = etree.fromstring(f"{HEAD}{around}{body}</bpmn:definitions>".encode())
    sources = {xml.get("id"): xml for xml in root.iter() if xml.get("id")}
    for xml in list(root.iter(f"{{{BPMN}}}sequenceFlow")):
        if xml.get("sourceRef") in sources:
            outgoing = etree.Element(f"{{{BPMN}}}outgoing")
            outgoing.text = xml.get("id")
            sources[xml.get("sourceRef")].insert(0, outgoing)
    if shapes:
        plane = etree.SubElement(etree.SubElement(root, f"{{{DI}}}BPMNDiagram"), f"{{{DI}}}BPMNPlane")
        for xml in root.iterfind(f".//{{{BPMN}}}process//*[@id]"):
            etree.SubElement(plane, f"{{{DI}}}BPMNShape", bpmnElement=xml.get("id"))
    return etree.tostring(root)


def step(part: str, identifier: str = "x", around: str = "", **options: bool) -> bytes:
    """A process of one step: begin → the part → finish."""
    return drawn(start(), part, end(), *line("begin", identifier, "finish"), around=around, **options)


def found(data: bytes, known: Known | None = None) -> list[tuple[str, str]]:
    """Code and element of every problem, expressions compiled by the real compiler."""
    return [(problem.code, problem.element) for problem in judged(data, known)]


def judged(data: bytes, known: Known | None = None) -> list[Problem]:
    return lint_diagram(data, where="main.bpmn", compile_expression=compile_feel, known=known)
