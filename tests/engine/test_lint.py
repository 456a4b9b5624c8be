"""The lint as a whole: what is well drawn passes, hostile files end in one sentence, packs are judged together."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from processes.engine.lint import CODES, Known, lint_diagram, lint_pack
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
    "completion": lambda text: step(user("x", LOOP.replace("count(done) >= 2", text))),
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
        ("truncated", WELL_DRAWN[:2_000], "unreadable-file"),
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
