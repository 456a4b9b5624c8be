"""What editors attach to elements: `camunda:` attributes, elements and properties that we read, run or
ignore."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from lxml import etree

from processes.engine.lint.model import BPMN, CAMUNDA, Diagram, Node, local_name
from processes.engine.lint.registry import Finding, Thing, owner_of, rule

CODE_ATTRIBUTES = frozenset({"class", "expression", "delegateExpression", "resource"})
CODE_ELEMENTS = frozenset({"executionListener", "taskListener", "script", "connector", "field"})
READ_ATTRIBUTES = frozenset(
    {
        "assignee",
        "calledElementBinding",
        "candidateGroups",
        "candidateStarterGroups",
        "candidateUsers",
        "collection",
        "decisionRef",
        "decisionRefBinding",
        "dueDate",
        "elementVariable",
        "formKey",
        "formRef",
        "formRefBinding",
        "historyTimeToLive",
        "isStartableInTasklist",
        "mapDecisionResult",
        "resultVariable",
        "topic",
        "type",
        "versionTag",
    }
)
READ_ELEMENTS = frozenset({"properties", "property", "inputOutput", "inputParameter"})
PARTS = frozenset({"list", "map", "entry", "value", "constraint", "validation", "formField", "connectorId"})
"""Elements inside another that is reported already."""
PROPERTIES = ("unit", "when", "status", "not_by", "timer", "soft", "anchor", "roll")


@rule("java-code")
def java_code(diagram: Diagram) -> Iterator[Finding]:
    for thing, name in _attributes(diagram):
        if name in CODE_ATTRIBUTES:
            yield _code(thing, name)
    for xml in diagram.root.iter(f"{CAMUNDA}*"):
        if local_name(xml) in CODE_ELEMENTS:
            yield _code(owner_of(xml), local_name(xml))


@rule("extension-ignored", "warning")
def extension_ignored(diagram: Diagram) -> Iterator[Finding]:
    for thing, name in _attributes(diagram):
        if name not in READ_ATTRIBUTES | CODE_ATTRIBUTES:
            yield _ignored(thing, f"camunda:{name}")
    for xml in diagram.root.iter(f"{CAMUNDA}*"):
        if local_name(xml) not in READ_ELEMENTS | CODE_ELEMENTS | PARTS:
            yield _ignored(owner_of(xml), f"camunda:{local_name(xml)}")
    for extensions in diagram.root.iter(f"{BPMN}extensionElements"):
        for xml in extensions:
            if local_name(xml) and not str(xml.tag).startswith(CAMUNDA):
                yield _ignored(owner_of(xml), f"{xml.prefix}:{local_name(xml)}")


@rule("input-ignored", "warning")
def input_ignored(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes:
        if node.inputs() and not _takes_inputs(node):
            yield Finding(
                node,
                "输入参数只对服务任务和发出的消息有效，这里会被忽略。请删除。",
                "Input parameters count for service tasks and sent messages only; here they are ignored.",
            )


@rule("input-not-feel")
def input_not_feel(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes:
        for name, given in node.inputs():
            if not name.strip() or len(given) or not (given.text or "").strip():
                yield Finding(
                    node,
                    f"输入参数“{name}”必须有名称，并写成一个 FEEL 表达式，不能用列表、映射或脚本。",
                    f'The input parameter "{name}" needs a name and one FEEL expression, no list, map or script.',
                )


@rule("property-value")
def property_value(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes:
        for name, value in node.properties():
            if not value or (name in ("soft", "roll") and value not in ("true", "false")):
                allowed = "true 或 false" if name in ("soft", "roll") else "一个值"
                yield Finding(
                    node,
                    f"扩展属性 {name} 必须填写{allowed}。",
                    f"The property {name} must be {'true or false' if name in ('soft', 'roll') else 'filled in'}.",
                )


@rule("property-misspelt", "warning")
def property_misspelt(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes:
        for name, _ in node.properties():
            near = get_close_matches(name.lower().replace("-", "_"), PROPERTIES, 1, 0.75)
            if name not in PROPERTIES and near:
                yield Finding(
                    node,
                    f"扩展属性 {name} 不起作用，是否想写 {near[0]}？",
                    f"The property {name} has no effect. Did you mean {near[0]}?",
                )


def _attributes(diagram: Diagram) -> Iterator[tuple[Thing, str]]:
    """Every `camunda:` attribute of BPMN elements with the element that it belongs to."""
    for xml in diagram.root.iter(f"{BPMN}*"):
        for key in xml.attrib:
            if str(key).startswith(CAMUNDA):
                yield owner_of(xml), etree.QName(str(key)).localname


def _takes_inputs(node: Node) -> bool:
    throws = node.tag in ("intermediateThrowEvent", "endEvent") and "message" in node.kinds
    return throws or node.tag in ("serviceTask", "sendTask")


def _code(thing: Thing, name: str) -> Finding:
    return Finding(
        thing,
        f"camunda:{name} 指向程序代码，平台不执行图中的代码。请改用平台操作（External 主题）或 FEEL 表达式。",
        f"camunda:{name} refers to program code, and no code of a diagram is run. "
        "Use an operation of the platform (External, topic) or a FEEL expression.",
    )


def _ignored(thing: Thing, name: str) -> Finding:
    return Finding(
        thing,
        f"{name} 不起作用，引擎会忽略它。请删除。",
        f"{name} has no effect; the engine ignores it. Remove it.",
    )
