"""The lint as a whole: what is well drawn passes, packs are judged together, every code is explained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from processes.engine.lint import CODES, Known, lint_pack
from processes.engine.lint.registry import RULES
from processes.engine.specs import parse_specs
from tests.engine.lint_drawing import (
    boundary,
    compile_feel,
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

MESSAGES = '<bpmn:message id="m_ask" name="ask"/><bpmn:message id="m_answer" name="answer"/>'
LOOP = (
    '<bpmn:multiInstanceLoopCharacteristics camunda:collection="${co_units}" camunda:elementVariable="unit">'
    "<bpmn:completionCondition>count(done) >= 2</bpmn:completionCondition>"
    "</bpmn:multiInstanceLoopCharacteristics>"
)
DUTY = 'camunda:candidateGroups="handler, reviewer" camunda:formRef="reply" camunda:dueDate="${due}"'
INNER = [
    start("sub_begin"),
    user("sign", properties(unit="lead_unit", status="signing"), DUTY),
    end("sub_end"),
    *line("sub_begin", "sign", "sub_end"),
]
WELL_DRAWN = drawn(
    start("begin", properties(status="accepting"), 'camunda:formRef="reply"'),
    node("scriptTask", "count", 'scriptFormat="feel" camunda:resultVariable="order.round"',
         "<bpmn:script>if order.round = null then 1 else order.round + 1</bpmn:script>"),
    node("businessRuleTask", "decide", 'camunda:decisionRef="limits" camunda:resultVariable="limits" '
         'camunda:mapDecisionResult="singleResult"'),
    node("subProcess", "handling", "", "".join(INNER)),
    boundary("overdue", "handling", properties(timer="T-01", roll="true") + timer('limit("handle")'),
             'cancelActivity="false"'),
    boundary("reminder", "handling", properties(soft="true") + timer('share("overdue", 0.25)'),
             'cancelActivity="false"'),
    boundary("withdrawn", "handling", message("m_answer")),
    node("serviceTask", "tell", 'camunda:type="external" camunda:topic="notify"', inputs(to='"handler"')),
    user("consult", properties(not_by="sign", when="round &lt; 3") + LOOP),
    gateway("exclusive", "enough", 'default="enough_to_wait"'),
    gateway("exclusive", "urgent"),
    gateway("eventBased", "wait"),
    node("intermediateCatchEvent", "answered", "", message("m_answer")),
    node("intermediateCatchEvent", "silent", "", properties(anchor="received_at") + timer("P5D")),
    node("callActivity", "file_away", 'calledElement="main"'),
    end("finish", message("m_ask", inputs(reason='"done"'))),
    end("stopped", "<bpmn:terminateEventDefinition/>"),
    *line("begin", "count", "decide", "handling", "consult", "urgent"),
    flow("urgent", "enough", "${urgent}"),
    flow("urgent", "count", "= not( urgent )"),
    flow("enough", "file_away", 'request_type = "consult" and round >= 3'),
    flow("enough", "wait"),
    *line("wait", "answered", "count"),
    *line("wait", "silent", "tell"),
    *line("overdue", "tell", "stopped"),
    *line("reminder", "tell"),
    *line("withdrawn", "stopped"),
    *line("file_away", "finish"),
    '<bpmn:textAnnotation id="note"/>',
    around=MESSAGES,
)  # fmt: skip
ALL_KNOWN = Known(
    roles=frozenset({"handler", "reviewer"}),
    forms=frozenset({"reply"}),
    decisions=frozenset({"limits"}),
    topics=frozenset({"notify"}),
    processes=frozenset(),
    messages=frozenset({"ask"}),
    timers=frozenset(),
    elements=frozenset(),
)


def test_well_drawn_diagram_has_no_problem() -> None:
    assert judged(WELL_DRAWN) == []
    assert judged(WELL_DRAWN, ALL_KNOWN) == []
    known = Known(messages=frozenset({"ask"}))
    assert lint_pack({"main.bpmn": WELL_DRAWN}, known=known, compile_expression=compile_feel) == []


def test_well_drawn_diagram_is_one_that_the_engine_parses() -> None:
    assert set(parse_specs({"main.bpmn": WELL_DRAWN})) == {"main"}


@pytest.mark.parametrize("text", ["PT30M", "PT2H", "PT1H30M", "P5D", "P2W", "P1M", "P3Y", "P1Y6M", "P0D"])
def test_bare_iso_durations_are_right(text: str) -> None:
    assert found(step(node("intermediateCatchEvent", "x", "", timer(text)))) == []


@pytest.mark.parametrize("text", ["P", "PT", "P5", "PT48", "P1.5D", "P1DT2H", "P1M2D", "PT0M", "-PT1H", "'PT1H'"])
def test_other_durations_are_wrong(text: str) -> None:
    problems = found(step(node("intermediateCatchEvent", "x", "", timer(text))))
    assert problems and {element for _, element in problems} == {"x"}


def test_timer_start_of_an_office_duty_may_repeat() -> None:
    duty = start("begin", timer("R/2026-01-05T09:00:00+08:00/P1W", "timeCycle"))
    assert found(drawn(duty, user("x"), end(), *line("begin", "x", "finish"))) == []


def test_element_without_shape_is_warned_of_but_not_refused() -> None:
    data = step(user("x")).replace(b'bpmnElement="x"', b'bpmnElement="other"')
    assert [(p.code, p.level, p.element) for p in judged(data)] == [("no-shape", "warning", "x")]


def test_file_without_any_shape_is_one_warning() -> None:
    assert found(step(user("x"), shapes=False)) == [("no-shape", "main")]


def test_errors_come_before_warnings() -> None:
    levels = [problem.level for problem in judged(step(node("task", "x"), shapes=False))]
    assert levels == sorted(levels) and set(levels) == {"error", "warning"}


def side(process: str, *parts: str, around: str = "") -> bytes:
    attributes = f'id="{process}" name="{process}" isExecutable="true"'
    prefixed = [part.replace('"begin', f'"{process}_begin').replace('"finish', f'"{process}_finish')
                for part in (start(), *parts, end())]  # fmt: skip
    return drawn(*prefixed, around=around, process=attributes)


def together(**files: bytes) -> list[tuple[str, str, str]]:
    data = {f"{name}.bpmn": content for name, content in files.items()}
    return [(p.code, p.file, p.element) for p in lint_pack(data, compile_expression=compile_feel)]


def test_ids_of_tasks_are_unique_in_the_pack_ids_of_gateways_and_ends_need_not_be() -> None:
    same = [user("x"), gateway("parallel", "g"), *line("begin", "x", "g", "finish")]
    other = [user("y"), gateway("parallel", "g"), *line("begin", "y", "g", "finish")]
    assert together(a=side("one", *same), b=side("two", *same)) == [("duplicate-id-across-files", "b.bpmn", "x")]
    assert together(a=side("one", *same), b=side("two", *other)) == []


def test_process_of_the_same_id_in_two_files_is_refused() -> None:
    files = [side("one", user(name), *line("begin", name, "finish")) for name in ("x", "y")]
    assert together(a=files[0], b=files[1]) == [("duplicate-id-across-files", "b.bpmn", "one")]


def test_one_message_id_with_two_names_is_refused() -> None:
    catch = [node("intermediateCatchEvent", "x", "", message("m")), *line("begin", "x", "finish")]
    files = [side(f"p{name}", *catch, around=f'<bpmn:message id="m" name="{name}"/>') for name in ("a", "b")]
    assert together(a=files[0], b=files[1]) == [("message-id-clash", "b.bpmn", "m")]


def test_references_reach_across_the_files_of_a_pack() -> None:
    asking = side(
        "asking",
        user("x", properties(not_by="y")),
        boundary("late", "x", timer('after("waiting", PT1H)'.replace("PT1H", "hours(1)"))),
        node("callActivity", "call", 'calledElement="asked"'),
        node("intermediateThrowEvent", "ask", "", message("m")),
        *line("begin", "x", "call", "ask", "finish"),
        *line("late", "finish"),
        around='<bpmn:message id="m" name="ask"/>',
    )
    asked = side(
        "asked",
        user("y"),
        node("intermediateCatchEvent", "waiting", "", timer("PT1H")),
        boundary("stop", "y", message("m")),
        *line("begin", "y", "waiting", "finish"),
        *line("stop", "finish"),
        around='<bpmn:message id="m" name="ask"/>',
    )
    assert together(a=asking, b=asked) == []
    assert {(code, element) for code, _, element in together(a=asking)} == {
        ("unknown-element", "x"),
        ("unknown-timer", "late"),
        ("unknown-process", "call"),
        ("unknown-message", "ask"),
    }


def test_unreadable_file_does_not_hide_the_problems_of_the_others() -> None:
    codes = [code for code, _, _ in together(a=b"hello", b=side("two", node("task", "x"), *line(
        "begin", "x", "finish")))]  # fmt: skip
    assert codes == ["unreadable-file", "task-without-type"]


def test_every_code_is_documented_in_both_languages_and_no_other() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "lint.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (\w) \| (.+?) \| (.+?) \| (.+?) \|$", page, re.MULTILINE)
    assert sorted(code for code, *_ in rows) == sorted(CODES)
    for code, level, *cells in rows:
        assert level == ("W" if code in RULES and RULES[code].level == "warning" else "E")
        for cell in cells:
            chinese, english = cell.split("<br>")
            assert re.search("[\u4e00-\u9fff]", chinese)
            assert re.fullmatch("[^\u4e00-\u9fff]+", english)
