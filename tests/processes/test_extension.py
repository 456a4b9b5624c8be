"""An application waits for its decision, and so does the deadline: held, released, extended, with what depends on it.

Dispatched on 28 September 2026 the order is due on 16 October at close of business, the reminder one working day
before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from processes import running
from processes.command import Command
from processes.errors import EngineFault
from processes.order import state_of
from processes.people import SYSTEM
from tests.small import MONDAY, Small, at
from timers.calendar import published_calendar
from timers.notice import parse_notice

DUE = at("2026-10-16T17:30")
WINDOW = at("2026-10-15T17:30")
EXTENDED = at("2026-10-23T17:30")
"""Five working days more."""
BEFORE, AFTER = at("2026-10-16T15:00"), at("2026-10-19T11:00")


def noted(small: Small, order_id: str, key: str) -> list[Any]:
    """What the journal of the order says under a key, in order."""
    found = (json.loads(row["changed"]).get(key) for row in small.read.journal_of(order_id))
    return [one for one in found if one is not None]


def test_a_pending_application_holds_the_deadline_past_its_time(small: Small) -> None:
    order_id = small.handling()
    small.apply(order_id, BEFORE)
    held = small.deadline(order_id, "handle_overdue")
    assert held.held_by is not None and held.id not in small.read.due_deadlines(order_id, AFTER)
    small.forget()
    small.wait(order_id, AFTER)
    assert small.deadline(order_id, "handle_overdue").fired_at is None
    assert "overdue" not in small.order(order_id).facts
    assert small.order(order_id).status == "extension_pending"


def test_work_handed_in_late_is_not_called_on_time_while_its_extension_is_undecided(small: Small) -> None:
    order_id = small.handling()
    small.apply(order_id, BEFORE)
    small.do(order_id, "handle", AFTER, result_text="办了")
    (row,) = small.deadlines(order_id)["handle_overdue"]
    assert row["ended_at"] is not None and state_of(row) == "held"
    asked = small.read.aggregate(small.read.by_id(order_id))
    assert asked.deadlines[row["id"]].held_by is not None, "what is only asked sees it as the verb does"
    small.do(order_id, "decide_extension", AFTER, decision="reject")
    (row,) = small.deadlines(order_id)["handle_overdue"]
    assert state_of(row) == "fired"


def test_a_refusal_makes_it_overdue_from_the_original_instant(small: Small) -> None:
    order_id = small.handling()
    small.apply(order_id, BEFORE)
    result = small.do(order_id, "decide_extension", AFTER, decision="reject")
    assert [one.element for one in result.fired] == ["handle_overdue"]
    assert result.order.facts["overdue"] is True
    (row,) = small.deadlines(order_id)["handle_overdue"]
    assert row["due_at"] == DUE and row["fired_at"] == AFTER and row["extended_from"] is None
    last = small.read.journal_of(order_id)[-1]
    assert (last["act"], last["due_at"], last["happened_at"]) == ("fire", DUE, AFTER)


def test_a_refusal_in_time_just_lets_the_deadline_run(small: Small) -> None:
    order_id = small.handling()
    small.apply(order_id, BEFORE)
    result = small.do(order_id, "decide_extension", BEFORE + timedelta(minutes=5), decision="reject")
    assert result.fired == ()
    deadline = small.deadline(order_id, "handle_overdue")
    assert deadline.held_by is None and deadline.due_at == DUE
    small.wait(order_id, DUE + timedelta(seconds=1))
    assert small.order(order_id).facts["overdue"] is True


def test_consent_moves_the_deadline_and_its_window_is_armed_again(small: Small) -> None:
    order_id = small.handling()
    small.apply(order_id, BEFORE)
    assert small.deadline(order_id, "extension_window").fired_at == BEFORE, "the reminder came while it was undecided"
    small.do(order_id, "decide_extension", AFTER, decision="consent")
    deadline = small.deadline(order_id, "handle_overdue")
    assert (deadline.due_at, deadline.extended_from, deadline.held_by) == (EXTENDED, DUE, None)
    fired, again = small.deadlines(order_id)["extension_window"]
    assert fired["ended_at"] is not None
    assert again["due_at"] == at("2026-10-22T17:30") and again["fired_at"] is None
    assert noted(small, order_id, "extended") == [[
        {"element": "handle_overdue", "timer": "T-SM-04", "by": "5wd",
         "from": "2026-10-16T09:30:00.000000Z", "to": "2026-10-23T09:30:00.000000Z"}
    ]]  # fmt: skip
    small.forget()
    assert small.wait(order_id, EXTENDED).fired[0].element == "extension_window"
    assert small.wait(order_id, EXTENDED + timedelta(seconds=1)).fired[0].element == "handle_overdue"
    assert len(small.read.notices_of(order_id)) == 2


def test_consent_before_the_window_moves_it_along(small: Small) -> None:
    order_id = small.handling()
    small.apply(order_id, MONDAY)
    small.do(order_id, "decide_extension", MONDAY, decision="consent")
    (window,) = small.deadlines(order_id)["extension_window"]
    assert window["due_at"] == at("2026-10-22T17:30") and window["fired_at"] is None
    moved = noted(small, order_id, "moved")[0][0]
    assert (moved["element"], moved["from"]) == ("extension_window", "2026-10-15T09:30:00.000000Z")


def test_open_tasks_show_the_new_limit(small: Small) -> None:
    order_id = small.handling()
    small.apply(order_id, MONDAY)
    small.do(order_id, "decide_extension", MONDAY, decision="consent")
    small.forget()
    assert small.task(order_id, "handle").due_at == EXTENDED


def test_the_explanation_tells_both_parts(small: Small) -> None:
    order_id = small.handling()
    before = len(small.deadline(order_id, "handle_overdue").explanation)
    small.apply(order_id, MONDAY)
    small.do(order_id, "decide_extension", MONDAY, decision="consent")
    assert len(small.deadline(order_id, "handle_overdue").explanation) > before


def test_a_second_extension_counts_from_the_first(small: Small) -> None:
    order_id = small.handling()
    for _ in range(2):
        small.apply(order_id, MONDAY)
        small.do(order_id, "decide_extension", MONDAY, decision="consent")
    deadline = small.deadline(order_id, "handle_overdue")
    assert deadline.due_at == at("2026-10-30T17:30") and deadline.extended_from == DUE
    assert deadline.rule["extended_by"] == ["5wd", "5wd"]


def test_an_application_against_the_rules_is_refused_and_recorded_not_blocked(small: Small) -> None:
    order_id = small.handling(request_type="consult")
    result = small.apply(order_id, MONDAY, reason=None)
    assert result.refused[0].codes == ("TYPE_CONSULT", "NO_REASON") and result.refused[0].says == "不符合延期条件"
    deadline = small.deadline(order_id, "handle_overdue")
    assert deadline.held_by is None
    assert noted(small, order_id, "refused")[0][0]["causes"] == ["TYPE_CONSULT", "NO_REASON"]
    rules = noted(small, order_id, "decided")[-1][0]["rules"]
    assert [rule["number"] for rule in rules] == [2, 3], "which rule did it"
    assert small.order(order_id).status == "in_handling"


def test_work_handed_in_while_undecided_ends_the_deadline(small: Small) -> None:
    order_id = small.handling()
    small.apply(order_id, BEFORE)
    small.do(order_id, "handle", BEFORE + timedelta(minutes=1), result_text="办了")
    (row,) = small.deadlines(order_id)["handle_overdue"]
    assert row["cancelled_at"] is not None
    result = small.do(order_id, "decide_extension", AFTER, decision="consent")
    assert result.fired == () and small.open(order_id) == ["review"]


@pytest.mark.parametrize(("decision", "late"), [("reject", True), ("consent", False)])
def test_work_handed_in_late_while_undecided_is_in_time_only_if_the_decision_says_so(
    small: Small, decision: str, late: bool
) -> None:
    order_id = small.handling()
    small.apply(order_id, BEFORE)
    small.forget()
    small.do(order_id, "handle", AFTER, result_text="办了")
    (row,) = small.deadlines(order_id)["handle_overdue"]
    assert row["fired_at"] is None and row["cancelled_at"] is None and row["ended_at"] == AFTER
    small.forget()
    small.do(order_id, "decide_extension", AFTER + timedelta(hours=1), decision=decision)
    (row,) = small.deadlines(order_id)["handle_overdue"]
    assert row["held_by"] is None
    assert (row["fired_at"] is not None, row["cancelled_at"] == AFTER) == (late, not late)
    told = noted(small, order_id, "overdue")
    assert [one[0]["due_at"] for one in told] == (["2026-10-16T09:30:00.000000Z"] if late else [])
    assert small.open(order_id) == ["review"]


def test_a_decision_after_the_work_changes_no_other_deadline(small: Small) -> None:
    order_id = small.handling()
    small.apply(order_id, MONDAY)
    small.do(order_id, "handle", MONDAY, result_text="办了")
    small.do(order_id, "review", MONDAY, decision="rework")
    due = small.deadline(order_id, "rework_overdue").due_at
    small.do(order_id, "decide_extension", MONDAY, decision="consent")
    assert small.deadline(order_id, "rework_overdue").due_at == due


def test_an_extension_without_length_is_refused_with_its_element() -> None:
    def change(files: dict[str, bytes]) -> None:
        files["extension.bpmn"] = files["extension.bpmn"].replace(b"working_days(days)", b"days")

    small = Small(change=change)
    order_id = small.handling()
    small.apply(order_id, MONDAY)
    before = small.everything()
    with pytest.raises(EngineFault) as error:
        small.do(order_id, "decide_extension", MONDAY, decision="consent")
    assert error.value.details["element"] == "extend"
    assert small.everything() == before
    small.close()


def test_a_deadline_does_not_wait_for_an_instance_that_has_ended() -> None:
    """A diagram that holds and forgets to let go must not lose the deadline."""

    def change(files: dict[str, bytes]) -> None:
        files["extension.bpmn"] = files["extension.bpmn"].replace(
            b'camunda:topic="release_deadline"', b'camunda:topic="notify"'
        )

    small = Small(change=change)
    order_id = small.handling()
    small.apply(order_id, BEFORE)
    result = small.do(order_id, "decide_extension", AFTER, decision="reject")
    assert [one.element for one in result.fired] == ["handle_overdue"]
    assert small.deadlines(order_id)["handle_overdue"][0]["held_by"] is None
    small.close()


def test_two_applications_hold_one_deadline_until_both_are_decided() -> None:
    small = Small()
    order_id = small.handling()
    small.apply(order_id, BEFORE)
    small.apply(order_id, BEFORE + timedelta(minutes=5))
    assert len(running.holders(small.deadline(order_id, "handle_overdue"))) == 2
    small.forget()
    first = small.do(order_id, "decide_extension", AFTER, decision="reject")
    assert first.fired == () and len(running.holders(small.deadline(order_id, "handle_overdue"))) == 1
    small.wait(order_id, AFTER + timedelta(days=1))
    assert "overdue" not in small.order(order_id).facts, "the second application is still undecided"
    last = small.do(order_id, "decide_extension", AFTER + timedelta(days=2), decision="reject")
    assert [one.element for one in last.fired] == ["handle_overdue"]
    assert small.order(order_id).facts["overdue"] is True
    small.close()


def test_consent_after_the_extended_limit_does_not_open_the_window_again() -> None:
    """A reminder of a day long past reminds nobody."""
    small = Small()
    order_id = small.handling()
    small.apply(order_id, BEFORE)
    result = small.do(order_id, "decide_extension", at("2026-11-20T10:00"), decision="consent")
    assert [one.element for one in result.fired] == ["handle_overdue"]
    (window,) = small.deadlines(order_id)["extension_window"]
    assert window["due_at"] == WINDOW and len(small.read.notices_of(order_id)) == 1
    assert small.deadlines(order_id)["handle_overdue"][0]["due_at"] == EXTENDED
    small.close()


CAPPED = """<bpmn:boundaryEvent id="decision_overdue" name="审批超时" attachedToRef="decide_extension"
  cancelActivity="false">
  <bpmn:extensionElements><camunda:properties><camunda:property name="never_after" value="handle_overdue"/>
  </camunda:properties></bpmn:extensionElements>
  <bpmn:timerEventDefinition id="x1"><bpmn:timeDuration>working_days(20)</bpmn:timeDuration></bpmn:timerEventDefinition>
