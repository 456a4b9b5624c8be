"""Real workers on PostgreSQL: what is due is done once, whoever dies, and however many clocks sweep."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa

from app import calendar_import
from app.recurring import Duties
from app.settings import Settings
from app.working.announcing import connect_queue
from app.working.needs import NeedsPostgresql
from app.working.worker import Worker
from persistence import tables as t
from persistence.audit import verify
from persistence.batches import Batches
from persistence.jobs import Jobs
from persistence.notice_states import SENT
from persistence.registers import incidents
from tests.delivery.receiving import Gateway
from tests.small import ADMIN, SECRET, Small
from tests.working.houses import WorkerProcess, fired, now, order_due, wait_until
from timers.notice import parse_notice

pytestmark = pytest.mark.postgresql
NOTICE = parse_notice("# year: 2030\ndate,kind,name\n2030-01-01,holiday,元旦\n", source="试验通知")


def jobs(small: Small) -> Jobs:
    queue = small.database.queue
    assert isinstance(queue, Jobs)
    return queue


def firings(small: Small) -> Counter[tuple[str, str]]:
    """(order, element) → how often the journal says that it fired."""
    with small.database.reading() as connection:
        rows = connection.execute(sa.select(t.journal).where(t.journal.c.act == "fire")).mappings()
        return Counter((row["order_id"], row["element"]) for row in rows)


@pytest.mark.slow
def test_deadlines_fire_in_a_worker_within_seconds_and_it_ends_when_told(small: Small, tmp_path: Path) -> None:
    late, soon = order_due(small, now() - timedelta(hours=1)), order_due(small, now() + timedelta(seconds=12))
    worker = WorkerProcess(str(small.database.engine.url), tmp_path / "log")
    try:
        wait_until(lambda: fired(small, late))
        wait_until(lambda: fired(small, soon))
        (row,) = small.deadlines(soon)["handle_overdue"]
        assert timedelta(0) < row["fired_at"] - row["due_at"] < timedelta(seconds=2)
    finally:
        assert worker.stop() == 0
    assert jobs(small).counts() == {}, "finished jobs leave nothing behind"
    assert (tmp_path / "log").read_text() == ""


@pytest.mark.slow
def test_what_falls_due_while_a_worker_sweeps_does_not_wait_for_the_safety_net(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = Event()

    def slow(self: Duties, at: datetime) -> None:
        if not began.is_set():
            began.set()
            time.sleep(2)

    monkeypatch.setattr(Duties, "sweep", slow)
    worker = Worker(small.platform, Settings(str(small.database.engine.url), SECRET, SECRET))
    worker.start()
    try:
        assert began.wait(30)
        order_id = order_due(small, datetime.now(UTC) + timedelta(seconds=1))
        wait_until(lambda: fired(small, order_id))
    finally:
        worker.shutdown()
    (row,) = small.deadlines(order_id)["handle_overdue"]
    assert timedelta(0) < row["fired_at"] - row["due_at"] < timedelta(seconds=4)


@pytest.mark.slow
@pytest.mark.crash
def test_killed_workers_lose_nothing_and_double_nothing(small: Small, sms: Gateway, tmp_path: Path) -> None:
    orders = [order_due(small, now() + timedelta(seconds=n / 4)) for n in range(40)]
    url, log = str(small.database.engine.url), tmp_path / "log"
    settings = {
        "JIEBAN_WEBHOOK_URL": f"http://127.0.0.1:{sms.hook.port}/sms",
        "JIEBAN_WEBHOOK_SECRET": sms.hook.secret,
        "JIEBAN_WEBHOOK_PRIVATE": "1",
    }
    small.platform.people.set_ways("small", "webhook", "none")
    workers = [WorkerProcess(url, log, settings) for _ in range(2)]
    try:
        for _ in range(3):
            time.sleep(1.5)
            workers.pop(0).kill()
            workers.append(WorkerProcess(url, log, settings))
        wait_until(lambda: all(fired(small, one) for one in orders), 90)
        # A lease of a notice that was being sent when its worker died is over after five minutes: not waited for here.
        with small.database.transaction() as work:
            work.connection.execute(t.outbox.update().where(t.outbox.c.state == "waiting").values(next_at=now()))
        with small.database.reading() as connection:
            keys = set(connection.execute(sa.select(t.outbox.c.key)).scalars())
        wait_until(lambda: {row["state"] for row in all_notices(small)} == {SENT})
    finally:
        for worker in workers:
            worker.kill()
    assert set(firings(small).values()) == {1}
    assert {order for order, element in firings(small) if element == "handle_overdue"} == set(orders)
    received = Counter(headers["Idempotency-Key"] for _, headers, _ in sms.posted)
    assert set(received) == keys and len(keys) == len(orders)
    assert verify(small.database).intact
    for order_id in orders:
        small.forget()
        small.do(order_id, "sign_for", now())


def all_notices(small: Small) -> list[Any]:
    with small.database.reading() as connection:
        return list(connection.execute(sa.select(t.outbox)).mappings())


@pytest.mark.slow
def test_clocks_that_race_defer_each_order_once(small: Small) -> None:
    orders = [order_due(small, now() - timedelta(minutes=n + 1)) for n in range(20)]
    fork = multiprocessing.get_context("fork")
    start, deferred = fork.Event(), fork.Queue()
    small.close()
    racers = [fork.Process(target=race, args=(str(small.database.engine.url), start, deferred)) for _ in range(3)]
    for racer in racers:
        racer.start()
    start.set()
    total = sum(deferred.get(timeout=60) for _ in racers)
    for racer in racers:
        racer.join()
    assert total == len(orders)
    assert jobs(small).counts() == {"todo": len(orders) + len(all_notices(small))}


def race(url: str, start: Any, deferred: Any) -> None:
    """Sweep many times in another process; says how many jobs it deferred."""
    small = Small(url, deploy=False)
    connect_queue(small.platform)
    start.wait()
    deferred.put(sum(jobs(small).defer_limits(now(), 500) for _ in range(20)))
    small.close()


def test_a_job_commits_with_the_notice_it_is_about(small: Small) -> None:
    order_id = order_due(small, now() + timedelta(minutes=5))
    assert len(small.read.notices_of(order_id)) == 1, "the last chance to ask for more time has passed"
    assert jobs(small).counts() == {"todo": 1}
    with pytest.raises(RuntimeError), small.database.transaction() as _:
        order_due(small, now() + timedelta(minutes=5))
        raise RuntimeError("before the commit")
    small.forget()
    assert jobs(small).counts() == {"todo": 1} and len(all_notices(small)) == 1


@pytest.mark.slow
def test_what_cannot_be_fired_becomes_an_incident_and_is_retried(small: Small) -> None:
    bad, good = order_due(small, now() - timedelta(minutes=2)), order_due(small, now() - timedelta(minutes=1))
    with small.database.transaction() as work:
        state = sa.select(t.instance.c.state).where(t.instance.c.order_id == bad)
        before = work.connection.execute(state).scalar_one()
        work.connection.execute(t.instance.update().where(t.instance.c.order_id == bad).values(state="{"))
    small.forget()
    settings = Settings(str(small.database.engine.url), SECRET, SECRET)
    worker = Worker(small.platform, settings)
    worker.start()
    try:
        wait_until(lambda: fired(small, good))
        wait_until(lambda: len(incidents(small.read, "small")) > 0)
        (found,) = {row["order_id"] for row in incidents(small.read, "small")}
        assert found == bad and not fired(small, bad)
        with small.database.transaction() as work:
            work.connection.execute(t.instance.update().where(t.instance.c.order_id == bad).values(state=before))
        small.forget()
        wait_until(lambda: fired(small, bad))
        wait_until(lambda: incidents(small.read, "small") == [])
    finally:
        worker.shutdown()


@pytest.mark.slow
def test_a_batch_recomputes_in_slices_and_says_how_far_it_is(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.working.hands.SLICE", 4)
    orders = [order_due(small, now() + timedelta(hours=3)) for _ in range(10)]
    before = jobs(small).counts()["todo"]
    batch = calendar_import.begin(small.platform, NOTICE, ADMIN, "small", now())
    assert batch is not None and (batch.total, batch.done) == (10, 0)
    assert jobs(small).counts() == {"todo": before + 1}, "deferred with the calendar it is about"
    worker = Worker(small.platform, Settings(str(small.database.engine.url), SECRET, SECRET))
    worker.start()
    batches = Batches(small.database)
    try:
        wait_until(lambda: batches.open() == [])
    finally:
        worker.shutdown()
    done = batches.get(batch.id)
    assert done is not None and (done.done, done.failed) == (10, 0) and done.ended_at is not None
    version = small.platform.calendars.current("small").version
    for order_id in orders:
        live = [row for row in small.read.deadlines_of(order_id) if row["fired_at"] is None and not row["cancelled_at"]]
        assert {row["calendar"] for row in live} == {version}
        assert small.acts(order_id).count(("recalculate", None)) == 1  # type: ignore[arg-type]


def test_sqlite_has_no_workers(sqlite_database_url: str) -> None:
    small = Small(sqlite_database_url)
    with pytest.raises(NeedsPostgresql):
        Worker(small.platform, Settings(sqlite_database_url, SECRET, SECRET))
    small.close()


@pytest.mark.slow
def test_a_worker_that_is_told_to_end_finishes_what_it_is_sending(small: Small, sms: Gateway, tmp_path: Path) -> None:
    sms.seconds = 3.0
    small.platform.people.set_ways("small", "webhook", "none")
    order_id = order_due(small, now() + timedelta(minutes=5))
    settings = {
        "JIEBAN_WEBHOOK_URL": f"http://127.0.0.1:{sms.hook.port}/sms",
        "JIEBAN_WEBHOOK_SECRET": sms.hook.secret,
        "JIEBAN_WEBHOOK_PRIVATE": "1",
    }
    worker = WorkerProcess(str(small.database.engine.url), tmp_path / "log", settings)
    try:
        wait_until(lambda: len(sms.posted) == 1)
    finally:
        code = worker.stop()
    assert code == 0
    assert [row["state"] for row in small.read.notices_of(order_id)] == [SENT]
    assert jobs(small).counts() == {}


@pytest.mark.slow
def test_a_worker_outlives_its_connections(small: Small, tmp_path: Path) -> None:
    first = order_due(small, now() - timedelta(minutes=1))
    worker = WorkerProcess(str(small.database.engine.url), tmp_path / "log")
    try:
        wait_until(lambda: fired(small, first))
        with small.database.engine.begin() as connection:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            connection.exec_driver_sql(f"{others} AND pid <> pg_backend_pid()")
        second = order_due(small, now() - timedelta(minutes=1))
        wait_until(lambda: fired(small, second))
        assert worker.process.poll() is None
    finally:
        assert worker.stop() == 0
    assert set(firings(small).values()) == {1}
