"""A worker on PostgreSQL: whatever hangs or fails beside them, limits fire in time."""

from __future__ import annotations

import fcntl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa

from app import calendar_import
from app.delivery.ways import Ways
from app.settings import Settings
from app.working.worker import Worker
from persistence import tables as t
from persistence.batches import Batches
from persistence.incidents import Incidents
from tests.delivery.receiving import Gateway
from tests.small import ADMIN, SECRET, Small
from tests.working.houses import fired, order_due, wait_until
from timers.notice import parse_notice

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]
NOTICE = parse_notice("# year: 2030\ndate,kind,name\n2030-01-01,holiday,元旦\n", source="试验通知")
IN_TIME = timedelta(seconds=2.5)


def in_a(second: float = 1) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=second)


def worker(small: Small, concurrency: int = 1, **settings: Any) -> Worker:
    url = str(small.database.engine.url)
    return Worker(small.platform, Settings(url, SECRET, SECRET, **settings), concurrency=concurrency)


def order_of(small: Small, working: Worker, due_at: datetime) -> str:
    """Id of an order whose limit the worker has heard of, as if it had been committed there."""
    order_id = order_due(small, due_at)
    working.saved(small.order(order_id).next_due_at())
    return order_id


def fires_in_time(small: Small, order_id: str) -> bool:
    wait_until(lambda: fired(small, order_id), 10)
    (row,) = small.deadlines(order_id)["handle_overdue"]
    return timedelta(0) < row["fired_at"] - row["due_at"] < IN_TIME


def test_an_anchor_file_that_somebody_holds(small: Small, tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    working = worker(small, anchors=path)
    with path.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        working.start()
        try:
            time.sleep(1)
            assert fires_in_time(small, order_of(small, working, in_a()))
        finally:
            working.shutdown()


def test_an_order_that_somebody_holds_while_a_batch_wants_it_and_its_limit_passes(small: Small) -> None:
    held = order_due(small, in_a(2))
    begun = datetime.now(UTC)
    batch = calendar_import.begin(small.platform, NOTICE, ADMIN, "small", begun)
    assert batch is not None
    Incidents(small.database).failed_in_batch(batch.id, held, "x", begun - timedelta(minutes=1))
    Batches(small.database).end(batch.id, begun)
    working = worker(small)
    try:
        with small.database.engine.begin() as other:
            other.execute(sa.select(t.work_order.c.id).where(t.work_order.c.id == held).with_for_update())
            working.start()
            for _ in range(3):
                assert fires_in_time(small, order_of(small, working, in_a()))
            assert not fired(small, held)
        wait_until(lambda: fired(small, held), 3)
    finally:
        working.shutdown()


def test_a_gateway_that_hangs(small: Small, sms: Gateway) -> None:
    """More notices at a time than a machine of two processors has threads for."""
    sms.seconds = 4.0
    small.platform.people.set_ways("small", "webhook", "none")
    for _ in range(10):
        order_due(small, in_a(300))
    working = worker(small, 10, ways=Ways(webhook=sms.hook))
    working.start()
    try:
        wait_until(lambda: len(sms.posted) == 10, 10)
        assert fires_in_time(small, order_of(small, working, in_a(0.5)))
        due = order_of(small, working, in_a(0.5))
        ending = Thread(target=working.shutdown)
        ending.start()
        assert fires_in_time(small, due), "also while it ends and waits for the gateway"
        assert ending.is_alive()
        ending.join()
    finally:
        if not working._hands.enough.is_set():
            working.shutdown()


def test_an_end_that_could_not_be_written(small: Small) -> None:
    """The limit fired; then the disk was full for a moment. The order's next limit passes under the same worker."""

    def sql(*statements: str) -> None:
        with small.database.engine.begin() as connection:
            for one in statements:
                connection.exec_driver_sql(one)

    sql(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'No space left on device'; END $$",
        "CREATE TRIGGER full_disk BEFORE DELETE ON procrastinate_jobs FOR EACH ROW "
        "WHEN (OLD.task_name = 'fire') EXECUTE FUNCTION full_disk()",
    )
    order = order_due(small, in_a(-5))
    working = worker(small)
    working.start()
    try:
        wait_until(lambda: fired(small, order))
        time.sleep(0.5)
        sql("DROP TRIGGER full_disk ON procrastinate_jobs")
        c = t.deadline.c
        next_limit = (c.order_id == order, c.element == "sign_for_overdue")
        with small.database.transaction() as work:
            work.connection.execute(t.deadline.update().where(*next_limit).values(due_at=in_a(), fired_at=None))
        small.forget()
        wait_until(lambda: small.deadlines(order)["sign_for_overdue"][0]["fired_at"] is not None, 10)
    finally:
        working.shutdown()
