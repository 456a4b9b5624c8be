"""A command writes everything or nothing: whatever fails, no table holds a trace and the next command works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from persistence.audit import verify
from processes import verbs
from processes.errors import AlreadyHandled, EngineFault, Invalid, RunawayProcess
from tests.small import HANDLER, MONDAY, Small, at

Change = Callable[[dict[str, bytes]], None]


def replacing(old: str, new: str, file: str = "main.bpmn") -> Change:
    def change(files: dict[str, bytes]) -> None:
        text = files[file].decode()
        assert old in text
        files[file] = text.replace(old, new).encode()

    return change


GAP = replacing("<text>-</text>", '<text>"nothing of the kind"</text>', "limits.dmn")
BROKEN: dict[str, tuple[Change, str]] = {
    "a table without a row that fits": (GAP, "handle_overdue"),
    "a timer that gives no limit": (replacing('limit("handle")', "request_type = null"), "handle_overdue"),
    "a timer whose limit cannot be read": (replacing('limit("handle")', '"ten days"'), "handle_overdue"),
    "a timer that hangs on one not running": (
        replacing('before("handle_overdue"', 'before("rework_overdue"'),
        "extension_window",
    ),
    "an expression that fails": (
        replacing("working_days(1)</bpmn:timeDuration>", "working_days(title)</bpmn:timeDuration>"),
        "sign_for_overdue",
    ),
}


@pytest.mark.parametrize("name", list(BROKEN))
def test_nothing_is_written_when_the_diagram_fails(name: str) -> None:
    change, element = BROKEN[name]
    small = Small(change=change)
    order_id = small.receive()
    small.do(order_id, "accept", decision="accept")
    before = small.everything()
    with pytest.raises(EngineFault) as error:
        small.do(order_id, "dispatch", lead_unit="housing")
    assert error.value.details["element"] == element and error.value.status == 422
    assert element in error.value.zh and element in error.value.en
    assert small.everything() == before
    assert small.database.kept.take(order_id) is None, "the aggregate in memory was half-changed"
    assert small.open(order_id) == ["dispatch"], "and the order can be tried again"
    small.close()


def test_a_failing_condition_rolls_back_the_task_before_it() -> None:
    small = Small(change=replacing('decision = "accept"', "working_days(decision).limit = 1"))
    order_id = small.receive()
    before = small.everything()
    with pytest.raises(EngineFault) as error:
        small.do(order_id, "accept", decision="accept")
    assert error.value.details["element"] == "accepted"
    assert small.everything() == before
    small.close()


def test_a_failing_operation_rolls_back_what_was_done_before_it() -> None:
    small = Small(change=replacing('camunda:topic="close_order"', 'camunda:topic="number"'))
    order_id = small.handling()
    small.do(order_id, "handle", result_text="办了")
    before = small.everything()
    with pytest.raises(EngineFault) as error:
        small.do(order_id, "review", decision="close")
    assert error.value.details["element"] == "close"
    assert small.everything() == before
    small.do(order_id, "review", decision="rework")
    assert small.open(order_id) == ["rework"]
    small.close()


def test_a_failing_firing_fires_nothing_of_the_order() -> None:
    small = Small(change=replacing('name="to">"handler"', 'name="to">working_days("x")'))
    order_id = small.dispatched()
    before = small.everything()
    with pytest.raises(EngineFault) as error:
        small.wait(order_id, at("2026-12-01T00:00"))
    assert error.value.details["element"] == "remind"
    assert small.everything() == before
    small.close()


def test_a_loop_is_stopped_and_undone() -> None:
    """The lint refuses such a drawing; a deployment that is older than a rule of the lint is not lost either."""
    loop = replacing(
        'id="f10" sourceRef="returned" targetRef="dispatch"', 'id="f10" sourceRef="returned" targetRef="circle"'
    )
    nodes = (
        '<bpmn:exclusiveGateway id="circle"/><bpmn:sequenceFlow id="c1" sourceRef="circle" targetRef="spin"/>'
        '<bpmn:scriptTask id="spin" scriptFormat="feel" camunda:resultVariable="n"><bpmn:script>1</bpmn:script>'
        '</bpmn:scriptTask><bpmn:sequenceFlow id="c2" sourceRef="spin" targetRef="circle"/></bpmn:process>'
    )

    def change(files: dict[str, bytes]) -> None:
        loop(files)
        replacing("</bpmn:process>", nodes)(files)

    small = Small(change=change)
    order_id = small.handling()
    before = small.everything()
    with pytest.raises(RunawayProcess):
        small.give_back(order_id)
    assert small.everything() == before
    small.close()


def test_messages_in_a_circle_are_stopped_and_undone() -> None:
    # Handing back starts handing back again.
    thrown = 'id="rm2" messageRef="message_order_returned"'
    change = replacing(thrown, thrown.replace("order_returned", "give_back"), "give_back.bpmn")
    small = Small(change=change)
    order_id = small.handling()
    before = small.everything()
    with pytest.raises(RunawayProcess):
        small.give_back(order_id)
    assert small.everything() == before
    small.close()


@pytest.mark.parametrize("table", ["work_order", "instance", "task", "deadline", "journal"])
def test_a_database_that_fails_at_any_table_keeps_nothing(table: str) -> None:
    small = Small()
    order_id = small.handling()
    before = small.everything()
    failing = True

    @sa.event.listens_for(small.database.engine, "before_cursor_execute")
    def full(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if failing and statement.startswith((f"INSERT INTO {table} ", f"UPDATE {table} ")):
            raise sa.exc.OperationalError(statement, {}, Exception("disk full"))

    with pytest.raises(sa.exc.OperationalError):
        small.do(order_id, "handle", result_text="办了")
    assert small.everything() == before
    if table != "deadline":
        with pytest.raises(sa.exc.OperationalError):
            small.receive()
        assert small.everything() == before, "not even the number of the order"
    failing = False
    small.do(order_id, "handle", result_text="办了")
    assert small.open(order_id) == ["review"] and verify(small.database).intact
    small.close()


def test_a_form_with_errors_does_not_reach_the_door() -> None:
    small = Small()
    order_id = small.handling()
    before = small.everything()
    with pytest.raises(Invalid) as error:
        small.do(order_id, "handle")
    assert list(error.value.errors) == ["result_text"] and error.value.status == 422
    assert small.everything() == before
    small.close()


def test_refused_commands_leave_no_row_and_no_gap_in_the_numbers() -> None:
    small = Small()
    order_id = small.dispatched()
    task = small.task(order_id, "sign_for").id
    small.do(order_id, "sign_for")
    before = small.everything()
    for _ in range(5):
        with pytest.raises(AlreadyHandled):
            verbs.complete(small.door, HANDLER, task, {}, MONDAY)
    assert small.everything() == before
    numbers = [small.order(small.receive()).number for _ in range(2)]
    assert numbers == ["S20260928-002", "S20260928-003"]
    small.close()
