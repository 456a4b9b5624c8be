"""Elements of BPMN that the engine drops, passes over or gets stuck in, whatever surrounds them."""

from __future__ import annotations

from collections.abc import Iterator

from processes.engine.lint.model import BPMN, NODES, Diagram, Node, local_name
from processes.engine.lint.registry import Finding, Thing, owner_of, rule

DRAWN_ONLY = frozenset(
    {
        "documentation",
        "extensionElements",
        "incoming",
        "outgoing",
        "laneSet",
        "sequenceFlow",
        "dataObject",
        "dataObjectReference",
        "textAnnotation",
        "association",
        "group",
        "multiInstanceLoopCharacteristics",
    }
)
JUDGED_ELSEWHERE = frozenset(
    {"dataStoreReference", "dataInputAssociation", "dataOutputAssociation", "ioSpecification"}
    | {"standardLoopCharacteristics", "property"}
)


def _holders(xml_tags: tuple[str, ...], diagram: Diagram) -> Iterator[Thing]:
    """The elements that hold an element with one of the tags, each once."""
    holders = [xml.getparent() for xml in diagram.root.iter(*(f"{BPMN}{tag}" for tag in xml_tags))]
    return (owner_of(xml) for xml in dict.fromkeys(holders) if xml is not None)


@rule("ad-hoc-subprocess")
def ad_hoc_subprocess(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("adHocSubProcess"):
        yield Finding(
            node,
            "不支持临时子流程（ad-hoc）。请改用普通子流程，并用连线画出先后顺序。",
            "Ad-hoc subprocesses are not supported. Draw a plain subprocess and the order of its steps.",
        )


@rule("event-subprocess")
def event_subprocess(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("subProcess", "transaction"):
        if node.xml.get("triggeredByEvent") == "true":
            yield Finding(
                node,
                "不支持事件子流程：中断不生效，定时启动会使流程无法结束。请改用边界事件，或另画一个由消息启动的流程。",
                "Event subprocesses are not supported: they do not interrupt, and a timer keeps the process from "
                "ending. Use a boundary event, or a process of its own that a message starts.",
            )


@rule("data-store")
def data_store(diagram: Diagram) -> Iterator[Finding]:
    for xml in diagram.root.iter(f"{BPMN}dataStore", f"{BPMN}dataStoreReference"):
        yield Finding(
            Thing(xml.get("id") or "", xml.get("name") or ""),
            "不支持数据存储：引擎无处读写。请删除它；数据请写入工单事实。",
            "Data stores are not supported: nothing reads or writes them. Remove it and keep data in facts.",
        )


@rule("data-association")
def data_association(diagram: Diagram) -> Iterator[Finding]:
    tags = ("dataInputAssociation", "dataOutputAssociation", "ioSpecification", "property")
    for thing in _holders(tags, diagram):
        yield Finding(
            thing,
            "不支持数据关联。请删除指向数据对象的虚线箭头；输入请写在输入参数中。",
            "Data associations are not supported. Remove the dotted arrows to data; use input parameters.",
        )


@rule("complex-gateway")
def complex_gateway(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("complexGateway"):
        yield Finding(
            node,
            "不支持复杂网关。请用排他、并行或包容网关画出同样的含义。",
            "Complex gateways are not supported. Say the same with exclusive, parallel or inclusive gateways.",
        )


@rule("receive-task")
def receive_task(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("receiveTask"):
        yield Finding(
            node,
            "不支持接收任务：没有消息时引擎会直接通过。请改用消息捕获事件。",
            "Receive tasks are not supported: without a message they let the order pass. "
            "Draw a message catch event instead.",
        )


@rule("task-without-type")
def task_without_type(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("task", "manualTask"):
        yield Finding(
            node,
            "该任务没有办理人，流程会停在这里。请改为用户任务，或服务任务、脚本任务、规则任务。",
            "Nobody does this task, so the order would stop here. "
            "Make it a user task, or a service, script or business rule task.",
        )


@rule("standard-loop")
def standard_loop(diagram: Diagram) -> Iterator[Finding]:
    for thing in _holders(("standardLoopCharacteristics",), diagram):
        yield Finding(
            thing,
            "不支持循环标记。请用排他网关画出返回的连线，或使用多实例。",
            "Loop markers are not supported. Draw the way back with an exclusive gateway, or use multi-instance.",
        )


@rule("compensation")
def compensation(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes:
        if "compensate" in node.kinds or node.xml.get("isForCompensation") == "true":
            yield Finding(
                node,
                "不支持补偿：引擎会当作普通节点通过。请用连线画出撤回的步骤。",
                "Compensation is not supported: the engine passes over it. Draw the steps that undo the work.",
            )


@rule("link-event")
def link_event(diagram: Diagram) -> Iterator[Finding]:
    yield from _of_kind(
        diagram,
        "link",
        "不支持链接事件：流程会停在这里。请直接画连线。",
        "Link events are not supported: the order would stop here. Draw the sequence flow.",
    )


@rule("signal-event")
def signal_event(diagram: Diagram) -> Iterator[Finding]:
    yield from _of_kind(
        diagram,
        "signal",
        "不支持信号事件：信号结束不会发出，信号启动会损坏流程定义。请改用消息。",
        "Signals are not supported: an end event does not send them, a start event spoils the definition. "
        "Use messages.",
    )


@rule("conditional-event")
def conditional_event(diagram: Diagram) -> Iterator[Finding]:
    yield from _of_kind(
        diagram,
        "conditional",
        "不支持条件事件：数据改变时引擎不会察觉。请改用消息，或在网关上写条件。",
        "Conditional events are not supported: the engine does not notice a change of data. "
        "Use a message, or a condition at a gateway.",
    )


@rule("unsupported-element")
def unsupported_element(diagram: Diagram) -> Iterator[Finding]:
    for scope in diagram.scopes:
        for xml in scope.xml:
            tag = local_name(xml)
            if tag and not tag.endswith("EventDefinition") and tag not in NODES | DRAWN_ONLY | JUDGED_ELSEWHERE:
                yield Finding(
                    Thing(xml.get("id") or scope.id, xml.get("name") or ""),
                    f"引擎不认识元素 {tag}，会忽略它。请删除。",
                    f"The engine does not know the element {tag} and would ignore it. Remove it.",
                )


def _of_kind(diagram: Diagram, kind: str, zh: str, en: str) -> Iterator[Finding]:
    def has_kind(node: Node) -> bool:
        return kind in node.kinds

    return (Finding(node, zh, en) for node in filter(has_kind, diagram.nodes))
