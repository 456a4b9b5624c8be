"""What an instance waits for: timers and messages. Straight, and saved and restored."""

from __future__ import annotations

import pytest

from tests.engine.driving import MODES, Drive
from tests.engine.lint_drawing import (
    boundary,
    drawn,
    end,
    gateway,
    inputs,
    line,
    message,
    node,
    start,
    timer,
    user,
)

MESSAGES = '<bpmn:message id="m_go" name="go"/><bpmn:message id="m_stop" name="stop"/>'


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def watched(*boundaries: str, flows: list[str] | None = None, around: str = "") -> bytes:
    """begin → work → after → finish, with boundaries on work that lead to `late`."""
    return drawn(
        start(), user("work"), *boundaries, user("late"), user("after"), end(), end("late_end"),
        *line("begin", "work", "after", "finish"), *(flows or line("limit", "late")), *line("late", "late_end"),
        around=around,
    )  # fmt: skip


# -- timers -----------------------------------------------------------------------------------------------------------


def test_a_timer_says_its_rule_and_never_fires_by_itself(mode: str) -> None:
    drive = Drive(watched(boundary("limit", "work", timer("PT0S"), 'cancelActivity="false"')), mode=mode)
    assert [(one.element.id, one.rule) for one in drive.outcome.armed] == [("limit", {"limit": "PT0S"})]
    for _ in range(3):
        drive.run.advance()
    assert drive.open == ["work"] and drive.armed == ["limit"]


def test_a_timer_that_is_told_fires_once_beside_the_work(mode: str) -> None:
    drive = Drive(watched(boundary("limit", "work", timer("working_days(2)"), 'cancelActivity="false"')), mode=mode)
    task = drive.outcome.armed[0].task
    assert drive.outcome.armed[0].rule == {"limit": "2wd"}
    assert drive.run.fire(task) is True
    assert drive.open == ["late", "work"] and drive.armed == []
    assert drive.run.fire(task) is False, "the same timer has fired"
    assert drive.open == ["late", "work"]
    drive.complete("late")
    drive.complete("work")
    drive.complete("after")
    assert drive.ended


def test_an_interrupting_timer_takes_the_work_away(mode: str) -> None:
    drive = Drive(watched(boundary("limit", "work", timer("PT1H"))), mode=mode)
    drive.fire("limit")
    assert drive.open == ["late"] and drive.armed == []
    drive.complete("late")
    assert drive.ended


def test_of_two_timers_only_the_one_that_is_told_fires(mode: str) -> None:
    beside = 'cancelActivity="false"'
    data = watched(
        boundary("limit", "work", timer("PT1H"), beside), boundary("remind", "work", timer("PT1H"), beside),
        flows=[*line("limit", "late"), *line("remind", "late")],
    )  # fmt: skip
    drive = Drive(data, mode=mode)
    assert drive.armed == ["limit", "remind"]
    drive.fire("remind")
    assert drive.armed == ["limit"] and drive.open == ["late", "work"]


def test_finished_work_disarms_its_timers(mode: str) -> None:
    drive = Drive(watched(boundary("limit", "work", timer("PT1H"), 'cancelActivity="false"')), mode=mode)
    task = drive.outcome.armed[0].task
    drive.complete("work")
    assert drive.armed == [] and drive.run.fire(task) is False
    assert drive.open == ["after"]


def test_a_timer_that_has_fired_can_be_armed_again_while_the_work_goes_on(mode: str) -> None:
    drive = Drive(watched(boundary("limit", "work", timer("PT1H"), 'cancelActivity="false"')), mode=mode)
    for round_ in range(4):
        visit = drive.outcome.armed[0].visit
        assert visit in drive.outcome.visits
        drive.fire("limit")
        assert visit in drive.outcome.visits, "the activity it hangs on still lives"
        drive.complete("late")
        again = drive.run.rearm(visit, "limit")
        drive._saved()
        assert again is not None and [one.task for one in drive.outcome.armed] == [again], round_
    drive.complete("work")
    assert drive.outcome.visits == frozenset() and drive.armed == []
    drive.complete("after")
    assert drive.ended


def test_only_the_boundary_of_a_living_activity_can_be_armed_again(mode: str) -> None:
    drive = Drive(watched(boundary("limit", "work", timer("PT1H"), 'cancelActivity="false"')), mode=mode)
    visit, work = drive.outcome.armed[0].visit, drive.waiting("work")[0].task
    assert drive.run.rearm(visit, "work") is None, "no boundary"
    assert drive.run.rearm(work, "limit") is None, "no split"
    drive.complete("work")
    assert drive.run.rearm(visit, "limit") is None and drive.armed == []


def test_a_timer_on_the_way_holds_the_token(mode: str) -> None:
    catch = node("intermediateCatchEvent", "wait", "", timer("PT1H"))
    drive = Drive(drawn(start(), catch, user("a"), end(), *line("begin", "wait", "a", "finish")), mode=mode)
    armed = drive.outcome.armed[0]
    assert drive.open == [] and armed.element.id == "wait" and armed.visit == armed.task
    drive.fire("wait")
    assert drive.open == ["a"] and drive.outcome.visits == frozenset()


