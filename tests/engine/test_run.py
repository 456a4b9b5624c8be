"""What moves an instance: tasks, gateways, scripts, calls. Every test runs straight, and saved and restored."""

from __future__ import annotations

import pytest

from processes.engine.errors import EngineError, Runaway
from processes.engine.run import Run
from tests.engine.driving import MODES, Drive, definitions
from tests.engine.lint_drawing import (
    drawn,
    end,
    extensions,
    flow,
    gateway,
    inputs,
    line,
    node,
    start,
    user,
)


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def script(identifier: str, text: str, result: str) -> str:
    attributes = f'scriptFormat="feel" camunda:resultVariable="{result}"'
    return node("scriptTask", identifier, attributes, f"<bpmn:script>{text}</bpmn:script>")


def choice(*, yes: str, no: str) -> bytes:
    """ask → fork → (yes if the answer is, else no)."""
    return drawn(
        start(), user("ask"), gateway("exclusive", "fork", 'default="fork_to_no"'), user("yes"), user("no"), end(),
        *line("begin", "ask", "fork"), flow("fork", "yes", yes), flow("fork", "no", no or None),
        *line("yes", "finish"), *line("no", "finish"),
    )  # fmt: skip


def test_tasks_open_one_after_the_other_until_the_end(mode: str) -> None:
    drive = Drive(drawn(start(), user("a"), user("b"), end(), *line("begin", "a", "b", "finish")), mode=mode)
    assert drive.open == ["a"] and not drive.ended
    drive.complete("a")
    assert drive.open == ["b"]
    drive.complete("b")
    assert drive.open == [] and drive.ended


def test_a_finished_task_cannot_be_completed_again(mode: str) -> None:
    drive = Drive(drawn(start(), user("a"), user("b"), end(), *line("begin", "a", "b", "finish")), mode=mode)
    done = drive.waiting("a")[0].task
    drive.complete("a")
    with pytest.raises(EngineError) as error:
        drive.run.complete(done)
    assert error.value.element == done


def test_a_task_that_is_only_predicted_cannot_be_completed(mode: str) -> None:
    drive = Drive(drawn(start(), user("a"), user("b"), end(), *line("begin", "a", "b", "finish")), mode=mode)
    future = next(task for task in drive.run._workflow.tasks.values() if task.task_spec.name == "b")
    with pytest.raises(EngineError):
        drive.run.complete(future.id)
    assert drive.open == ["a"]


def test_the_condition_that_holds_decides(mode: str) -> None:
    for answer, expected in ((True, "yes"), (False, "no")):
        drive = Drive(choice(yes="answer", no=""), mode=mode)
        drive.complete("ask", answer=answer)
        assert drive.open == [expected]


@pytest.mark.parametrize(("first", "second"), [("high", "low"), ("low", "high")])
def test_the_first_listed_flow_wins_wherever_the_shapes_stand(mode: str, first: str, second: str) -> None:
    """Both conditions hold; the shape of the losing one stands above, where the library alone would take it."""
    # `drawn` lists the flows of the gateway in reverse, which also shows that the order in the file means nothing.
    data = drawn(
        start(), gateway("exclusive", "fork", 'default="fork_to_other"'), user("high"), user("low"), user("other"),
        end(), *line("begin", "fork"), flow("fork", second, "n > 0"), flow("fork", first, "n > 1"),
        flow("fork", "other"), *line("high", "finish"), *line("low", "finish"), *line("other", "finish"),
        shapes=False,
    )  # fmt: skip
    bounds = "".join(
        f'<bpmndi:BPMNShape bpmnElement="{name}"><dc:Bounds xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
        f'x="0" y="{y}" width="10" height="10"/></bpmndi:BPMNShape>'
        for name, y in ((second, 0), (first, 500), ("other", 250))
    )
    plane = f"<bpmndi:BPMNDiagram><bpmndi:BPMNPlane>{bounds}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>"
    data = data.replace(b"</bpmn:definitions>", f"{plane}</bpmn:definitions>".encode())
    assert Drive(data, mode=mode, n=5).open == [first]


def test_no_open_exit_is_an_error_at_the_gateway(mode: str) -> None:
    data = drawn(
        start(), user("ask"), gateway("exclusive", "fork"), user("yes"), end(),
        *line("begin", "ask", "fork"), flow("fork", "yes", "answer"), *line("yes", "finish"),
    )  # fmt: skip
    drive = Drive(data, mode=mode)
    with pytest.raises(EngineError) as error:
        drive.complete("ask", answer=False)
    assert error.value.element == "fork"


def test_a_condition_that_fails_is_an_error_at_the_gateway(mode: str) -> None:
    drive = Drive(choice(yes="fails(1)", no=""), mode=mode)
    with pytest.raises(EngineError) as error:
        drive.complete("ask")
    assert error.value.element == "fork"


def test_a_table_that_fails_is_an_error_at_the_task(mode: str) -> None:
    table = node("businessRuleTask", "look", 'camunda:decisionRef="levels" camunda:resultVariable="level"')
    drive = Drive(drawn(start(), user("ask"), table, end(), *line("begin", "ask", "look", "finish")), mode=mode)
    with pytest.raises(EngineError) as error:
        drive.complete("ask")
    assert error.value.element == "look" and "KeyError" in error.value.en


