"""The dialect: every attribute that a modeler writes is kept, and comes out where it is asked for."""

from __future__ import annotations

import pytest

from processes.engine.diagram import Element, Process, is_expression, is_iso_duration, read_diagram
from processes.engine.xml import XmlRefused
from tests.engine.driving import MODES, Drive, definitions
from tests.engine.lint_drawing import (
    EXECUTABLE,
    boundary,
    drawn,
    end,
    flow,
    gateway,
    inputs,
    line,
    message,
    node,
    properties,
    start,
    step,
    timer,
    user,
)


def read(data: bytes) -> Process:
    (process,) = read_diagram(data, where="main.bpmn")
    return process


def element(part: str, identifier: str = "x", around: str = "") -> Element:
    return read(step(part, identifier, around)).elements[identifier]


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


FULL = user(
    "x",
    properties(unit="lead_unit", status="in_handling", not_by="a, b", anything="kept"),
    'camunda:candidateGroups="handler, reviewer" camunda:candidateUsers="wang,li" camunda:assignee="=boss" '
    'camunda:formRef="handle" camunda:formRefBinding="latest" camunda:dueDate="=now" camunda:priority="50"',
)


def test_every_attribute_of_a_user_task_is_read() -> None:
    task = element(FULL)
    assert task.roles == ("handler", "reviewer")
    assert task.users == ("wang", "li")
    assert (task.assignee, task.form, task.due) == ("=boss", "handle", "=now")
    assert (task.status, task.not_by) == ("in_handling", ("a", "b"))
    assert task.properties == {"unit": "lead_unit", "status": "in_handling", "not_by": "a, b", "anything": "kept"}
    assert task.attributes["priority"] == "50" and task.attributes["formRefBinding"] == "latest"


def test_an_open_task_still_carries_them_all_after_saving_and_loading(mode: str) -> None:
    drive = Drive(drawn(start(), user("a"), FULL, end(), *line("begin", "a", "x", "finish")), mode=mode)
    drive.complete("a")
    assert drive.outcome.opened[0].element == element(FULL)


def test_form_key_stands_in_for_form_ref() -> None:
    assert element(user("x", "", 'camunda:formKey="old"')).form == "old"
    assert element(user("x", "", 'camunda:formKey="old" camunda:formRef="new"')).form == "new"


def test_the_starters_and_form_of_a_process() -> None:
    data = drawn(start("begin", "", 'camunda:formRef="intake"'), end(), *line("begin", "finish"),
                 process=f'{EXECUTABLE} camunda:candidateStarterGroups="agent, citizen"')  # fmt: skip
    process = read(data)
    assert process.starters == ("agent", "citizen") and process.start.form == "intake"


def test_a_process_that_is_not_executable_is_left_out() -> None:
    data = drawn(start(), end(), *line("begin", "finish"), process='id="main" isExecutable="false"')
    assert read_diagram(data, where="main.bpmn") == []


def test_scripts_tables_and_operations_are_read_with_their_inputs() -> None:
    rule = element(node("businessRuleTask", "x", 'camunda:decisionRef="limits" camunda:resultVariable="order.limit" '
                        'camunda:mapDecisionResult="singleEntry"'))  # fmt: skip
    assert (rule.decision, rule.result, rule.map_result) == ("limits", "order.limit", "singleEntry")
    operation = element(node("serviceTask", "x", 'camunda:type="external" camunda:topic="notify"', inputs(to='"all"')))
    assert (operation.topic, operation.inputs) == ("notify", (("to", '"all"'),))
    script = node(
        "scriptTask", "x", 'scriptFormat="feel" camunda:resultVariable="n"', "<bpmn:script> n + 1 </bpmn:script>"
    )
    assert (element(script).script, element(script).result) == ("n + 1", "n")


def test_a_table_gives_one_row_unless_told_otherwise() -> None:
    assert element(node("businessRuleTask", "x", 'camunda:decisionRef="limits"')).map_result == "singleResult"


def test_multi_instance_keeps_collection_and_variable() -> None:
    loop = '<bpmn:multiInstanceLoopCharacteristics camunda:collection="co_units" camunda:elementVariable="unit"/>'
    task = element(user("x", loop))
    assert (task.collection, task.item) == ("co_units", "unit")


