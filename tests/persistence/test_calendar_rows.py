"""Calendars: a year that is not published gives provisional due times, computed again when the notice comes.

The notice of these tests is made up: 4 to 8 January 2027 off, Saturday 9 January worked.
"""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app import calendar_import
from app.platform import Platform
from persistence import tables as t
from persistence.calendars import Calendars
from processes import verbs
from processes.pack import pack_of, read_pack
from processes.people import SYSTEM, Actor, Duty
from tests.deploying import put_in_force
from tests.small import ADMIN, AGENT, FOLDER, LONG_AGO, MONDAY, SECRET, Small, at
from timers.calendar import Calendar
from timers.notice import Notice, parse_notice

DECEMBER = at("2026-12-25T10:00")
NOTICE = parse_notice(
    "# year: 2027\ndate,kind,name\n2027-01-01,holiday,元旦\n"
    "2027-01-04..2027-01-08,holiday,试验假\n2027-01-09,workday,试验假\n",
    source="试验通知",
)


def imported(small: Small) -> Calendar:
    return small.platform.calendars.adopt("small", NOTICE, actor=ADMIN, now=DECEMBER)


def test_a_year_that_is_not_published_is_marked_provisional(small: Small) -> None:
    order_id = small.handling(DECEMBER)
    assert small.deadline(order_id, "handle_overdue").provisional
    assert not small.deadline(small.handling(MONDAY), "handle_overdue").provisional


def test_a_notice_moves_running_deadlines_and_journals_old_and_new(small: Small) -> None:
    order_id, other = small.handling(DECEMBER), small.handling(MONDAY)
    before = small.deadline(order_id, "handle_overdue")
    old_due, old_calendar = before.due_at, before.calendar
    calendar = imported(small)
    assert set(small.platform.calendars.affected_orders("small", calendar)) == {order_id, other}
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
    assert small.platform.calendars.affected_orders("small", calendar) == []
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
    earlier = small.platform.calendars.current("small").with_notice(
        parse_notice("# year: 2027\ndate,kind,name\n2027-01-01,holiday,元旦\n2027-01-02..2027-01-03,workday,试验\n")
    )
    now = due - timedelta(hours=1)
    result = verbs.recalculate(small.door, ADMIN, order_id, earlier, now)
    assert "handle_overdue" in [one.element for one in result.fired]
    assert small.acts(order_id)[-1] == ("fire", "handle_overdue")


def test_another_server_sees_the_new_calendar_at_once(small: Small) -> None:
    other = Calendars(small.database)
    assert other.current("small").version == small.platform.calendars.current("small").version
    calendar = imported(small)
    assert other.current("small").version == calendar.version
    assert other.current("small").to_json() == calendar.to_json(), "it came back as it was stored"
    small.platform.calendars.adopt("small", NOTICE, actor=AGENT, now=DECEMBER)
    rows = small.read.rows(sa.select(t.calendar.c.source).where(t.calendar.c.office == "small"))
    assert [row["source"] for row in rows] == ["试验通知"]


def test_an_office_moves_no_other_offices_deadlines(small: Small) -> None:
    """The notice of one office is nothing to another: neither its limits nor the list of what would move."""
    files = dict(read_pack(FOLDER).files)
    put_in_force(small.platform, pack_of(files, "small"), LONG_AGO, office="elsewhere")
    mine, elsewhere = small.handling(DECEMBER), handled_elsewhere(small)
    before = {one: small.read.deadlines_of(one) for one in (mine, elsewhere)}
    shown = calendar_import.preview(small.platform, NOTICE, ADMIN, "small", DECEMBER)
    assert {move.number for move in shown.moves} == {small.order(mine).number} and shown.orders == 1
    assert calendar_import.apply(small.platform, NOTICE, ADMIN, "small", DECEMBER) == 1
    assert small.read.deadlines_of(mine) != before[mine]
    assert small.read.deadlines_of(elsewhere) == before[elsewhere]
    assert 2027 not in small.platform.calendars.current("elsewhere").years
    acts = {one: [row["act"] for row in small.read.office_journal(one)] for one in ("small", "elsewhere")}
    assert acts["small"].count("import_calendar") == 1 and "import_calendar" not in acts["elsewhere"]
    assert small.deadline(handled_elsewhere(small), "handle_overdue").provisional


def handled_elsewhere(small: Small) -> str:
    """Id of a new order of another office that runs the same pack, dispatched."""
    values = {"request_type": "complaint", "title": "积水", "content": "车库积水"}
    order = verbs.receive(small.door, SYSTEM, "elsewhere", values, DECEMBER).order
    for element, answer in (("accept", {"decision": "accept"}), ("dispatch", {"lead_unit": "housing"})):
        task = next(one for one in order.tasks.values() if one.element == element)
        duties = tuple(Duty("elsewhere", role) for role in task.roles)
        order = verbs.complete(small.door, Actor("x", "x", duties), task.id, answer, DECEMBER).order
    return order.id


def test_a_notice_taken_back_is_taken_back(small: Small) -> None:
    """The calendar comes to a version that it has had before."""
    calendars = small.platform.calendars
    other = parse_notice("# year: 2027\ndate,kind,name\n2027-01-01,holiday,元旦\n", source="更正")
    versions = [calendars.adopt("small", one, actor=ADMIN, now=DECEMBER).version for one in (NOTICE, other, NOTICE)]
    assert versions[0] == versions[2] == calendars.current("small").version != versions[1]


def test_two_notices_imported_at_once_are_both_kept(small: Small) -> None:
    other = Platform(small.database.engine.url.render_as_string(hide_password=False), SECRET)
    second = parse_notice("# year: 2031\ndate,kind,name\n2031-01-01,holiday,元旦\n", source="又一通知")
    both = threading.Barrier(2)

    def adopt(platform: Platform, notice: Notice) -> None:
        genuine = platform.calendars.adopt

        def together(*words: Any, **more: Any) -> Calendar:
            with suppress(threading.BrokenBarrierError):
                both.wait(0.5)  # on SQLite the second waits outside, as it should
            return genuine(*words, **more)

        platform.calendars.adopt = together  # type: ignore[method-assign]
        calendar_import.begin(platform, notice, ADMIN, "small", DECEMBER)

    threads = [threading.Thread(target=adopt, args=one) for one in ((small.platform, NOTICE), (other, second))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert {2027, 2031} <= set(small.platform.calendars.current("small").years)
    other.database.engine.dispose()
