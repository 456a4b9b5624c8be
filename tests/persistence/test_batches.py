"""A batch ends only when nothing can be committed behind its walk any more."""

from __future__ import annotations

from threading import Event, Thread

import pytest

from app import calendar_import
from app.settings import Settings
from app.working.announcing import connect_queue
from app.working.hands import Hands
from persistence.batches import Batches
from tests.app.browsing import Clock
from tests.small import ADMIN, MONDAY, Small
from timers.calendar import Calendar
from timers.notice import parse_notice

pytestmark = pytest.mark.postgresql
NOTICE = parse_notice("# year: 2030\ndate,kind,name\n2030-01-01,holiday,元旦\n", source="试验通知")


def test_an_order_that_was_being_committed_is_computed_again(postgres_database_url: str) -> None:
    small, other = Small(postgres_database_url), Small(postgres_database_url, deploy=False)
    connect_queue(small.platform)
    for _ in range(2):
        small.handling()
    late = small.receive()
    small.do(late, "accept", decision="accept")
    read, go = Event(), Event()
    genuine = other.door.calendar

    def slowly(office: str) -> Calendar:
        calendar = genuine(office)
        read.set()
        assert go.wait(20)
        return calendar

    other.door.calendar = slowly
    somebody = Thread(target=lambda: other.do(late, "dispatch", lead_unit="housing"))
    somebody.start()
    assert read.wait(20)
    batch = calendar_import.begin(small.platform, NOTICE, ADMIN, "small", MONDAY)
    assert batch is not None and batch.total == 2
    hands, batches = Hands(small.platform, Settings("", "", ""), Clock(MONDAY)), Batches(small.database)
    for _ in range(3):
        hands.work_batch(batch.id)
    assert [one.done for one in batches.open()] == [2], "it waits for the one under way"
    go.set()
    somebody.join()
    small.forget()
    for _ in range(3):
        hands.work_batch(batch.id)
    done = batches.get(batch.id)
    assert done is not None and done.ended_at is not None and (done.done, done.total, done.failed) == (3, 3, 0)
    current = small.platform.calendars.current("small")
    assert small.platform.calendars.affected_orders("small", current) == []
    assert small.acts(late).count(("recalculate", None)) == 1  # type: ignore[arg-type]
    other.close()
    small.close()
