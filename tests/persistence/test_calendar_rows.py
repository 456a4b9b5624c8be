"""Calendars: a year that is not published gives provisional due times, computed again when the notice comes.

The notice of these tests is made up: 4 to 8 January 2027 off, Saturday 9 January worked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from persistence import tables as t
from persistence.calendars import Calendars
from processes import verbs
from tests.small import ADMIN, AGENT, MONDAY, Small, at
from timers.calendar import Calendar
from timers.notice import parse_notice

DECEMBER = at("2026-12-25T10:00")
NOTICE = parse_notice(
    "# year: 2027\ndate,kind,name\n2027-01-01,holiday,元旦\n"
    "2027-01-04..2027-01-08,holiday,试验假\n2027-01-09,workday,试验假\n"
)


@pytest.fixture
def small(database_url: str) -> Iterator[Small]:
    one = Small(database_url)
    yield one
    one.close()


def imported(small: Small) -> Calendar:
    calendar = small.platform.calendars.current().with_notice(NOTICE)
    small.platform.calendars.adopt(calendar, actor=ADMIN, source="试验通知", now=DECEMBER)
    return calendar


def test_a_year_that_is_not_published_is_marked_provisional(small: Small) -> None:
    order_id = small.handling(DECEMBER)
    assert small.deadline(order_id, "handle_overdue").provisional
    assert not small.deadline(small.handling(MONDAY), "handle_overdue").provisional


def test_a_notice_moves_running_deadlines_and_journals_old_and_new(small: Small) -> None:
    order_id, other = small.handling(DECEMBER), small.handling(MONDAY)
    before = small.deadline(order_id, "handle_overdue")
    old_due, old_calendar = before.due_at, before.calendar
    calendar = imported(small)
    assert set(small.platform.calendars.affected_orders(calendar)) == {order_id, other}
    for one in (order_id, other):
        verbs.recalculate(small.door, ADMIN, one, calendar, DECEMBER)
    small.forget()
    after = small.deadline(order_id, "handle_overdue")
    assert after.due_at > old_due and not after.provisional
    assert after.calendar == calendar.version != old_calendar
    assert small.deadline(order_id, "extension_window").due_at < after.due_at, "what depends on it moved along"
    row = small.read.journal_of(order_id)[-1]
    moved = {one["element"]: one for one in json.loads(row["changed"])["moved"]}
    assert (row["act"], set(moved)) == ("recalculate", {"handle_overdue", "extension_window"})
    assert moved["handle_overdue"]["from"] < moved["handle_overdue"]["to"]
    assert json.loads(small.read.journal_of(other)[-1]["changed"])["moved"] == []
    assert small.platform.calendars.affected_orders(calendar) == []
    assert small.task(order_id, "handle").due_at == after.due_at


def test_computing_again_is_the_same_as_having_known(small: Small) -> None:
    """An order received after the import has the same due times as one that was moved by it."""
    early = small.handling(DECEMBER)
    calendar = imported(small)
    verbs.recalculate(small.door, ADMIN, early, calendar, DECEMBER)
    late = small.handling(DECEMBER)
    for element in ("handle_overdue", "extension_window"):
        one, two = small.deadline(early, element), small.deadline(late, element)
        assert (one.due_at, one.explanation) == (two.due_at, two.explanation)


def test_an_extended_deadline_stays_extended(small: Small) -> None:
    order_id = small.handling(DECEMBER)
    small.apply(order_id, DECEMBER)
    small.do(order_id, "decide_extension", DECEMBER, decision="consent")
    extended = small.deadline(order_id, "handle_overdue").due_at
    verbs.recalculate(small.door, ADMIN, order_id, imported(small), DECEMBER)
    assert small.deadline(order_id, "handle_overdue").due_at > extended


def test_what_has_fired_is_history(small: Small) -> None:
    order_id = small.handling(DECEMBER)
    small.wait(order_id, at("2027-02-01T10:00"))
    before = small.read.deadlines_of(order_id)
    verbs.recalculate(small.door, ADMIN, order_id, imported(small), at("2027-02-01T10:00"))
    assert small.read.deadlines_of(order_id) == before


def test_a_notice_that_moves_a_deadline_into_the_past_lets_it_fire(small: Small) -> None:
    order_id = small.handling(DECEMBER)
    due = small.deadline(order_id, "handle_overdue").due_at
    earlier = small.platform.calendars.current().with_notice(
        parse_notice("# year: 2027\ndate,kind,name\n2027-01-01,holiday,元旦\n2027-01-02..2027-01-03,workday,试验\n")
    )
    now = due - timedelta(hours=1)
    result = verbs.recalculate(small.door, ADMIN, order_id, earlier, now)
    assert "handle_overdue" in [one.element for one in result.fired]
    assert small.acts(order_id)[-1] == ("fire", "handle_overdue")


def test_another_server_sees_the_new_calendar_at_once(small: Small) -> None:
    other = Calendars(small.database)
    assert other.current().version == small.platform.calendars.current().version
    calendar = imported(small)
    assert other.current().version == calendar.version
    assert other.current().to_json() == calendar.to_json(), "it came back as it was stored"
    small.platform.calendars.adopt(calendar, actor=AGENT, source="again", now=DECEMBER)
    rows = small.read.rows(sa.select(t.calendar.c.source))
    assert [row["source"] for row in rows] == ["试验通知"]
