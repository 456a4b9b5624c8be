"""Clocks are set back: what was put off under the clock before must not wait until that clock would strike."""

from datetime import timedelta

from persistence.incidents import Incidents
from persistence.outbox import Outbox
from processes import verbs
from tests.persistence.test_concurrency import LATE
from tests.small import Small
from timers.backoff import LONGEST

AHEAD = timedelta(days=1)


def test_a_limit_that_failed_under_a_clock_ahead_is_tried_again_now(small: Small) -> None:
    order_id = small.dispatched()
    (deadline,) = [row["id"] for row in small.deadlines(order_id)["handle_overdue"]]
    others = [one for one in small.read.due_deadlines(order_id, LATE) if one != deadline]
    incidents = Incidents(small.database)
    for one in others:
        incidents.failed(one, "没有匹配的规则", LATE)
    assert small.read.due_deadlines(order_id, LATE) == [deadline]
    retry_at = incidents.failed(deadline, "没有匹配的规则", LATE + AHEAD)
    assert small.read.due_deadlines(order_id, LATE) == [deadline]
    assert small.read.due_orders(LATE, 10) == [order_id]
    assert small.read.due_orders(retry_at - LONGEST, 10) == [order_id], "the others, whose pause is over"
    assert small.read.due_deadlines(order_id, retry_at - LONGEST) == others


def test_a_notice_that_was_taken_under_a_clock_ahead_goes_out_now(small: Small) -> None:
    verbs.fire_due(small.door, small.dispatched(), LATE)
    outbox = Outbox(small.database)
    (first,) = outbox.claim(LATE + AHEAD, 10)
    (second,) = outbox.claim(LATE, 10)
    assert (first.key, first.attempts, second.attempts) == (second.key, 1, 2)
    assert outbox.claim(LATE, 10) == [], "and then it is in hand"