</bpmn:boundaryEvent>
<bpmn:sequenceFlow id="x2" sourceRef="decision_overdue" targetRef="decision_late"/>
<bpmn:endEvent id="decision_late" name="x"/>
"""
"""The decision is due in twenty working days, but never after the limit that it is about."""


@pytest.fixture
def capped() -> Iterator[Small]:
    def change(files: dict[str, bytes]) -> None:
        text = files["extension.bpmn"].decode()
        files["extension.bpmn"] = text.replace(
            '<bpmn:sequenceFlow id="e7"', CAPPED + '<bpmn:sequenceFlow id="e7"'
        ).encode()

    one = Small(change=change)
    yield one
    one.close()


def test_a_capped_deadline_moves_with_its_cap(capped: Small) -> None:
    order_id = capped.handling()
    for _ in range(2):
        capped.apply(order_id, MONDAY)
    first, second = (d for d in capped.order(order_id).deadlines.values() if d.element == "decision_overdue")
    assert first.due_at == second.due_at == DUE
    capped.do(order_id, "decide_extension", MONDAY, decision="consent")
    assert capped.deadline(order_id, "handle_overdue").due_at == EXTENDED
    assert capped.deadline(order_id, "decision_overdue").due_at == EXTENDED, "the other application's"


@pytest.mark.parametrize("backwards", [False, True])
def test_a_cap_is_computed_again_before_what_it_caps(capped: Small, backwards: bool) -> None:
    order_id = capped.handling()
    capped.apply(order_id, MONDAY)
    order = capped.read.aggregate(capped.read.by_id(order_id))
    order.deadlines = dict(sorted(order.deadlines.items(), key=lambda one: one[1].element, reverse=backwards))
    notice = parse_notice("# year: 2026\ndate,kind,name\n2026-10-16,holiday,试验假\n", source="试验")
    calendar = published_calendar().with_notice(notice)
    command = Command(order, capped.regulation, calendar, capped.read, SYSTEM, MONDAY)
    running.recalculate(command, calendar)
    due = {one.element: one.due_at for one in order.deadlines.values()}
    assert due["decision_overdue"] == due["handle_overdue"] > at("2026-09-28T17:30")
    assert due["handle_overdue"] != DUE