def test_a_timer_on_a_subprocess_runs_over_all_its_tasks(mode: str) -> None:
    inner = node("subProcess", "inner", "", "".join(
        [start("in_begin"), user("a"), user("b"), end("in_end"), *line("in_begin", "a", "b", "in_end")]
    ))  # fmt: skip
    limit = boundary("limit", "inner", timer("PT1H"), 'cancelActivity="false"')
    data = drawn(start(), inner, limit, user("late"), end(), end("noted"), *line("begin", "inner", "finish"),
                 *line("limit", "late", "noted"))  # fmt: skip
    drive = Drive(data, mode=mode)
    task = drive.outcome.armed[0].task
    drive.complete("a")
    assert [one.task for one in drive.outcome.armed] == [task], "not armed anew by the next task"
    drive.fire("limit")
    assert drive.open == ["b", "late"]
    drive.complete("b")
    assert drive.open == ["late"] and not drive.ended
    drive.complete("late")
    assert drive.ended


# -- messages ---------------------------------------------------------------------------------------------------------


def test_a_message_on_the_way_is_caught_by_its_name_only(mode: str) -> None:
    catch = node("intermediateCatchEvent", "wait", "", message("m_go"))
    data = drawn(start(), catch, user("a"), end(), *line("begin", "wait", "a", "finish"), around=MESSAGES)
    drive = Drive(data, mode=mode)
    assert drive.run.awaits("go") and not drive.run.awaits("stop")
    drive.deliver("stop")
    assert drive.open == []
    drive.deliver("go")
    assert drive.open == ["a"] and not drive.run.awaits("go")


def test_an_interrupting_message_takes_the_work_away_with_its_timers(mode: str) -> None:
    data = watched(
        boundary("halt", "work", message("m_stop")), boundary("limit", "work", timer("PT1H")),
        flows=[*line("halt", "late"), *line("limit", "late")], around=MESSAGES,
    )  # fmt: skip
    drive = Drive(data, mode=mode)
    drive.deliver("stop")
    assert drive.open == ["late"] and drive.armed == [] and not drive.run.awaits("stop")


def test_a_message_beside_the_work_is_heard_every_time(mode: str) -> None:
    data = watched(boundary("limit", "work", message("m_stop"), 'cancelActivity="false"'), around=MESSAGES)
    drive = Drive(data, mode=mode)
    for heard in (1, 2, 3):
        drive.deliver("stop")
        assert drive.open == ["late"] * heard + ["work"]
    drive.complete("work")
    assert not drive.run.awaits("stop")
    for element in ("late", "after", "late", "late"):
        assert not drive.ended
        drive.complete(element)
    assert drive.ended


def test_finished_work_no_longer_hears_messages(mode: str) -> None:
    drive = Drive(watched(boundary("limit", "work", message("m_stop")), around=MESSAGES), mode=mode)
    drive.complete("work")
    assert not drive.run.awaits("stop")


def test_a_message_interrupts_a_subprocess_in_every_round(mode: str) -> None:
    inner = node("subProcess", "inner", "", "".join(
        [start("in_begin"), user("a"), user("b"), end("in_end"), *line("in_begin", "a", "b", "in_end")]
    ))  # fmt: skip
    data = drawn(
        start(), user("dispatch"), inner, boundary("back", "inner", message("m_stop")), end(),
        boundary("limit", "inner", timer("PT1H"), 'cancelActivity="false"'), end("noted"), *line("limit", "noted"),
        *line("begin", "dispatch", "inner", "finish"), *line("back", "dispatch"), around=MESSAGES,
    )  # fmt: skip
    drive = Drive(data, mode=mode)
    for round_ in range(5):
        drive.complete("dispatch")
        assert drive.armed == ["limit"], "each round has a limit of its own"
        if round_ % 2:
            drive.complete("a")
        drive.deliver("stop")
        assert drive.open == ["dispatch"] and drive.armed == []
    drive.complete("dispatch")
    drive.complete("a")
    drive.complete("b")
    assert drive.ended


def test_thrown_and_final_messages_go_to_the_host_with_their_payload(mode: str) -> None:
    throw = node("intermediateThrowEvent", "tell", "", inputs(n="n * 2") + message("m_go"))
    data = drawn(start(), user("a"), throw, end("finish", message("m_stop")), *line("begin", "a", "tell", "finish"),
                 around=MESSAGES)  # fmt: skip
    drive = Drive(data, mode=mode, n=4)
    drive.complete("a")
    assert drive.thrown == [("go", {"n": 8}), ("stop", {})] and drive.ended


def test_a_message_start_starts_like_a_plain_one(mode: str) -> None:
    data = drawn(start("asked", message("m_go")), user("a"), end(), *line("asked", "a", "finish"), around=MESSAGES)
    drive = Drive(data, mode=mode)
    assert drive.open == ["a"] and not drive.run.awaits("go")
    assert drive.run.definitions.starters["go"].id == "main"


@pytest.mark.parametrize("first", ["message", "timer"])
def test_behind_an_event_gateway_the_first_event_decides(mode: str, first: str) -> None:
    data = drawn(
        start(), user("ask"), gateway("eventBased", "await"), user("thank"), user("remind"), end(), end("other"),
        node("intermediateCatchEvent", "came", "", message("m_go")),
        node("intermediateCatchEvent", "silence", "", timer("PT1H")),
        *line("begin", "ask", "await", "came", "thank", "finish"), *line("await", "silence", "remind", "other"),
        around=MESSAGES,
    )  # fmt: skip
    drive = Drive(data, mode=mode)
    drive.complete("ask")
    assert drive.armed == ["silence"] and drive.run.awaits("go")
    if first == "message":
        drive.deliver("go")
        assert drive.open == ["thank"]
    else:
        drive.fire("silence")
        assert drive.open == ["remind"]
    assert drive.armed == [] and not drive.run.awaits("go")
    drive.complete(drive.open[0])
    assert drive.ended
