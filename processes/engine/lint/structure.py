"""Processes and their skeleton: ids, start and end, flows that hold it together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from processes.engine.lint.model import ACTIVITIES, BPMN, GATEWAYS, Diagram, Node, Scope
from processes.engine.lint.registry import Finding, Subject, Thing, rule

IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")


@rule("no-process")
def no_process(diagram: Diagram) -> Iterator[Finding]:
    if not diagram.processes:
        yield Finding(
            Thing(""),
            "文件中没有流程。请确认它是 BPMN 2.0 流程图。",
            "The file holds no process. Is it a BPMN 2.0 diagram?",
        )


@rule("process-not-executable")
def process_not_executable(diagram: Diagram) -> Iterator[Finding]:
    for process in diagram.processes:
        if process.xml.get("isExecutable") != "true":
            yield Finding(
                process,
                "该流程未标为可执行，部署后不会运行。请在属性面板勾选“可执行”。",
                'The process is not marked executable and would never run. Tick "Executable".',
            )


@rule("duplicate-id")
def duplicate_id(diagram: Diagram) -> Iterator[Finding]:
    counts = Counter(xml.get("id") for xml in diagram.root.iter() if isinstance(xml.tag, str))
    for identifier, count in counts.items():
        if identifier and count > 1:
            yield Finding(
                Thing(identifier),
                f"编号 {identifier} 用了 {count} 次。每个元素的编号必须不同，请改名。",
                f"The id {identifier} is used {count} times. Every element needs its own id.",
            )


@rule("bad-id")
def bad_id(diagram: Diagram) -> Iterator[Finding]:
    subjects: list[Subject] = [*diagram.processes, *diagram.nodes]
    for subject in subjects:
        if not IDENTIFIER.fullmatch(subject.id):
            yield Finding(
                subject,
                f"编号“{subject.id}”不合规。请用英文小写字母、数字和下划线，以字母开头，如 request_extension。",
                f'The id "{subject.id}" must be lower-case English letters, digits and underscores, '
                "beginning with a letter, such as request_extension.",
            )


@rule("no-start")
def no_start(diagram: Diagram) -> Iterator[Finding]:
    for scope in _plain_scopes(diagram):
        if not scope.tagged("startEvent"):
            yield Finding(
                scope,
                "没有开始事件，流程无法启动。请画一个开始事件。",
                "There is no start event, so it can't begin. Draw one.",
            )


@rule("several-starts")
def several_starts(diagram: Diagram) -> Iterator[Finding]:
    for scope in _plain_scopes(diagram):
        starts = scope.tagged("startEvent")
        if len(starts) > 1:
            listed = "、".join(start.id for start in starts)
            yield Finding(
                scope,
                f"有 {len(starts)} 个开始事件（{listed}），只能有一个。请合并，或拆成几个流程。",
                f"There are {len(starts)} start events ({', '.join(start.id for start in starts)}); only one is "
                "allowed. Merge them, or draw several processes.",
            )


@rule("no-end")
def no_end(diagram: Diagram) -> Iterator[Finding]:
    for scope in _plain_scopes(diagram):
        if not scope.tagged("endEvent"):
            yield Finding(
                scope,
                "没有结束事件，流程不会办结。请画一个结束事件。",
                "There is no end event, so it never finishes. Draw one.",
            )


@rule("dead-end")
def dead_end(diagram: Diagram) -> Iterator[Finding]:
    for scope in _plain_scopes(diagram):
        for node in scope.nodes:
            if node.tag != "endEvent" and not node.outgoing and node.xml.get("triggeredByEvent") != "true":
                yield Finding(
                    node,
                    "之后没有连线，流程走到这里就断了。请连到下一步或结束事件。",
                    "No flow leaves it, so the order would be lost here. Connect it to the next step or an end event.",
                )


@rule("unconnected")
def unconnected(diagram: Diagram) -> Iterator[Finding]:
    for scope in _plain_scopes(diagram):
        reached = _reached(scope)
        for node in scope.nodes:
            if node not in reached and node.xml.get("triggeredByEvent") != "true":
                yield Finding(
                    node,
                    "从开始事件走不到这里，引擎会丢掉它。请连线或删除。",
                    "It can't be reached from the start event; the engine drops it. Connect or remove it.",
                )


@rule("broken-flow")
def broken_flow(diagram: Diagram) -> Iterator[Finding]:
    for flow in diagram.flows:
        if flow.source is None or flow.target is None:
            yield Finding(
                flow,
                "连线的起点或终点不存在，或不在同一个（子）流程中。请重画这条连线。",
                "The flow begins or ends nowhere, or crosses the border of a subprocess. Draw it again.",
            )
        elif flow.target.tag in ("startEvent", "boundaryEvent") or flow.source.tag == "endEvent":
            yield Finding(
                flow,
                "连线不能进入开始事件或边界事件，也不能离开结束事件。请重画这条连线。",
                "A flow can't enter a start or boundary event nor leave an end event. Draw it again.",
            )


@rule("several-outgoing")
def several_outgoing(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes:
        if len(node.outgoing) > 1 and node.tag not in GATEWAYS:
            yield Finding(
                node,
                f"有 {len(node.outgoing)} 条连线直接引出，看不出是并行还是选择。请在后面加一个网关。",
                f"{len(node.outgoing)} flows leave it, in parallel or by choice? Put a gateway after it.",
            )


@rule("broken-boundary")
def broken_boundary(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("boundaryEvent"):
        if node.host is None or node.host.tag not in ACTIVITIES:
            yield Finding(
                node,
                "边界事件没有附着在任务或子流程上。请把它拖到所属的任务边上。",
                "The boundary event sits on no task or subprocess. Drag it onto the border of one.",
            )


@rule("lane-reference")
def lane_reference(diagram: Diagram) -> Iterator[Finding]:
    ids = {node.id for node in diagram.nodes}
    for lane in diagram.root.iter(f"{BPMN}lane"):
        for reference in lane.iterfind(f"{BPMN}flowNodeRef"):
            if (reference.text or "").strip() not in ids:
                yield Finding(
                    Thing(lane.get("id") or "", lane.get("name") or ""),
                    f"泳道引用了不存在的元素“{reference.text}”。请在建模器中重新保存。",
                    f'The lane refers to an element "{reference.text}" that is not there. '
                    "Save the diagram again in the modeler.",
                )


def _plain_scopes(diagram: Diagram) -> Iterator[Scope]:
    """Scopes that must have start and end; ad-hoc and event subprocesses are refused as a whole."""
    for scope in diagram.scopes:
        if scope.xml.tag != f"{BPMN}adHocSubProcess" and scope.xml.get("triggeredByEvent") != "true":
            yield scope


def _reached(scope: Scope) -> set[Node]:
    reached: set[Node] = set()
    ahead = scope.tagged("startEvent")
    while ahead:
        node = ahead.pop()
        if node not in reached:
            reached.add(node)
            ahead += [flow.target for flow in node.outgoing if flow.target]
            ahead += node.boundaries
    return reached
