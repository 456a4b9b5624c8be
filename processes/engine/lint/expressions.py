"""Expressions and timer texts: all that will be evaluated is compiled now, so that nothing fails later.

The lint owns no FEEL: it is handed a function that compiles one text or raises an error that says why not.
What looks like Python, calls something unknown or would work without bound is refused by that compiler,
with the id of the element named here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from processes.engine.lint.model import BPMN, CAMUNDA, Diagram, Node
from processes.engine.lint.registry import Finding, Subject, rule

ISO_DURATION = re.compile(
    r"P(?:T(?=\d)(?:[1-9]\d*H)?(?:[1-9]\d*M)?"
    r"|(?=\d)(?:[1-9]\d*W)?(?:\d+D)?"
    r"|(?=\d)(?:[1-9]\d*Y)?(?:[1-9]\d*M)?)"
)
"""Hours and minutes, or weeks and days, or years and months: kinds that are counted by different rules
never mix."""
LOOKS_ISO = re.compile(r"-?PT?(\d|$)")
ISO_REPEAT = re.compile(r"R\d*/[0-9PTYMWDHS:./+Z-]+")
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
LONGEST_EXPRESSION = 2_000
"""Characters of one expression; nobody can read a longer one."""
MOST_TEXT = 60_000
"""Characters of all expressions of a file, so that compiling a hostile one takes well under a second."""
TIMER_TEXTS = ("timeDuration", "timeDate", "timeCycle")
FEEL_PROPERTIES = {"unit": "单位", "when": "何时可用", "anchor": "起算时间"}


@rule("timer-text-missing")
def timer_text_missing(diagram: Diagram) -> Iterator[Finding]:
    for node in _timers(diagram):
        if len(list(timer_texts(node))) != 1:
            yield Finding(
                node,
                "定时器没有写明时限。请填写时长，如 PT2H、P5D 或 working_days(10)。",
                "The timer does not say when it is due. Fill in a duration: PT2H, P5D or working_days(10).",
            )


@rule("time-cycle")
def time_cycle(diagram: Diagram) -> Iterator[Finding]:
    for node in _timers(diagram):
        if node.tag != "startEvent" and any(kind == "timeCycle" for kind, _ in timer_texts(node)):
            yield Finding(
                node,
                "这里不能用循环定时：停机后会补发每一次，中断也不及时。请改用时长，或另画一个定时启动的流程。",
                "A time cycle can't be used here: after an outage it fires every missed time, and it interrupts "
                "too late. Use a duration, or a process with a timer start.",
            )


@rule("timer-duration")
def timer_duration(diagram: Diagram) -> Iterator[Finding]:
    for node in _timers(diagram):
        for _, text in timer_texts(node):
            if QUOTED.fullmatch(text):
                yield Finding(
                    node,
                    f"时限不要加引号：请写 {text[1:-1]}。",
                    f"Write the duration without quotes: {text[1:-1]}.",
                )
            elif LOOKS_ISO.match(text) and not ISO_DURATION.fullmatch(text):
                yield Finding(
                    node,
                    f"时长“{text}”不能用。请写成 PT30M、PT2H、P5D、P3M、P1Y 的样子，不混用单位。",
                    f'The duration "{text}" is not usable. Write PT30M, PT2H, P5D, P3M or P1Y, one unit.',
                )


@rule("bad-expression")
def bad_expression(diagram: Diagram) -> Iterator[Finding]:
    compile_expression = diagram.compile_expression
    if compile_expression is None:
        return
    left = MOST_TEXT
    faults: dict[str, tuple[str, str] | None] = {}
    for subject, zh, en, text in expressions(diagram):
        if text not in faults and len(text) > min(left, LONGEST_EXPRESSION):
            yield Finding(
                subject,
                f"{zh}的表达式太长：一个最多 {LONGEST_EXPRESSION} 字，一个文件共 {MOST_TEXT} 字。请改用决策表。",
                f"The expression ({en}) is too long: {LONGEST_EXPRESSION} characters are allowed, {MOST_TEXT} in one "
                "file. Use a decision table.",
            )
            continue
        if text not in faults:
            left -= len(text)
            faults[text] = _fault(compile_expression, text)
        if fault := faults[text]:
            yield Finding(
                subject,
                f"{zh}的表达式“{_short(text)}”有误：{fault[0]}。",
                f'The expression "{_short(text)}" ({en}) is wrong: {fault[1]}.',
            )


def timer_texts(node: Node) -> Iterator[tuple[str, str]]:
    """What a timer event says: the tag (`timeDuration` …) and its text, where there is one."""
    for kind, definition in node.definitions:
        if kind == "timer":
            for tag in TIMER_TEXTS:
                text = (definition.findtext(f"{BPMN}{tag}") or "").strip()
                if text:
                    yield tag, text


def _timers(diagram: Diagram) -> Iterator[Node]:
    return (node for node in diagram.nodes if "timer" in node.kinds)


def expressions(diagram: Diagram) -> Iterator[tuple[Subject, str, str, str]]:
    """Subject, place in Chinese and English, text of everything that the engine will evaluate."""
    for flow in diagram.flows:
        if flow.condition:
            yield flow, "条件", "condition", flow.condition
    for node in diagram.nodes:
        yield from _of_task(node)
        yield from _of_loop(node)
        for tag, text in timer_texts(node):
            if not _is_iso(tag, text):
                yield node, "时限", "timer", text
        for name, value in node.properties():
            if value and name in FEEL_PROPERTIES:
                yield node, f"扩展属性“{FEEL_PROPERTIES[name]}”（{name}）", f"property {name}", value
        for name, given in node.inputs():
            text = (given.text or "").strip()
            if text:
                yield node, f"输入参数 {name} ", f"input {name}", text


def _of_task(node: Node) -> Iterator[tuple[Node, str, str, str]]:
    script = (node.xml.findtext(f"{BPMN}script") or "").strip()
    if script:
        yield node, "脚本", "script", script
    due = node.camunda("dueDate")
    if due:
        yield node, "到期时间", "due date", due
    # Plain ids are taken as they stand; only what is marked as an expression is evaluated.
    for attribute, zh in (("assignee", "办理人"), ("candidateUsers", "候选人")):
        text = node.camunda(attribute) or ""
        if text.startswith(("=", "${", "#{")):
            yield node, zh, attribute, text


def _of_loop(node: Node) -> Iterator[tuple[Node, str, str, str]]:
    loop = node.xml.find(f"{BPMN}multiInstanceLoopCharacteristics")
    if loop is None:
        return
    for zh, en, text in (
        ("多实例集合", "collection", loop.get(f"{CAMUNDA}collection")),
        ("多实例次数", "cardinality", loop.findtext(f"{BPMN}loopCardinality")),
        ("多实例完成条件", "completion condition", loop.findtext(f"{BPMN}completionCondition")),
    ):
        if text and text.strip():
            yield node, zh, en, text.strip()


def _is_iso(tag: str, text: str) -> bool:
    """True for bare ISO texts, right or (reported by `timer-duration`) wrong."""
    looks_so = LOOKS_ISO.match(text) is not None or QUOTED.fullmatch(text) is not None
    return looks_so or (tag == "timeCycle" and ISO_REPEAT.fullmatch(text) is not None)


def _fault(compile_expression: Callable[..., Any], text: str) -> tuple[str, str] | None:
    """What the compiler has against the text, in Chinese and English, with the place if it says so."""
    try:
        compile_expression(text)
    except Exception as error:  # whatever the compiler raises, the text can't be run
        zh, en = getattr(error, "zh", str(error)).rstrip("。"), getattr(error, "en", str(error)).rstrip(".")
        column = getattr(error, "column", 0)
        return (f"{zh}（第 {column} 字）", f"{en} (character {column})") if column else (zh, en)
    return None


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 80 else f"{text[:79]}…"