def test_conditions_names_of_flows_and_lanes_are_read() -> None:
    lanes = (
        '<bpmn:laneSet><bpmn:lane id="l1" name="派单员"><bpmn:flowNodeRef>inner</bpmn:flowNodeRef></bpmn:lane>'
        "</bpmn:laneSet>"
    )
    inner = node("subProcess", "inner", "", "".join(
        [start("in_begin"), user("a"), end("in_end"), *line("in_begin", "a", "in_end")]
    ))  # fmt: skip
    process = read(drawn(lanes, start(), gateway("exclusive", "fork"), inner, end(), *line("begin", "fork"),
                         flow("fork", "inner", " n &gt; 1 ", name="多"), *line("inner", "finish")))  # fmt: skip
    assert process.conditions == {"fork_to_inner": "n > 1"}
    assert process.flow_names["fork_to_inner"] == "多"
    assert process.elements["a"].lane == "派单员", "the lane of the subprocess around it"
    assert process.elements["a"].parent == "inner" and process.elements["begin"].lane is None


@pytest.mark.parametrize("text", ["PT30M", "PT2H", "P5D", "P3Y", "P1DT12H", " PT24H "])
def test_a_bare_iso_duration_needs_no_quotes(text: str, mode: str) -> None:
    data = drawn(start(), user("work"), boundary("limit", "work", timer(text)), end(), end("late"),
                 *line("begin", "work", "finish"), *line("limit", "late"))  # fmt: skip
    drive = Drive(data, mode=mode)
    assert drive.outcome.armed[0].rule == {"limit": text.strip()}


def test_only_durations_are_taken_for_durations() -> None:
    assert not any(is_iso_duration(text) for text in ("P", "PT", "Position", "priority", "working_days(2)", '"PT1H"'))


def test_timers_with_other_text_are_expressions(mode: str) -> None:
    for text in ("working_days(n)", "=working_days(n)", "${working_days(n)}"):
        data = drawn(start(), user("work"), boundary("limit", "work", timer(text)), end(), end("late"),
                     *line("begin", "work", "finish"), *line("limit", "late"))  # fmt: skip
        assert Drive(data, mode=mode, n=3).outcome.armed[0].rule == {"limit": "3wd"}


def test_a_message_is_known_by_its_name_and_else_by_its_id() -> None:
    around = '<bpmn:message id="m1" name="request_extension"/><bpmn:message id="m2"/>'
    for reference, name in (("m1", "request_extension"), ("m2", "m2")):
        assert element(node("intermediateCatchEvent", "x", "", message(reference)), around=around).message == name


def test_boundaries_say_what_they_watch_and_whether_they_interrupt() -> None:
    data = drawn(
        start(), user("work"), boundary("stop", "work", timer("PT1H")), end(), end("b_end"), end("n_end"),
        boundary("note", "work", properties(timer="T-XX-01", soft="true") + timer("PT2H"), 'cancelActivity="false"'),
        *line("begin", "work", "finish"), *line("stop", "b_end"), *line("note", "n_end"),
    )  # fmt: skip
    elements = read(data).elements
    assert (elements["stop"].attached_to, elements["stop"].interrupting, elements["stop"].event) == (
        "work",
        True,
        "timer",
    )
    assert elements["note"].interrupting is False and elements["note"].timer == "PT2H"
    assert elements["note"].properties == {"timer": "T-XX-01", "soft": "true"}


def test_an_assignee_may_be_a_login_or_an_expression() -> None:
    assert is_expression("=boss") and is_expression(" ${boss}")
    assert not is_expression("wang") and not is_expression("") and not is_expression(None)


def test_everything_that_is_evaluated_is_compiled_once_for_all_instances() -> None:
    task = user("x", properties(unit="lead_unit", when="n > 1", anchor="started"), 'camunda:assignee="${boss}"')
    data = drawn(start(), task, boundary("limit", "x", timer("working_days(n)")), gateway("exclusive", "fork"), end(),
                 end("late"), *line("begin", "x", "fork"), flow("fork", "finish", "n > 2"),
                 *line("limit", "late"))  # fmt: skip
    compiled = definitions(data).expressions
    assert {"lead_unit", "n > 1", "started", "${boss}", "working_days(n)", "n > 2"} <= set(compiled)


def test_a_literal_assignee_and_a_bare_duration_are_not_compiled() -> None:
    data = drawn(start(), user("x", "", 'camunda:assignee="not feel at all"'), boundary("limit", "x", timer("PT1H")),
                 end(), end("late"), *line("begin", "x", "finish"), *line("limit", "late"))  # fmt: skip
    assert definitions(data).expressions == {}


def test_unsafe_xml_is_refused_with_file_and_line() -> None:
    with pytest.raises(XmlRefused) as error:
        read_diagram(b'<!DOCTYPE x [<!ENTITY a "b">]><x/>', where="bad.bpmn")
    assert "bad.bpmn" in str(error.value)
