"""Events: which kind may stand where, and what each needs to say."""

from __future__ import annotations

from collections.abc import Iterator

from processes.engine.lint.model import EVENTS, Diagram, Node
from processes.engine.lint.registry import Finding, rule

REFUSED_EVERYWHERE = frozenset({"link", "compensate", "signal", "conditional"})
KINDS = {
    "startEvent": frozenset({"message", "timer"}),
    "intermediateCatchEvent": frozenset({"message", "timer"}),
    "intermediateThrowEvent": frozenset({"message", "escalation"}),
    "boundaryEvent": frozenset({"message", "timer", "error", "escalation", "cancel"}),
    "endEvent": frozenset({"message", "error", "escalation", "terminate", "cancel"}),
}
CHINESE = {
    "startEvent": "开始事件",
    "intermediateCatchEvent": "中间捕获事件",
    "intermediateThrowEvent": "中间抛出事件",
    "boundaryEvent": "边界事件",
    "endEvent": "结束事件",
    "message": "消息",
    "timer": "定时器",
    "error": "错误",
    "escalation": "升级",
    "terminate": "终止",
    "cancel": "取消",
}
NEEDS_DEFINITION = frozenset({"intermediateCatchEvent", "boundaryEvent"})


@rule("several-event-definitions")
def several_event_definitions(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged(*EVENTS):
        if len(node.definitions) > 1:
            yield Finding(
                node,
                "一个事件带了几种触发方式，引擎分不清。请拆成几个事件。",
                "The event has several triggers, which the engine can't tell apart. Draw one event for each.",
            )


@rule("event-without-trigger")
def event_without_trigger(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged(*NEEDS_DEFINITION):
        if not node.definitions:
            yield Finding(
                node,
                "该事件没有写明等待什么。请选择定时器或消息。",
                "The event does not say what it waits for. Make it a timer or a message event.",
            )


@rule("event-kind")
def event_kind(diagram: Diagram) -> Iterator[Finding]:
    """Escalation catch among them: the engine takes it for a plain event and passes."""
    for node in diagram.tagged(*EVENTS):
        for kind in node.kinds:
            if kind not in KINDS[node.tag] | REFUSED_EVERYWHERE:
                yield Finding(
                    node,
                    f"{CHINESE[node.tag]}不能带“{CHINESE.get(kind, kind)}”，引擎会当作普通事件直接通过。请换一种。",
                    f"A {node.tag} can't be a {kind} event; the engine would pass over it. Use another event.",
                )


@rule("subprocess-start")
def subprocess_start(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("startEvent"):
        if node.definitions and not node.scope.is_process and node.scope.xml.get("triggeredByEvent") != "true":
            yield Finding(
                node,
                "子流程的开始事件不能带消息或定时器。请改为普通开始事件。",
                "The start event of a subprocess can't wait for a message or timer. Make it a plain one.",
            )


@rule("cancel-outside-transaction")
def cancel_outside_transaction(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("endEvent", "boundaryEvent"):
        owner = node.scope.xml if node.tag == "endEvent" else node.host and node.host.xml
        if "cancel" in node.kinds and (owner is None or not str(owner.tag).endswith("}transaction")):
            yield Finding(
                node,
                "取消事件只能用于事务子流程。请改用错误或终止事件。",
                "Cancel events belong to transactions. Use an error or terminate event.",
            )


@rule("message-without-name")
def message_without_name(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes:
        if _is_about_message(node) and diagram.message_of(node) is None:
            yield Finding(
                node,
                "没有选择消息，或消息没有名称，无法送达。请在属性面板中选择消息并命名。",
                "No message is chosen, or it has no name, so nothing can be delivered. Choose and name one.",
            )


@rule("broken-reference")
def broken_reference(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes:
        for kind, definition in node.definitions:
            reference = definition.get(f"{kind}Ref")
            if kind in ("error", "escalation") and reference and diagram.definition(kind, reference) is None:
                yield Finding(
                    node,
                    f"引用的{CHINESE[kind]}“{reference}”不存在。请重新选择。",
                    f'The {kind} "{reference}" that it refers to does not exist. Choose it again.',
                )


def _is_about_message(node: Node) -> bool:
    return "message" in node.kinds or node.tag == "sendTask"
