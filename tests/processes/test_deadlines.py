"""Deadlines at the door: what is past fires before the command, in order, each at its own time, and only once.

Times of the small pack: sign for within 1 working day (T-SM-01), handle within 10 (T-SM-04), a reminder one working day
before that (T-SM-07), rework within 48 hours (T-SM-12). Close of business is 17:30.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from processes import verbs
from processes.errors import AlreadyHandled, RunawayProcess
from tests.small import HANDLER, MONDAY, Small, at

SIGN_DUE = at("2026-09-29T17:30")
HANDLE_DUE = at("2026-10-16T17:30")
"""Ten working days after 28 September 2026: 1 to 7 October are off, Saturday 10 October is worked."""
WINDOW_DUE = at("2026-10-15T17:30")
INSTANT = timedelta(microseconds=1)


def fired(small: Small, order_id: str) -> list[tuple[str, datetime]]:
    """(element, due time) of what fired, in the order of the journal."""
    return [(row["element"], row["due_at"]) for row in small.read.journal_of(order_id) if row["act"] == "fire"]


def test_limits_begin_with_their_work_and_know_the_calendar(small: Small) -> None:
    order_id = small.dispatched()
    assert small.deadline(order_id, "sign_for_overdue").due_at == SIGN_DUE
    assert small.deadline(order_id, "handle_overdue").due_at == HANDLE_DUE
    assert small.deadline(order_id, "extension_window").due_at == WINDOW_DUE
    assert small.deadline(order_id, "handle_overdue").timer == "T-SM-04"
    assert small.deadline(order_id, "extension_window").soft


def test_another_row_of_the_table_is_another_limit(small: Small) -> None:
    order_id = small.dispatched(request_type="consult")
    deadline = small.deadline(order_id, "handle_overdue")
    assert (deadline.timer, deadline.due_at) == ("T-SM-03", at("2026-10-08T17:30"))


def test_a_deadline_due_at_this_very_instant_has_not_passed(small: Small) -> None:
    order_id = small.dispatched()
    result = small.do(order_id, "sign_for", SIGN_DUE)
    assert result.fired == () and "late_signed" not in result.order.facts
    assert small.deadlines(order_id)["sign_for_overdue"][0]["cancelled_at"] == SIGN_DUE


def test_a_deadline_that_passed_an_instant_ago_fires_before_the_late_command(small: Small) -> None:
    order_id = small.dispatched()
    result = small.do(order_id, "sign_for", SIGN_DUE + INSTANT)
    assert [one.element for one in result.fired] == ["sign_for_overdue"]
    assert result.order.facts["late_signed"] is True
    assert small.acts(order_id)[-2:] == [("fire", "sign_for_overdue"), ("complete", "sign_for")]
    row = small.deadlines(order_id)["sign_for_overdue"][0]
    assert row["fired_at"] == SIGN_DUE + INSTANT and row["cancelled_at"] is None


def test_a_refused_command_leaves_the_passed_deadline_for_the_sweep(small: Small) -> None:
    order_id = small.dispatched()
    task = small.task(order_id, "sign_for").id
    small.do(order_id, "sign_for")
    with pytest.raises(AlreadyHandled):
        verbs.complete(small.door, HANDLER, task, {}, HANDLE_DUE + INSTANT)
    assert fired(small, order_id) == []
    assert small.deadline(order_id, "handle_overdue").fired_at is None
    small.wait(order_id, HANDLE_DUE + INSTANT)
    assert [element for element, _ in fired(small, order_id)] == ["extension_window", "handle_overdue"]


def test_work_done_in_time_cancels_its_limits(small: Small) -> None:
    order_id = small.handling()
    small.do(order_id, "handle", at("2026-10-15T09:00"), result_text="办了")
    for rows in small.deadlines(order_id).values():
        assert rows[0]["fired_at"] is None and rows[0]["cancelled_at"] is not None
    assert small.wait(order_id, at("2027-01-01T00:00")).fired == ()


def test_after_an_outage_all_fire_in_order_of_due_time(small: Small) -> None:
    order_id = small.dispatched()
    small.forget()
    result = small.wait(order_id, at("2026-12-01T09:00"))
    assert fired(small, order_id) == [
        ("sign_for_overdue", SIGN_DUE),
        ("extension_window", WINDOW_DUE),
        ("handle_overdue", HANDLE_DUE),
    ]
    assert len(result.fired) == 3
    for row in small.read.journal_of(order_id)[-3:]:
        assert row["happened_at"] == at("2026-12-01T09:00") and row["actor"] == "system"


def test_what_fired_does_not_fire_again(small: Small) -> None:
    order_id = small.dispatched()
    for _ in range(3):
        small.forget()
        small.wait(order_id, at("2026-12-01T09:00"))
    assert len(fired(small, order_id)) == 3
    assert [notice["template"] for notice in small.read.notices_of(order_id)] == ["last_chance"]


def test_a_clock_that_steps_back_fires_nothing_and_loses_nothing(small: Small) -> None:
    order_id = small.dispatched()
    small.wait(order_id, SIGN_DUE + INSTANT)
    for _ in range(2):
        small.wait(order_id, MONDAY - timedelta(days=1))
    assert len(fired(small, order_id)) == 1
    small.wait(order_id, HANDLE_DUE + timedelta(days=1))
    assert len(fired(small, order_id)) == 3


def test_only_passed_deadlines_are_due_for_the_sweep(small: Small) -> None:
    order_id = small.dispatched()
    sign = small.deadline(order_id, "sign_for_overdue").id
    assert order_id not in small.read.due_orders(SIGN_DUE, 10_000)
    assert small.read.due_deadlines(order_id, SIGN_DUE) == []
    assert order_id in small.read.due_orders(SIGN_DUE + INSTANT, 10_000)
    assert small.read.due_deadlines(order_id, SIGN_DUE + INSTANT) == [sign]
    small.wait(order_id, SIGN_DUE + INSTANT)
    assert order_id not in small.read.due_orders(SIGN_DUE + INSTANT, 10_000)


def escalating(files: dict[str, bytes]) -> None:
    """After the sign-for limit the order waits two hours more, then marks it."""
    files["main.bpmn"] = (
        files["main.bpmn"]
        .decode()
        .replace('targetRef="mark_late"', 'targetRef="patience"')
        .replace(
            '<bpmn:scriptTask id="mark_late"',
            '<bpmn:intermediateCatchEvent id="patience" name="再等"><bpmn:timerEventDefinition id="tp">'
            "<bpmn:timeDuration>PT2H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
            '<bpmn:sequenceFlow id="hp" sourceRef="patience" targetRef="mark_late"/><bpmn:scriptTask id="mark_late"',
        )
        .replace("<bpmn:script>true</bpmn:script>", "<bpmn:script>string(now)</bpmn:script>", 1)
        .encode()
    )


def test_a_follow_up_starts_when_it_should_have() -> None:
    small = Small(change=escalating)
    order_id = small.dispatched()
    small.wait(order_id, at("2026-12-01T09:00"))
    follow_up = small.deadlines(order_id)["patience"][0]
    assert follow_up["anchor_at"] == SIGN_DUE
    assert follow_up["due_at"] == SIGN_DUE + timedelta(hours=2)
    assert follow_up["fired_at"] == at("2026-12-01T09:00")
    assert [element for element, _ in fired(small, order_id)][:2] == ["sign_for_overdue", "patience"]
    marked = small.order(order_id).facts["late_signed"]
    assert marked.startswith("2026-09-29T19:30:00"), "now is the logical time of what fires, on the office's clock"
    small.close()


def test_a_follow_up_still_ahead_fires_at_its_own_time() -> None:
    small = Small(change=escalating)
    order_id = small.dispatched()
    small.wait(order_id, SIGN_DUE + timedelta(hours=1))
    assert small.deadline(order_id, "patience").due_at == SIGN_DUE + timedelta(hours=2)
    assert "late_signed" not in small.order(order_id).facts
    small.wait(order_id, SIGN_DUE + timedelta(hours=2) + INSTANT)
    assert "late_signed" in small.order(order_id).facts
    small.close()


def test_a_drawing_that_arms_timers_in_the_past_for_ever_is_stopped() -> None:
    def circling(files: dict[str, bytes]) -> None:
        escalating(files)
        files["main.bpmn"] = (
            files["main.bpmn"]
            .decode()
            .replace("PT2H", "PT1M")
            .replace(
                'id="h3" sourceRef="mark_late" targetRef="late_marked"',
                'id="h3" sourceRef="mark_late" targetRef="patience"',
            )
            .encode()
        )

    small = Small(change=circling)
    order_id = small.dispatched()
    with pytest.raises(RunawayProcess):
        small.wait(order_id, at("2027-12-01T09:00"))
    assert fired(small, order_id) == []
    small.close()


def test_a_command_sees_what_fired_before_it(small: Small) -> None:
    """The application comes after the due time: the table sees that it passed, and the door that it fired."""
    order_id = small.handling()
    result = small.apply(order_id, HANDLE_DUE + INSTANT)
    assert [one.element for one in result.fired] == ["extension_window", "handle_overdue"]
    assert result.refused[0].codes == ("AFTER_DUE",)


def test_open_tasks_show_the_limit_they_work_under(small: Small) -> None:
    order_id = small.dispatched()
    assert small.task(order_id, "sign_for").due_at == SIGN_DUE, "its own"
    small.do(order_id, "sign_for")
    assert small.task(order_id, "handle").due_at == HANDLE_DUE, "that of the stretch around it"
    small.do(order_id, "handle", result_text="办了")
    assert small.task(order_id, "review").due_at is None
    small.do(order_id, "review", decision="rework")
    small.forget()
    assert small.task(order_id, "rework").due_at == MONDAY + timedelta(hours=48)


def test_a_task_of_a_called_process_shows_the_limit_around_the_call(small: Small) -> None:
    def called(files: dict[str, bytes]) -> None:
        main = files["main.bpmn"].decode()
        begin = main.index('<bpmn:userTask id="handle"')
        end = main.index("</bpmn:userTask>", begin) + len("</bpmn:userTask>")
        head = main[: main.index("<bpmn:message ")].replace('id="small_main"', 'id="small_work"')
        files["work.bpmn"] = f"""{head}<bpmn:process id="work" name="办理" isExecutable="true">
            <bpmn:startEvent id="work_begins" name="开始"/>
            <bpmn:sequenceFlow id="w1" sourceRef="work_begins" targetRef="handle"/>
            {main[begin:end]}
            <bpmn:sequenceFlow id="w2" sourceRef="handle" targetRef="work_done"/>
            <bpmn:endEvent id="work_done" name="办完"/>
        </bpmn:process></bpmn:definitions>""".encode()
        call = '<bpmn:callActivity id="do_work" name="办理" calledElement="work"/>'
        main = (main[:begin] + call + main[end:]).replace('targetRef="handle"', 'targetRef="do_work"')
        files["main.bpmn"] = main.replace('sourceRef="handle"', 'sourceRef="do_work"').encode()

    small.deploy(change=called, effective_from=at("2026-09-01T00:00"))
    order_id = small.handling()
    assert small.task(order_id, "handle").due_at == HANDLE_DUE


def test_each_round_of_rework_has_its_own_limit(small: Small) -> None:
    order_id, now = small.handling(), MONDAY
    small.do(order_id, "handle", now, result_text="办了")
    for hours in (1, 50, 2):
        small.do(order_id, "review", now, decision="rework")
        now += timedelta(hours=hours)
        small.do(order_id, "rework", now)
    rows: list[Any] = small.deadlines(order_id)["rework_overdue"]
    assert [bool(row["fired_at"]) for row in rows] == [False, True, False]
    assert [row["due_at"] - row["anchor_at"] for row in rows] == [timedelta(hours=48)] * 3


def test_a_given_back_order_gets_fresh_limits(small: Small) -> None:
    order_id = small.handling()
    later = at("2026-10-12T09:00")
    small.give_back(order_id, later)
    assert small.order(order_id).deadlines == {}
    assert small.order(order_id).facts["returned_from"] == "housing"
    small.do(order_id, "dispatch", later, lead_unit="water")
    first, second = small.deadlines(order_id)["handle_overdue"]
    assert first["cancelled_at"] == later and second["anchor_at"] == later


def test_every_due_time_says_how_it_came_about(small: Small) -> None:
    order_id = small.dispatched()
    for rows in small.deadlines(order_id).values():
        row = rows[0]
        assert row["calendar"] and row["explanation"] and not row["provisional"]
        assert all(isinstance(code, str) and isinstance(params, dict) for code, params in row["explanation"])
        json.dumps(row["rule"])


def test_a_reminder_before_another_deadline_happens_at_its_own_time() -> None:
    """Its anchor is the deadline it hangs on, which lies ahead: what the reminder starts must not begin there."""

    def followed(files: dict[str, bytes]) -> None:
        main = files["main.bpmn"].decode()
        timer = (
            '<bpmn:intermediateCatchEvent id="follow" name="再等"><bpmn:timerEventDefinition id="ft">'
            "<bpmn:timeDuration>hours(2)</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
            '<bpmn:sequenceFlow id="ff" sourceRef="follow" targetRef="reminded"/>'
        )
        main = main.replace('<bpmn:endEvent id="reminded"', f'{timer}<bpmn:endEvent id="reminded"')
        files["main.bpmn"] = main.replace(
            'sourceRef="remind" targetRef="reminded"', 'sourceRef="remind" targetRef="follow"'
        ).encode()

    small = Small(change=followed)
    order_id = small.handling()
    small.forget()
    small.wait(order_id, WINDOW_DUE + timedelta(minutes=1))
    assert small.deadline(order_id, "follow").due_at == WINDOW_DUE + timedelta(hours=2)
    small.close()
