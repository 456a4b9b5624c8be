"""Diagrams that mean harm: code instead of expressions, files made to cost time. Each ends in a sentence, and soon."""

from __future__ import annotations

import time

import pytest

from processes.engine.lint import Known, lint_diagram
from tests.engine.lint_drawing import (
    drawn,
    end,
    flow,
    found,
    gateway,
    inputs,
    judged,
    line,
    message,
    node,
    properties,
    start,
    step,
    timer,
    user,
)

HOSTILE = [
    "__import__('os').system('id')",
    "open('/etc/passwd').read()",
    "().__class__.__bases__[0].__subclasses__()",
    "lambda: 1",
    "exec('1')",
    "import os",
    "while True: pass",
    "[x for x in ().__class__]",
    "os.system('id')",
]
PLACES = {
    "condition": lambda text: drawn(
        start(), gateway("exclusive", "g", 'default="g_to_finish"'), user("a"), end(), *line("begin", "g"),
        flow("g", "a", text), flow("g", "finish"), *line("a", "finish")),
    "timer": lambda text: step(node("intermediateCatchEvent", "x", "", timer(text))),
    "script": lambda text: step(node("scriptTask", "x", 'scriptFormat="feel" camunda:resultVariable="y"',
                                     f"<bpmn:script>{text}</bpmn:script>")),
    "input": lambda text: step(node("serviceTask", "x", 'camunda:type="external" camunda:topic="notify"',
                                    inputs(to=text))),
    "unit": lambda text: step(user("x", properties(unit=text))),
    "when": lambda text: step(user("x", properties(when=text))),
    "anchor": lambda text: step(user("x", properties(anchor=text))),
    "due date": lambda text: step(user("x", "", f'camunda:assignee="ann" camunda:dueDate="{text}"')),
    "assignee": lambda text: step(user("x", "", f'camunda:assignee="${{{text}}}"')),
    "users": lambda text: step(user("x", "", f'camunda:candidateUsers="={text}"')),
    "collection": lambda text: step(user("x", "<bpmn:multiInstanceLoopCharacteristics camunda:collection="
                                    f'"{text}" camunda:elementVariable="y"/>')),
    "cardinality": lambda text: step(user("x", "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>"
                                     f"{text}</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>")),
    "completion": lambda text: step(user("x", "<bpmn:multiInstanceLoopCharacteristics camunda:collection='a' "
                                    f"camunda:elementVariable='y'><bpmn:completionCondition>{text}"
                                    "</bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics>")),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_expression_is_refused_with_the_element(place: str, text: str) -> None:
    problems = found(PLACES[place](text))
    assert ("bad-expression", "g_to_a" if place == "condition" else "x") in problems


def test_expressions_are_left_alone_without_a_compiler() -> None:
    assert lint_diagram(PLACES["timer"]("os.system('id')"), where="main.bpmn") == []


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("50 MB", b"<a>" + b" " * 50_000_000, "unreadable-file"),
        ("10,000 nodes", drawn(*(user(f"x{n}") for n in range(9_000)), shapes=False), "too-many-elements"),
        ("20,000 nodes", b"<a>" + b"<b/>" * 20_000 + b"</a>", "unreadable-file"),
        ("depth 1,000", b"<a>" * 1_000 + b"</a>" * 1_000, "unreadable-file"),
        ("not UTF-8", "<a>工单</a>".encode("gbk"), "unreadable-file"),
        ("truncated", step(user("x"))[:200], "unreadable-file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_file_ends_in_one_problem_in_under_a_second(name: str, data: bytes, code: str) -> None:
    began = time.process_time()
    problems = found(data)
    assert time.process_time() - began < 1, name
    assert problems == [(code, "")]


COSTLY = {
    "4 MB of expressions": lambda: drawn(
        *(user(f"x{n}", properties(unit="+".join("1" * 5_000))) for n in range(400)), shapes=False
    ),
    "16,000 messages": lambda: drawn(
        *(node("intermediateThrowEvent", f"x{n}", "", message(f"m{n + 15_000}")) for n in range(480)),
        around="".join(f'<bpmn:message id="m{n}" name="n{n}"/>' for n in range(16_000)),
        shapes=False,
    ),
    "600,000 unknown names": lambda: drawn(
        *(user(f"x{n}", properties(not_by=",".join(f"y{i}" for i in range(1_500)))) for n in range(400)),
        shapes=False,
    ),
    "names of 90,000 letters": lambda: drawn(
        *(user(f"x{n}", properties(not_by="ab" * 45_000)) for n in range(30)),
        *(user("a" * 1_000 + str(n)) for n in range(30)),
        shapes=False,
    ),
    "timers of 90,000 letters": lambda: drawn(
        *(node("intermediateCatchEvent", f"x{n}", "", timer("a" * 90_000)) for n in range(40)), shapes=False
    ),
    "flows from each gateway to each": lambda: drawn(
        *(gateway("exclusive", f"g{n}") for n in range(60)),
        *(gateway("parallel", f"j{n}") for n in range(16)),
        *(flow(f"g{a}", f"g{b}", "x") for a in range(60) for b in range(60)),
        *(flow(f"g{a}", f"j{b}", "x") for a in range(60) for b in range(16)),
        shapes=False,
    ),
}


@pytest.mark.parametrize("name", COSTLY)
def test_costly_file_is_judged_in_under_a_second(name: str) -> None:
    data = COSTLY[name]()
    began = time.process_time()
    assert judged(data, Known(messages=frozenset(), elements=frozenset()))
    assert time.process_time() - began < 1


def test_deepest_subprocesses_are_judged_in_under_a_second() -> None:
    inner = ""
    for level in range(150):
        around = start(f"s{level}") + node("subProcess", f"p{level}", "", inner or start("s") + end("e"))
        inner = around + end(f"e{level}") + "".join(line(f"s{level}", f"p{level}", f"e{level}"))
    data = drawn(inner, shapes=False)
    began = time.process_time()
    judged(data)
    assert time.process_time() - began < 1


def test_markup_in_a_name_is_handed_on_as_text() -> None:
    data = step(node("task", "x")).replace(b'name="x"', b'name="&lt;script&gt;{{7*7}}"')
    assert judged(data)[0].name == "<script>{{7*7}}"
