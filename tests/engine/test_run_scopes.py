"""Processes inside processes: subprocesses, calls, errors, termination. Straight, and saved and restored."""

from __future__ import annotations

import pytest

from tests.engine.driving import MODES, Drive
from tests.engine.lint_drawing import boundary, drawn, end, flow, gateway, line, node, start, timer, user


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def subprocess(identifier: str, *parts: str) -> str:
    return node("subProcess", identifier, "", "".join(parts))


def test_a_subprocess_ends_before_what_follows_it(mode: str) -> None:
    inner = subprocess("inner", start("in_begin"), user("a"), end("in_end"), *line("in_begin", "a", "in_end"))
    outer = subprocess("outer", start("out_begin"), inner, user("b"), end("out_end"),
                       *line("out_begin", "inner", "b", "out_end"))  # fmt: skip
    data = drawn(start(), outer, user("c"), end(), *line("begin", "outer", "c", "finish"))
    drive = Drive(data, mode=mode)
    for element in ("a", "b", "c"):
        assert drive.open == [element]
        drive.complete(element)
    assert drive.ended


def test_a_call_activity_runs_a_process_of_another_file(mode: str) -> None:
    caller = drawn(start(), node("callActivity", "call", 'calledElement="called"'), user("after"), end(),
                   *line("begin", "call", "after", "finish"))  # fmt: skip
    called = drawn(start("c_begin"), user("deep"), end("c_end"), *line("c_begin", "deep", "c_end"),
                   process='id="called" isExecutable="true"')  # fmt: skip
    drive = Drive(caller, called, mode=mode)
    assert drive.open == ["deep"]
    assert drive.outcome.opened[0].element.process == "called"
    drive.complete("deep")
    assert drive.open == ["after"]
    drive.complete("after")
    assert drive.ended


def test_two_calls_of_one_process_do_not_meet(mode: str) -> None:
    call = 'calledElement="called"'
    caller = drawn(
        start(), gateway("parallel", "split"), node("callActivity", "one", call), node("callActivity", "two", call),
        gateway("parallel", "join"), end(), *line("begin", "split", "one", "join"), *line("split", "two", "join"),
        *line("join", "finish"),
    )  # fmt: skip
    called = drawn(start("c_begin"), user("deep"), user("deeper"), end("c_end"),
                   *line("c_begin", "deep", "deeper", "c_end"), process='id="called" isExecutable="true"')  # fmt: skip
    drive = Drive(caller, called, mode=mode)
    assert drive.open == ["deep", "deep"]
    drive.complete("deep", 1)
    assert drive.open == ["deep", "deeper"]
    drive.complete("deeper")
    assert drive.open == ["deep"] and not drive.ended
    drive.complete("deep")
    drive.complete("deeper")
    assert drive.ended


def test_an_error_end_leaves_the_subprocess_by_its_boundary(mode: str) -> None:
    error = '<bpmn:errorEventDefinition errorRef="E1"/>'
    inner = subprocess(
        "inner", start("in_begin"), user("a"), gateway("exclusive", "fork", 'default="fork_to_in_end"'), end("in_end"),
        end("failed", error), *line("in_begin", "a", "fork"), flow("fork", "failed", "bad"), flow("fork", "in_end"),
    )  # fmt: skip
    data = drawn(
        start(), inner, boundary("caught", "inner", error), user("mend"), user("after"), end(), end("other"),
        *line("begin", "inner", "after", "finish"), *line("caught", "mend", "other"),
        around='<bpmn:error id="E1" errorCode="E1" name="bad"/>',
    )  # fmt: skip
    for bad, expected in ((True, "mend"), (False, "after")):
        drive = Drive(data, mode=mode)
        drive.complete("a", bad=bad)
        assert drive.open == [expected]
        drive.complete(expected)
        assert drive.ended


def test_a_terminate_end_stops_every_branch(mode: str) -> None:
    stop = end("stop", "<bpmn:terminateEventDefinition/>")
    data = drawn(
        start(), gateway("parallel", "split"), user("a"), user("b"), boundary("late", "b", timer("PT1H")), stop, end(),
        end("noted"), *line("begin", "split", "a", "stop"), *line("split", "b", "finish"), *line("late", "noted"),
    )  # fmt: skip
    drive = Drive(data, mode=mode)
    assert drive.open == ["a", "b"] and drive.armed == ["late"]
    drive.complete("a")
    assert drive.ended and drive.open == [] and drive.armed == []


def test_a_terminate_end_inside_a_subprocess_stops_only_that(mode: str) -> None:
    inner = subprocess(
        "inner", start("in_begin"), gateway("parallel", "split"), user("a"), user("b"), end("in_end"),
        end("stop", "<bpmn:terminateEventDefinition/>"),
        *line("in_begin", "split", "a", "stop"), *line("split", "b", "in_end"),
    )  # fmt: skip
    drive = Drive(drawn(start(), inner, user("c"), end(), *line("begin", "inner", "c", "finish")), mode=mode)
    drive.complete("a")
    assert drive.open == ["c"]
    drive.complete("c")
    assert drive.ended
