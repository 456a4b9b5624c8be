"""One task for many (multi-instance): at once or one after the other. Straight, and saved and restored."""

from __future__ import annotations

import pytest

from tests.engine.driving import MODES, Drive
from tests.engine.lint_drawing import boundary, drawn, end, flow, gateway, line, start, timer, user


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def many(extra: str = "", *, sequential: bool = False, how: str = 'camunda:collection="units"') -> bytes:
    """begin → ask (for each unit) → after → finish."""
    sequence = 'isSequential="true"' if sequential else ""
    loop = (
        f'<bpmn:multiInstanceLoopCharacteristics {sequence} {how} camunda:elementVariable="unit">{extra}'
        "</bpmn:multiInstanceLoopCharacteristics>"
    )
    return drawn(
        start(), user("before"), user("ask", loop), user("after"), end(),
        *line("begin", "before", "ask", "after", "finish"),
    )  # fmt: skip


def test_one_task_for_each_item_at_once(mode: str) -> None:
    drive = Drive(many(), mode=mode, units=["housing", "water", "roads"])
    drive.complete("before")
    assert [one.local for one in drive.waiting("ask")] == [{"unit": "housing"}, {"unit": "water"}, {"unit": "roads"}]
    for left in (2, 1):
        drive.complete("ask", 1 if left == 2 else 0)
        assert len(drive.waiting("ask")) == left
    drive.complete("ask")
    assert drive.open == ["after"]
    drive.complete("after")
    assert drive.ended


def test_one_item_after_the_other(mode: str) -> None:
    drive = Drive(many(sequential=True), mode=mode, units=["housing", "water"])
    drive.complete("before")
    for unit in ("housing", "water"):
        assert [one.local for one in drive.waiting("ask")] == [{"unit": unit}]
        drive.complete("ask")
    assert drive.open == ["after"]


@pytest.mark.parametrize("sequential", [False, True])
def test_nobody_to_ask_goes_on_at_once(mode: str, sequential: bool) -> None:
    drive = Drive(many(sequential=sequential), mode=mode, units=[])
    drive.complete("before")
    assert drive.open == ["after"]


@pytest.mark.parametrize("sequential", [False, True])
def test_enough_answers_end_the_asking(mode: str, sequential: bool) -> None:
    enough = "<bpmn:completionCondition>answers >= 2</bpmn:completionCondition>"
    drive = Drive(many(enough, sequential=sequential), mode=mode, units=["a", "b", "c", "d"], answers=0)
    drive.complete("before")
    drive.complete("ask", answers=1)
    assert "after" not in drive.open
    drive.complete("ask", answers=2)
    assert drive.open == ["after"]
    drive.complete("after")
    assert drive.ended


@pytest.mark.parametrize("sequential", [False, True])
def test_a_number_of_times(mode: str, sequential: bool) -> None:
    times = "<bpmn:loopCardinality>n + 1</bpmn:loopCardinality>"
    drive = Drive(many(times, sequential=sequential, how=""), mode=mode, n=2)
    drive.complete("before")
    for left in (3, 2, 1):
        assert len(drive.waiting("ask")) == (1 if sequential else left)
        drive.complete("ask")
    assert drive.open == ["after"]


@pytest.mark.parametrize("sequential", [False, True])
def test_a_timer_over_all_of_them_is_armed_once(mode: str, sequential: bool) -> None:
    data = many(sequential=sequential).replace(
        b"</bpmn:process>",
        "".join([boundary("limit", "ask", timer("PT1H")), user("late"), end("late_end"), *line("limit", "late"),
                 *line("late", "late_end"), "</bpmn:process>"]).encode(),
    )  # fmt: skip
    drive = Drive(data, mode=mode, units=["a", "b", "c"])
    drive.complete("before")
    drive.complete("ask")
    assert drive.armed == ["limit"]
    drive.fire("limit")
    assert drive.open == ["late"]


def test_two_rounds_of_asking_do_not_meet(mode: str) -> None:
    loop = '<bpmn:multiInstanceLoopCharacteristics camunda:collection="units" camunda:elementVariable="unit"/>'
    data = drawn(
        start(), gateway("exclusive", "again"), user("ask", loop), user("review"),
        gateway("exclusive", "fork", 'default="fork_to_finish"'), end(),
        *line("begin", "again", "ask", "review", "fork"), flow("fork", "again", "more"), flow("fork", "finish"),
    )  # fmt: skip
    drive = Drive(data, mode=mode, units=["a", "b"])
    for more in (True, True, False):
        drive.complete("ask", 1)
        drive.complete("ask")
        drive.complete("review", more=more, units=["c", "d"])
        if more:
            assert [one.local["unit"] for one in drive.waiting("ask")] == ["c", "d"]
    assert drive.ended