def test_parallel_branches_wait_for_each_other(mode: str) -> None:
    data = drawn(
        start(), gateway("parallel", "split"), user("a"), user("b"), gateway("parallel", "join"), user("c"), end(),
        *line("begin", "split", "a", "join"), *line("split", "b", "join"), *line("join", "c", "finish"),
    )  # fmt: skip
    drive = Drive(data, mode=mode)
    assert drive.open == ["a", "b"]
    drive.complete("b")
    assert drive.open == ["a"]
    drive.complete("a")
    assert drive.open == ["c"]
    drive.complete("c")
    assert drive.ended


def test_inclusive_gateway_joins_only_the_branches_taken(mode: str) -> None:
    data = drawn(
        start(), user("ask"), gateway("inclusive", "split", 'default="split_to_c"'), user("a"), user("b"), user("c"),
        gateway("inclusive", "join"), user("d"), end(), *line("begin", "ask", "split"),
        flow("split", "a", "n > 0"), flow("split", "b", "n > 1"), flow("split", "c"),
        *line("a", "join"), *line("b", "join"), *line("c", "join"), *line("join", "d", "finish"),
    )  # fmt: skip
    for n, taken in ((0, ["c"]), (1, ["a"]), (2, ["a", "b"])):
        drive = Drive(data, mode=mode)
        drive.complete("ask", n=n)
        assert drive.open == taken
        for element in taken:
            drive.complete(element)
        assert drive.open == ["d"]
        drive.complete("d")
        assert drive.ended


def test_a_parallel_block_inside_a_rework_loop_joins_in_every_round(mode: str) -> None:
    data = drawn(
        start(), gateway("exclusive", "again"), gateway("parallel", "split"), user("a"), user("b"),
        gateway("parallel", "join"), user("review"), gateway("exclusive", "fork", 'default="fork_to_finish"'), end(),
        *line("begin", "again", "split", "a", "join"), *line("split", "b", "join"), *line("join", "review", "fork"),
        flow("fork", "again", "rework"), flow("fork", "finish"),
    )  # fmt: skip
    drive = Drive(data, mode=mode)
    for round_ in range(6):
        assert drive.open == ["a", "b"]
        drive.complete("a" if round_ % 2 else "b")
        assert drive.open == ["b" if round_ % 2 else "a"], "the join waits for this round's branch"
        drive.complete("b" if round_ % 2 else "a")
        assert drive.open == ["review"]
        drive.complete("review", rework=round_ < 5)
    assert drive.ended


def test_the_same_holds_beside_a_token_that_waits_all_the_while(mode: str) -> None:
    for kind in ("parallel", "inclusive"):
        block = (
            gateway("exclusive", "again"), gateway("parallel", "split"), user("a"), user("b"), gateway(kind, "join"),
            user("review"), gateway("exclusive", "fork", 'default="fork_to_finish"'),
            *line("again", "split", "a", "join"), *line("split", "b", "join"), *line("join", "review", "fork"),
            flow("fork", "again", "rework"), flow("fork", "finish"),
        )  # fmt: skip
        data = drawn(start(), gateway("parallel", "besides"), user("long"), end("gone"), *block, end(),
                     *line("begin", "besides", "again"), *line("besides", "long", "gone"))  # fmt: skip
        drive = Drive(data, mode=mode)
        for round_ in range(5):
            first, second = ("a", "b") if round_ % 2 else ("b", "a")
            drive.complete(first)
            assert drive.open == sorted([second, "long"])
            drive.complete(second)
            drive.complete("review", rework=round_ < 4)
        assert drive.open == ["long"] and not drive.ended
        drive.complete("long")
        assert drive.ended


def test_scripts_tables_and_operations_ask_the_host(mode: str) -> None:
    table = node("businessRuleTask", "look", 'camunda:decisionRef="levels" camunda:resultVariable="order.level"')
    told = node("serviceTask", "tell", 'camunda:type="external" camunda:topic="notify"', inputs(to='"all"', n="n + 1"))
    data = drawn(
        start(), user("ask"), script("count", "n + 1", "n"), table, told, end(),
        *line("begin", "ask", "count", "look", "tell", "finish"),
    )  # fmt: skip
    drive = Drive(data, mode=mode, n=1)
    drive.tables["levels"] = "high"
    drive.complete("ask")
    assert drive.variables["n"] == 2 and drive.variables["order.level"] == "high"
    assert drive.operations == [("notify", {"to": "all", "n": 3})]
    assert drive.ended


def test_a_loop_without_a_wait_is_stopped_and_named() -> None:
    data = drawn(
        start(), user("ask"), gateway("exclusive", "again"), script("count", "n + 1", "n"),
        gateway("exclusive", "fork", 'default="fork_to_finish"'), end(),
        *line("begin", "ask", "again", "count", "fork"), flow("fork", "again", "n > 0"), flow("fork", "finish"),
    )  # fmt: skip
    drive = Drive(data, mode="straight", n=0)
    with pytest.raises(Runaway) as error:
        drive.complete("ask")
    assert error.value.element in {"again", "count", "fork"}


def test_two_instances_of_shared_definitions_do_not_meet() -> None:
    data = drawn(start(), user("a", extensions("")), user("b"), end(), *line("begin", "a", "b", "finish"))
    shared = definitions(data)
    first, second = Drive(data, mode="straight"), Drive(data, mode="straight")
    first.run, second.run = Run.start(shared, "main", first), Run.start(shared, "main", second)
    first.complete("a")
    assert first.open == ["b"] and second.open == ["a"]
