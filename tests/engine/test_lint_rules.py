"""One tiny diagram for each rule: it is refused for that reason, at that element, and for nothing else."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from processes.engine.lint import CODES, Known
from tests.engine.lint_drawing import (
    EXECUTABLE,
    boundary,
    drawn,
    end,
    extensions,
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

ASK = '<bpmn:message id="ask" name="ask"/>'
EXTERNAL = 'camunda:type="external" camunda:topic="notify"'
FEEL = 'scriptFormat="feel" camunda:resultVariable="level"'
SCRIPT = "<bpmn:script>1 + 1</bpmn:script>"
RULE = 'camunda:decisionRef="limits" camunda:resultVariable="limit"'
KNOWN = Known(
    roles=frozenset({"handler", "reviewer"}),
    forms=frozenset({"intake", "reply"}),
    decisions=frozenset({"limits"}),
    topics=frozenset({"notify", "close_order"}),
    processes=frozenset({"archive"}),
    messages=frozenset({"ask"}),
    timers=frozenset({"handle_overdue"}),
    elements=frozenset({"accept"}),
)


class Case(NamedTuple):
    code: str
    element: str
    data: bytes
    known: Known | None = None


def multi(attributes: str = "", inner: str = "") -> str:
    return f"<bpmn:multiInstanceLoopCharacteristics {attributes}>{inner}</bpmn:multiInstanceLoopCharacteristics>"


def event(kind: str) -> str:
    return f"<bpmn:{kind}EventDefinition/>"


def sub(inner: str, attributes: str = "", tag: str = "subProcess") -> str:
    return node(tag, "x", attributes, inner)


def choice(*flows: str, default: str = "", kind: str = "exclusive", outgoing: bool = True) -> bytes:
    """begin → g, then the flows to a and b, which both finish."""
    attributes = f'default="{default}"' if default else ""
    data = drawn(
        start(),
        gateway(kind, "g", attributes),
        user("a"),
        user("b"),
        end(),
        *line("begin", "g"),
        *flows,
        *line("a", "finish"),
        *line("b", "finish"),
    )
    return data if outgoing else data.replace(b"<bpmn:outgoing>g_to_a</bpmn:outgoing>", b"")


INSIDE = "".join([start("s"), user("y"), end("e"), *line("s", "y", "e")])
BESIDE = f'<bpmn:process id="side" name="旁" isExecutable="true">{INSIDE}</bpmn:process>'

CASES = [
    # structure
    Case("no-process", "", b'<d:definitions xmlns:d="http://www.omg.org/spec/BPMN/20100524/MODEL"/>'),
    Case("process-not-executable", "main", drawn(INSIDE, process='id="main" name="主"')),
    Case("duplicate-id", "x", drawn(start(), user("x"), end(), *line("begin", "x", "finish"),
         '<bpmn:textAnnotation id="x"/>')),
    Case("bad-id", "Task-1", step(user("Task-1"), "Task-1")),
    Case("bad-id", "受理", step(user("受理"), "受理")),
    Case("no-start", "main", drawn(user("x"), end(), *line("x", "finish"))),
    Case("several-starts", "main", drawn(start(), start("again"), user("x"), end(),
         *line("begin", "x", "finish"), *line("again", "x"))),
    Case("no-end", "main", drawn(start(), user("x"), user("y"), *line("begin", "x", "y", "x"))),
    Case("no-end", "x", step(sub(start("s") + user("y") + user("z") + "".join(line("s", "y", "z", "y"))))),
    Case("dead-end", "y", drawn(start(), user("x"), gateway("parallel", "g"), user("y"), end(),
         *line("begin", "x", "g", "finish"), flow("g", "y"))),
    Case("unconnected", "y", drawn(start(), user("x"), user("y"), end(), *line("begin", "x", "finish"),
         *line("y", "finish"))),
    Case("broken-flow", "y_to_nowhere", drawn(start(), user("x"), end(), *line("begin", "x", "finish"),
         flow("y", "nowhere"))),
    Case("broken-flow", "x_to_begin", drawn(start(), user("x"), gateway("parallel", "g"), end(),
         *line("begin", "x", "g", "finish"), flow("g", "begin").replace("g_to_begin", "x_to_begin"))),
    Case("several-outgoing", "x", drawn(start(), user("x"), end(), end("other"),
         *line("begin", "x", "finish"), *line("x", "other"))),
    Case("broken-boundary", "b", drawn(start(), user("x"), end(), *line("begin", "x", "finish"),
         gateway("parallel", "g"), boundary("b", "g", timer("PT1H")), flow("x", "g"), flow("b", "finish"))),
    Case("lane-reference", "desk", drawn('<bpmn:laneSet id="lanes"><bpmn:lane id="desk" name="受理">'
         "<bpmn:flowNodeRef>gone</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>", INSIDE)),
    # refused wherever they stand
    Case("ad-hoc-subprocess", "x", step(sub(user("y"), tag="adHocSubProcess"))),
    Case("event-subprocess", "x", drawn(start(), user("z"), end(), *line("begin", "z", "finish"),
         sub(start("s", timer("PT1H")) + user("y") + end("e") + "".join(line("s", "y", "e")),
             'triggeredByEvent="true"'))),
    Case("data-store", "store", drawn(INSIDE, '<bpmn:dataStoreReference id="store"/>')),
    Case("data-association", "x", step(user("x", "<bpmn:dataInputAssociation/>"))),
    Case("complex-gateway", "x", step(gateway("complex", "x"))),
    Case("receive-task", "x", step(node("receiveTask", "x"))),
    Case("receive-task", "x", step(node("receiveTask", "x", 'messageRef="ask"'), around=ASK)),
    Case("task-without-type", "x", step(node("task", "x"))),
    Case("task-without-type", "x", step(node("manualTask", "x"))),
    Case("standard-loop", "x", step(user("x", "<bpmn:standardLoopCharacteristics/>"))),
    Case("compensation", "x", step(node("intermediateThrowEvent", "x", "", event("compensate")))),
    Case("compensation", "x", step(user("x", "", 'isForCompensation="true" camunda:assignee="ann"'))),
    Case("link-event", "x", step(node("intermediateThrowEvent", "x", "", event("link")))),
    Case("link-event", "x", step(node("intermediateCatchEvent", "x", "", event("link")))),
    Case("signal-event", "finish", drawn(start(), end("finish", event("signal")), *line("begin", "finish"))),
    Case("signal-event", "begin", drawn(start("begin", event("signal")), end(), *line("begin", "finish"))),
    Case("conditional-event", "x", step(node("intermediateCatchEvent", "x", "", event("conditional")))),
    Case("unsupported-element", "x", drawn(INSIDE, '<bpmn:callChoreography id="x"/>')),
    # events
    Case("several-event-definitions", "x", step(node("intermediateCatchEvent", "x", "",
         timer("PT1H") + message("ask")), around=ASK)),
    Case("event-without-trigger", "x", step(node("intermediateCatchEvent", "x"))),
    Case("event-kind", "x", step(node("intermediateCatchEvent", "x", "", event("escalation")))),
    Case("event-kind", "x", step(node("intermediateThrowEvent", "x", "", timer("PT1H")))),
    Case("subprocess-start", "s", step(sub(start("s", timer("PT1H")) + user("y") + end("e")
         + "".join(line("s", "y", "e"))))),
    Case("cancel-outside-transaction", "finish", drawn(start(), end("finish", event("cancel")),
         *line("begin", "finish"))),
    Case("message-without-name", "x", step(node("intermediateThrowEvent", "x", "", event("message")))),
    Case("message-without-name", "x", step(node("intermediateCatchEvent", "x", "", message("gone")))),
    Case("message-without-name", "x", step(node("sendTask", "x", 'messageRef="m"'),
         around='<bpmn:message id="m"/>')),
    Case("broken-reference", "finish", drawn(start(), end("finish",
         '<bpmn:errorEventDefinition errorRef="gone"/>'), *line("begin", "finish"))),
    # gateways
    Case("condition-not-at-gateway", "x_to_finish", drawn(start(), user("x"), end(), *line("begin", "x"),
         flow("x", "finish", "done"))),
    Case("condition-not-at-gateway", "g_to_a", choice(flow("g", "a", "urgent"), flow("g", "b"),
         kind="parallel")),
    Case("condition-missing", "g_to_a", choice(flow("g", "a"), flow("g", "b"), default="g_to_b")),
    Case("default-with-condition", "g_to_b", choice(flow("g", "a", "urgent"), flow("g", "b", "true"),
         default="g_to_b")),
    Case("broken-default", "g", choice(flow("g", "a", "urgent"), flow("g", "b", "not(urgent)"),
         default="gone")),
    Case("no-default", "g", choice(flow("g", "a", "round &lt; 3"), flow("g", "b", "round > 3"))),
    Case("no-default", "g", choice(flow("g", "a", "a or b = 1"), flow("g", "b", "a or b != 1"))),
    Case("outgoing-order", "g", choice(flow("g", "a", "urgent"), flow("g", "b", "not(urgent)"),
         outgoing=False)),
    Case("event-gateway-timers", "g", drawn(start(), gateway("eventBased", "g"), end(),
         *(node("intermediateCatchEvent", name, "", timer("PT1H")) for name in ("a", "b")),
         *line("begin", "g", "a", "finish"), *line("g", "b", "finish"))),
    Case("event-gateway-target", "a", drawn(start(), gateway("eventBased", "g"), user("a"), end(),
         *line("begin", "g", "a", "finish"))),
    # tokens
    Case("parallel-join-starves", "join", drawn(start(), gateway("exclusive", "g", 'default="g_to_b"'),
         user("a"), user("b"), gateway("parallel", "join"), end(), flow("g", "a", "urgent"), flow("g", "b"),
         *line("begin", "g"), *line("a", "join", "finish"), *line("b", "join"))),
    Case("endless-loop", "g", drawn(start(), node("scriptTask", "x", FEEL, SCRIPT),
         gateway("exclusive", "g", 'default="g_to_x"'), end(), *line("begin", "g", "x", "g"),
         flow("g", "finish", "level > 3"))),
    Case("long-chain", "main", drawn(start(), *(user(f"x{n}") for n in range(200)), end(),
         *line("begin", *(f"x{n}" for n in range(200)), "finish"))),
    # tasks
    Case("user-task-without-duty", "x", step(user("x", attributes=""))),
    Case("service-task-topic", "x", step(node("serviceTask", "x"))),
    Case("service-task-topic", "x", step(node("serviceTask", "x", 'camunda:type="external"'))),
    Case("script-format", "x", step(node("scriptTask", "x",
         'scriptFormat="python" camunda:resultVariable="level"', SCRIPT))),
    Case("script-empty", "x", step(node("scriptTask", "x", FEEL, "<bpmn:script> </bpmn:script>"))),
    Case("result-variable", "x", step(node("scriptTask", "x", 'scriptFormat="feel"', SCRIPT))),
    Case("result-variable", "x", step(node("businessRuleTask", "x", 'camunda:decisionRef="limits"'))),
    Case("decision-missing", "x", step(node("businessRuleTask", "x", 'camunda:resultVariable="limit"'))),
    Case("map-decision-result", "x", step(node("businessRuleTask", "x",
         f'{RULE} camunda:mapDecisionResult="first"'))),
    Case("called-element-missing", "x", step(node("callActivity", "x"))),
    Case("multi-instance-collection", "x", step(user("x", multi()))),
    Case("multi-instance-variable", "x", step(user("x", multi('camunda:collection="units"')))),
    # extensions
    Case("java-code", "x", step(node("serviceTask", "x", f'{EXTERNAL} camunda:class="org.Evil"'))),
    Case("java-code", "x", step(node("serviceTask", "x", f'{EXTERNAL} camunda:expression="${{a.b()}}"'))),
    Case("java-code", "x", step(user("x", extensions(
         '<camunda:taskListener event="create"><camunda:script>1</camunda:script></camunda:taskListener>')))),
    Case("java-code", "x", step(node("serviceTask", "x", EXTERNAL, extensions("<camunda:connector/>")))),
    Case("extension-ignored", "x", step(user("x", "",
         'camunda:asyncBefore="true" camunda:candidateGroups="handler"'))),
    Case("extension-ignored", "x", step(user("x", extensions("<camunda:formData/>")))),
    Case("extension-ignored", "x", step(user("x", extensions("<zeebe:userTask/>")))),
    Case("input-ignored", "x", step(user("x", inputs(to='"handler"')))),
    Case("input-not-feel", "x", step(node("serviceTask", "x", EXTERNAL, inputs(to="<camunda:list/>")))),
    Case("property-value", "x", step(node("intermediateCatchEvent", "x", "",
         properties(soft="yes") + timer("PT1H")))),
    Case("property-misspelt", "x", step(user("x", properties(stauts="handling")))),
    # expressions
    Case("timer-text-missing", "x", step(node("intermediateCatchEvent", "x", "", event("timer")))),
    Case("time-cycle", "b", drawn(start(), user("x"), boundary("b", "x", timer("R/PT1H", "timeCycle")), end(),
         *line("begin", "x", "finish"), *line("b", "finish"))),
    Case("timer-duration", "x", step(node("intermediateCatchEvent", "x", "", timer('"PT48H"')))),
    Case("timer-duration", "x", step(node("intermediateCatchEvent", "x", "", timer("PT48")))),
    Case("timer-duration", "x", step(node("intermediateCatchEvent", "x", "", timer("P1DT2H")))),
    Case("bad-expression", "x", step(node("intermediateCatchEvent", "x", "", timer("two hours")))),
    # references
    Case("unknown-role", "x", step(user("x", "", 'camunda:candidateGroups="handler, rewiever"')), KNOWN),
    Case("unknown-role", "x", step(user("x", "", 'camunda:candidateGroups="${dept}"'))),
    Case("unknown-role", "main", drawn(INSIDE.replace("finish", "end"), process=EXECUTABLE
         + ' camunda:candidateStarterGroups="citizen"'), KNOWN),
    Case("unknown-form", "x", step(user("x", "",
         'camunda:formRef="replay" camunda:candidateGroups="handler"')), KNOWN),
    Case("unknown-decision", "x", step(node("businessRuleTask", "x", RULE.replace("limits", "limit"))), KNOWN),
    Case("unknown-topic", "x", step(node("serviceTask", "x", EXTERNAL.replace("notify", "notfy"))), KNOWN),
    Case("unknown-process", "x", step(node("callActivity", "x", 'calledElement="archives"')), KNOWN),
    Case("unknown-message", "x", step(node("intermediateThrowEvent", "x", "", message("m")),
         around='<bpmn:message id="m" name="asks"/>'), KNOWN),
    Case("unknown-timer", "x", step(node("intermediateCatchEvent", "x", "",
         timer('before("handle_overdu", working_days(1))'))), KNOWN),
    Case("unknown-timer", "x", step(node("intermediateCatchEvent", "x", "", timer('share("x", 0.25)')))),
    Case("unknown-timer", "x", step(node("serviceTask", "x", EXTERNAL, inputs(element='"gone"')))),
    Case("unknown-element", "x", step(user("x", properties(not_by="begin, acept"))), KNOWN),
    # drawing
    Case("missing-name", "x", step(user("x").replace('name="x"', 'name=" "'))),
    Case("unlabelled-exit", "g_to_b", choice(flow("g", "a", "urgent"), flow("g", "b", name=""),
         default="g_to_b")),
    # files
    Case("unreadable-file", "", b"<!DOCTYPE d><d/>"),
    Case("not-bpmn", "", b"<html/>"),
    Case("too-many-elements", "", drawn(*(user(f"x{n}") for n in range(501)))),
    Case("message-starts-two", "begin", drawn(start("begin", message("ask")), end(), *line("begin", "finish"),
         around=ASK + BESIDE.replace(start("s"), start("s", message("ask"))))),
]  # fmt: skip

COMPANIONS = {
    # A mistake that can't be drawn without another one.
    "no-start": {"unconnected"},
    "broken-flow": set(),
    "several-starts": set(),
    "too-tangled": set(),
    "broken-boundary": {"several-outgoing", "unconnected", "dead-end"},
    "message-without-name": set(),
}
IN_FILES_OF_THEIR_OWN = {"no-shape", "too-tangled", "duplicate-id-across-files", "message-id-clash"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.element or 'file'}")
def test_rule_refuses_its_diagram_at_the_element_and_no_other_rule_does(case: Case) -> None:
    problems = found(case.data, case.known)
    assert (case.code, case.element) in problems
    assert {code for code, _ in problems} - {case.code} <= COMPANIONS.get(case.code, set())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.element or 'file'}")
def test_problem_speaks_chinese_and_english(case: Case) -> None:
    for problem in judged(case.data, case.known):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in problem.zh)
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in problem.en.replace("受理", ""))
        assert problem.zh.endswith(("。", "？", "）"))
        assert problem.file == "main.bpmn"


def test_every_rule_has_a_diagram() -> None:
    assert {case.code for case in CASES} | IN_FILES_OF_THEIR_OWN == set(CODES)


@pytest.mark.parametrize(
    ("code", "suggestion"),
    [
        ("unknown-role", "reviewer"),
        ("unknown-form", "reply"),
        ("unknown-decision", "limits"),
        ("unknown-topic", "notify"),
        ("unknown-process", "archive"),
        ("unknown-message", "ask"),
        ("unknown-timer", "handle_overdue"),
        ("unknown-element", "accept"),
        ("property-misspelt", "status"),
    ],
)
def test_wrong_name_is_answered_with_the_nearest_right_one(code: str, suggestion: str) -> None:
    case = next(case for case in CASES if case.code == code)
    problem = next(problem for problem in judged(case.data, case.known) if problem.code == code)
    assert f"是否想写 {suggestion}？" in problem.zh
    assert f"Did you mean {suggestion}?" in problem.en
