"""Gateways and conditions: every choice must be certain, complete and independent of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from processes.engine.lint.expressions import LONGEST_EXPRESSION
from processes.engine.lint.model import BPMN, Diagram, Flow, Node
from processes.engine.lint.registry import Finding, rule

CHOOSING = ("exclusiveGateway", "inclusiveGateway")
OPPOSITES = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_COMPARISON = re.compile(r"([^<>=!\"]+?)(<=|>=|!=|=|<|>)(.+)")


@rule("condition-not-at-gateway")
def condition_not_at_gateway(diagram: Diagram) -> Iterator[Finding]:
    for flow in diagram.flows:
        if flow.condition is not None and flow.source and flow.source.tag not in CHOOSING:
            yield Finding(
                flow,
                "连线上的条件不起作用：引擎只看排他或包容网关引出的条件。请在前面加一个排他网关。",
                "The condition has no effect: the engine reads conditions only behind an exclusive or inclusive "
                "gateway. Put one before it.",
            )


@rule("condition-missing")
def condition_missing(diagram: Diagram) -> Iterator[Finding]:
    for gateway in _splits(diagram):
        for flow in gateway.outgoing:
            if flow.id != gateway.xml.get("default") and not flow.condition:
                yield Finding(
                    flow,
                    f"网关 {gateway.id} 的这个出口没有条件。请写条件，或设为默认出口。",
                    f"This exit of the gateway {gateway.id} has no condition. Write one, or make it the default.",
                )


@rule("default-with-condition")
def default_with_condition(diagram: Diagram) -> Iterator[Finding]:
    for flow in diagram.flows:
        if flow.source and flow.condition is not None and flow.source.xml.get("default") == flow.id:
            yield Finding(
                flow,
                "默认出口不能带条件，条件不会被检查。请删除条件，或取消默认。",
                "The default exit can't have a condition; it is never tested. Remove one or the other.",
            )


@rule("broken-default")
def broken_default(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.nodes:
        default = node.xml.get("default")
        if default and (node.tag not in CHOOSING or default not in {flow.id for flow in node.outgoing}):
            yield Finding(
                node,
                f"默认出口 {default} 不是从这个排他或包容网关引出的。请重新设置默认出口。",
                f"The default exit {default} does not leave this exclusive or inclusive gateway. Set it again.",
            )


@rule("no-default")
def no_default(diagram: Diagram) -> Iterator[Finding]:
    for gateway in _splits(diagram):
        if not gateway.xml.get("default") and not _complete(gateway.outgoing):
            yield Finding(
                gateway,
                "没有默认出口，条件都不成立时流程会出错。请把其中一个出口设为默认。",
                "There is no default exit: the order fails when no condition holds. Make one exit the default.",
            )


@rule("outgoing-order")
def outgoing_order(diagram: Diagram) -> Iterator[Finding]:
    for gateway in diagram.tagged("exclusiveGateway"):
        listed = [(xml.text or "").strip() for xml in gateway.xml.iterfind(f"{BPMN}outgoing")]
        conditional = [flow for flow in gateway.outgoing if flow.condition]
        if len(conditional) > 1 and sorted(listed) != sorted(flow.id for flow in gateway.outgoing):
            yield Finding(
                gateway,
                "出口的先后顺序不明：bpmn:outgoing 没有逐一列出引出的连线。请在建模器中重新保存。",
                "The order of the exits is not said: bpmn:outgoing does not list the flows that leave. "
                "Save the diagram again in the modeler.",
            )


@rule("event-gateway-timers")
def event_gateway_timers(diagram: Diagram) -> Iterator[Finding]:
    for gateway in diagram.tagged("eventBasedGateway"):
        timers = [node.id for node in _targets(gateway) if "timer" in node.kinds]
        if len(timers) > 1:
            yield Finding(
                gateway,
                f"事件网关后有 {len(timers)} 个定时器（{'、'.join(timers)}），它们会共用一个时间。只能保留一个。",
                f"{len(timers)} timers ({', '.join(timers)}) follow the event gateway and would share one due "
                "time. Keep one.",
            )


@rule("event-gateway-target")
def event_gateway_target(diagram: Diagram) -> Iterator[Finding]:
    for gateway in diagram.tagged("eventBasedGateway"):
        for node in _targets(gateway):
            if node.tag != "intermediateCatchEvent" or len(node.incoming) > 1:
                yield Finding(
                    node,
                    f"事件网关 {gateway.id} 之后只能直接接消息或定时捕获事件，且没有别的连线进入。",
                    f"The event gateway {gateway.id} must lead straight to message or timer catch events that "
                    "no other flow enters.",
                )


def _targets(gateway: Node) -> list[Node]:
    return [flow.target for flow in gateway.outgoing if flow.target]


def _splits(diagram: Diagram) -> Iterator[Node]:
    """Gateways that choose: several exits, or one that carries a condition."""
    for gateway in diagram.tagged(*CHOOSING):
        if len(gateway.outgoing) > 1 or any(flow.condition for flow in gateway.outgoing):
            yield gateway


def _complete(flows: list[Flow]) -> bool:
    """True for two conditions of which one is plainly the opposite of the other."""
    if len(flows) != 2 or any(len(flow.condition or "") > LONGEST_EXPRESSION for flow in flows):
        return False
    first, second = (_normal(flow.condition or "") for flow in flows)
    return second in _opposites(first) or first in _opposites(second)


def _opposites(condition: str) -> set[str]:
    opposites = {f"not({condition})"}
    if condition.endswith("=true"):
        opposites.add(condition.removesuffix("=true") + "=false")
    comparison = _COMPARISON.fullmatch(condition)
    if comparison and not re.search(r"\b(and|or|if|for|some|every)\b", condition):
        left, operator, right = comparison.groups()
        opposites.add(f"{left}{OPPOSITES[operator]}{right}")
    return opposites


def _normal(condition: str) -> str:
    """The condition without its `=` or `${…}` and without spaces around operators and brackets."""
    text = condition.strip()
    if text.startswith("${") and text.endswith("}"):
        text = text[2:-1]
    text = text.removeprefix("=").strip()
    # One space at most before the brackets are looked for: else a drawing full of spaces takes their square.
    return re.sub(r" ?([<>=!()]+) ?", r"\1", re.sub(r"\s+", " ", text))
