"""Tasks: each must say who or what does it, and where its result goes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from processes.engine.lint.model import BPMN, CAMUNDA, Diagram, Node
from processes.engine.lint.registry import Finding, rule

RESULT = re.compile(r"(order\.)?[A-Za-z_][A-Za-z0-9_]*")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MAPPINGS = frozenset({"singleEntry", "singleResult", "collectEntries", "resultList"})


@rule("user-task-without-duty")
def user_task_without_duty(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("userTask"):
        if not any(node.camunda(name) for name in ("candidateGroups", "assignee", "candidateUsers")):
            yield Finding(
                node,
                "没有写明由谁办理，任务会无人看到。请填写候选组（角色）。",
                "It does not say whose duty it is, so nobody would see it. Fill in candidate groups (roles).",
            )


@rule("service-task-topic")
def service_task_topic(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("serviceTask"):
        if node.camunda("type") != "external" or not node.camunda("topic"):
            yield Finding(
                node,
                "没有写明执行哪个平台操作。请将实现方式设为 External 并填写主题。",
                "It does not say which operation of the platform to run. Choose External and fill in the topic.",
            )


@rule("script-format")
def script_format(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("scriptTask"):
        if (node.xml.get("scriptFormat") or "").strip().lower() != "feel":
            yield Finding(
                node,
                "脚本格式必须是 feel，其他语言不会执行。",
                "The script format must be feel; no other language is run.",
            )


@rule("script-empty")
def script_empty(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("scriptTask"):
        if not (node.xml.findtext(f"{BPMN}script") or "").strip():
            yield Finding(node, "脚本是空的。请写一个 FEEL 表达式。", "The script is empty. Write one FEEL expression.")


@rule("result-variable")
def result_variable(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("scriptTask", "businessRuleTask"):
        if not RESULT.fullmatch(node.camunda("resultVariable") or ""):
            yield Finding(
                node,
                "没有正确的结果变量，结果会丢失。请填写英文变量名，如 level 或 order.level。",
                "It has no proper result variable, so its result would be lost. Fill in a name such as level or "
                "order.level.",
            )


@rule("decision-missing")
def decision_missing(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("businessRuleTask"):
        if not node.camunda("decisionRef"):
            yield Finding(
                node,
                "没有指明决策表。请将实现方式设为 DMN 并填写决策编号。",
                "It names no decision table. Choose DMN and fill in the decision's id.",
            )


@rule("map-decision-result")
def map_decision_result(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("businessRuleTask"):
        mapping = node.camunda("mapDecisionResult")
        if mapping and mapping not in MAPPINGS:
            yield Finding(
                node,
                f"决策结果的取法“{mapping}”不存在。请选择 {'、'.join(sorted(MAPPINGS))} 之一。",
                f'There is no way to map the result called "{mapping}". Use {", ".join(sorted(MAPPINGS))}.',
            )


@rule("called-element-missing")
def called_element_missing(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("callActivity"):
        if not (node.xml.get("calledElement") or "").strip():
            yield Finding(
                node,
                "没有指明调用哪个流程。请填写被调用流程的编号。",
                "It does not say which process it calls. Fill in the id of the process.",
            )


@rule("multi-instance-collection")
def multi_instance_collection(diagram: Diagram) -> Iterator[Finding]:
    for node, collection, cardinality, _ in _multi_instances(diagram):
        if bool(collection) == bool(cardinality):
            yield Finding(
                node,
                "多实例必须写明集合或次数，且只写一个。请填写集合（camunda:collection）。",
                "A multi-instance needs a collection or a cardinality, one of them. Fill in the collection.",
            )


@rule("multi-instance-variable")
def multi_instance_variable(diagram: Diagram) -> Iterator[Finding]:
    for node, collection, _, variable in _multi_instances(diagram):
        if collection and not VARIABLE.fullmatch(variable):
            yield Finding(
                node,
                "多实例没有正确的元素变量，各实例不知道自己对应哪一项。请填写英文变量名，如 unit。",
                "The multi-instance has no proper element variable, so no instance knows its item. "
                "Fill in a name such as unit.",
            )


def _multi_instances(diagram: Diagram) -> Iterator[tuple[Node, str, str, str]]:
    """Node, collection, cardinality and element variable; blank where missing."""
    for node in diagram.nodes:
        loop = node.xml.find(f"{BPMN}multiInstanceLoopCharacteristics")
        if loop is not None:
            yield (
                node,
                (loop.get(f"{CAMUNDA}collection") or "").strip(),
                (loop.findtext(f"{BPMN}loopCardinality") or "").strip(),
                (loop.get(f"{CAMUNDA}elementVariable") or "").strip(),
            )
