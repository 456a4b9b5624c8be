"""References to what lies outside the element: roles, forms, tables, operations, processes, messages, timers.

Each is checked only where the caller says what is known; a wrong name is answered with the nearest right one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from processes.engine.lint.expressions import LONGEST_EXPRESSION, expressions
from processes.engine.lint.model import CAMUNDA, Diagram
from processes.engine.lint.registry import Finding, Subject, rule

LONGEST_NAME = 60
"""Characters of a name that is worth a suggestion; comparing takes the square of it."""
TIMER_FUNCTIONS = frozenset({"before", "after", "share", "due_passed", "working_days_left"})
ELEMENT_FUNCTIONS = frozenset({"is_running", "done"})
PROCESS_FUNCTIONS = frozenset({"instances"})
_CALL = re.compile(r"(?<![a-z_])([a-z_]+)\s*\(\s*\"([^\"]*)\"")
_LITERAL = re.compile(r"=?\s*\"([^\"]*)\"")


@rule("unknown-role")
def unknown_role(diagram: Diagram) -> Iterator[Finding]:
    given: list[tuple[Subject, str | None]] = [
        (node, node.camunda("candidateGroups")) for node in diagram.tagged("userTask")
    ]
    given += [(scope, scope.xml.get(f"{CAMUNDA}candidateStarterGroups")) for scope in diagram.processes]
    for subject, text in given:
        for role in _words(text):
            if role.startswith(("=", "${", "#{")):
                yield Finding(
                    subject,
                    f"候选组只能写角色编号，不能写表达式“{role}”。要按单位区分，请用扩展属性 unit。",
                    f'Candidate groups are ids of roles, not an expression "{role}". Use the property unit.',
                )
            else:
                yield from _unknown(subject, "角色", "role", role, diagram.known.roles)


@rule("unknown-form")
def unknown_form(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("userTask", "startEvent"):
        form = node.camunda("formRef")
        if form:
            yield from _unknown(node, "表单", "form", form, diagram.known.forms)


@rule("unknown-decision")
def unknown_decision(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("businessRuleTask"):
        decision = node.camunda("decisionRef")
        if decision:
            yield from _unknown(node, "决策表", "decision table", decision, diagram.known.decisions)


@rule("unknown-topic")
def unknown_topic(diagram: Diagram) -> Iterator[Finding]:
    for node in diagram.tagged("serviceTask"):
        topic = node.camunda("topic")
        if topic:
            yield from _unknown(node, "平台操作", "platform operation", topic, diagram.known.topics)


@rule("unknown-process")
def unknown_process(diagram: Diagram) -> Iterator[Finding]:
    known = diagram.known.processes
    if known is None:
        return
    known |= {process.id for process in diagram.processes}
    for node in diagram.tagged("callActivity"):
        called = (node.xml.get("calledElement") or "").strip()
        if called:
            yield from _unknown(node, "流程", "process", called, known)
    for subject, process in _named(diagram, PROCESS_FUNCTIONS):
        yield from _unknown(subject, "流程", "process", process, known)


@rule("unknown-message")
def unknown_message(diagram: Diagram) -> Iterator[Finding]:
    known = diagram.known.messages
    if known is None:
        return
    known |= received_messages(diagram)
    for node in diagram.tagged("intermediateThrowEvent", "endEvent", "sendTask"):
        message = diagram.message_of(node)
        if message and message not in known:
            near = _nearest(message, known)
            yield Finding(
                node,
                f"没有流程接收消息“{message}”，发出后无人处理。{near and f'是否想写 {near}？'}",
                f'No process waits for the message "{message}" or starts with it.{near and f" Did you mean {near}?"}',
            )


@rule("unknown-timer")
def unknown_timer(diagram: Diagram) -> Iterator[Finding]:
    timers = timer_ids(diagram) | (diagram.known.timers or frozenset())
    for subject, name in (*_named(diagram, TIMER_FUNCTIONS), *_deadlines_operated_on(diagram)):
        if name == subject.id:
            yield Finding(
                subject,
                "定时器的时限引用了它自己。请引用另一个定时器。",
                "The timer is counted from itself. Name another timer.",
            )
        else:
            yield from _unknown(subject, "定时器", "timer event", name, timers)


@rule("unknown-element")
def unknown_element(diagram: Diagram) -> Iterator[Finding]:
    known = diagram.known.elements
    if known is None:
        return
    known |= {node.id for node in diagram.nodes}
    for node in diagram.nodes:
        for name, value in node.properties():
            if name == "not_by":
                for element in _words(value):
                    yield from _unknown(node, "元素（not_by）", "element (not_by)", element, known)
    for subject, element in _named(diagram, ELEMENT_FUNCTIONS):
        yield from _unknown(subject, "元素", "element", element, known)


def received_messages(diagram: Diagram) -> frozenset[str]:
    """Names of the messages that the diagram waits for or starts with."""
    waiting = diagram.tagged("startEvent", "intermediateCatchEvent", "boundaryEvent")
    return frozenset(name for name in map(diagram.message_of, waiting) if name)


def timer_ids(diagram: Diagram) -> frozenset[str]:
    return frozenset(node.id for node in diagram.nodes if "timer" in node.kinds)


def _named(diagram: Diagram, functions: frozenset[str]) -> Iterator[tuple[Subject, str]]:
    """Every literal id that a call of one of the functions names, with what holds the expression."""
    for subject, _, _, text in expressions(diagram):
        for function, name in _CALL.findall(text[:LONGEST_EXPRESSION]):
            if function in functions:
                yield subject, name


def _deadlines_operated_on(diagram: Diagram) -> Iterator[tuple[Subject, str]]:
    for node in diagram.tagged("serviceTask"):
        for name, given in node.inputs():
            literal = _LITERAL.fullmatch((given.text or "").strip())
            if name == "element" and literal:
                yield node, literal[1]


def _unknown(subject: Subject, zh: str, en: str, name: str, known: frozenset[str] | None) -> Iterator[Finding]:
    if known is not None and name not in known:
        near = _nearest(name, known)
        yield Finding(
            subject,
            f"{zh}“{name}”不存在。{near and f'是否想写 {near}？'}",
            f'There is no {en} "{name}".{near and f" Did you mean {near}?"}',
        )


def _nearest(name: str, known: frozenset[str]) -> str:
    if len(name) > LONGEST_NAME:
        return ""
    candidates = sorted(other for other in known if len(other) <= LONGEST_NAME)
    return next(iter(get_close_matches(name, candidates, 1, 0.6)), "")


def _words(text: str | None) -> list[str]:
    return [word for word in (part.strip() for part in (text or "").split(",")) if word]
