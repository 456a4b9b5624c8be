"""Jobs are nudges: whatever becomes of one, what is due gets another, and no job stands in the way of the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.settings import Settings
from app.working.hands import Hands
from app.working.queue import make_app
from app.working.worker import Worker
from persistence import tables as t
from persistence.jobs import CLEAR, ERRANDS, LIMITS, LONGEST_SECONDS, WITHOUT_JOB, Jobs
from persistence.reading import due_orders
from persistence.registers import incidents
from tests.small import SECRET, Small
from tests.working.houses import fired, now, order_due

pytestmark = pytest.mark.postgresql
SILENT = 30.0


def jobs(small: Small) -> Jobs:
    queue = small.database.queue
    assert isinstance(queue, Jobs)
    return queue


def take(small: Small, *queues: str) -> dict[str, Any]:
    """A worker that has just been heard of takes a job; its row."""
    with small.database.transaction() as work:
        run = work.connection.exec_driver_sql
        worker = run("SELECT worker_id FROM procrastinate_register_worker_v1()").scalar()
        names = "ARRAY[" + ", ".join(f"'{one}'" for one in queues) + "]::varchar[]"
        job = run(f"SELECT * FROM procrastinate_fetch_job_v2({names}, {worker})").mappings().one()
        assert job["id"] is not None, "there is none"
        return dict(job)


def silence(small: Small) -> None:
    """All workers that there were are dead."""
    with small.database.transaction() as work:
        work.connection.exec_driver_sql("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")


def worker(small: Small) -> Worker:
    """Not started: only its clocks' questions are asked."""
    return Worker(small.platform, Settings(str(small.database.engine.url), SECRET, SECRET))


def test_what_a_dead_worker_held_is_cleared_away_and_deferred_again(small: Small) -> None:
    order_due(small, now() - timedelta(minutes=1))
    queue = jobs(small)
    assert queue.defer_limits(now(), 500) == 1
    take(small, LIMITS)
    assert queue.clear(SILENT) == 0, "it has just been heard of"
    silence(small)
    assert queue.clear(SILENT) == 1
    assert "doing" not in queue.counts()
    assert queue.defer_limits(now(), 500) == 1


def test_a_notice_in_dead_hands_stops_nobody_who_clears_away(small: Small) -> None:
    """The notice is due again and has a second job, when the first is found in the hands of a worker without power."""
    order_due(small, now() - timedelta(minutes=1))
    queue = jobs(small)
    queue.defer_limits(now(), 500)
    take(small, LIMITS)
    take(small, ERRANDS)
    silence(small)
    later = now() + timedelta(minutes=3)
    assert queue.defer_errands(later, 500) == 1
    assert queue.clear(SILENT) == 2
    assert queue.defer_limits(later, 500) == 1
    assert queue.counts() == {"todo": 2}


def test_two_who_clear_away_at_once_do_not_wait_for_each_other(small: Small) -> None:
    order_due(small, now() - timedelta(minutes=1))
    queue = jobs(small)
    queue.defer_limits(now(), 500)
    take(small, LIMITS)
    silence(small)
    with small.database.engine.begin() as other:
        assert other.execute(CLEAR, {"silent": SILENT, "longest": LONGEST_SECONDS}).scalars().all() == [True]
        assert queue.clear(SILENT) == 0


def test_sweeps_add_no_more_while_the_workers_have_enough_to_take(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the close of business a day's limits fall due at once: what is due stands in our own tables meanwhile."""
    monkeypatch.setattr("persistence.jobs.BACKLOG", 3)
    orders = {order_due(small, now() - timedelta(minutes=minute)) for minute in (1, 2, 3, 4)}
    queue, later = jobs(small), now() + timedelta(days=1)
    with small.database.transaction() as work:
        work.connection.exec_driver_sql("DELETE FROM procrastinate_jobs")
    assert queue.defer_limits(now(), 3) == 3
    assert queue.defer_limits(now(), 3) == 0
    assert queue.defer_errands(later, 500) == 4, "another queue, which nothing waits in"
    assert queue.defer_errands(later, 500) == 0
    take(small, LIMITS)
    assert queue.defer_limits(now(), 3) == 2, "the fourth, and again the one that is taken and has not fired"
    asked = "SELECT args ->> 'order_id' FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = 'limits'"
    with small.database.reading() as connection:
        assert sorted(connection.exec_driver_sql(asked).scalars()) == sorted(orders)


def test_what_is_due_is_not_compared_with_every_job_that_waits(small: Small) -> None:
    """Nobody has told PostgreSQL yet that the queue is long: it was empty when it last looked."""
    query = due_orders(now(), 500, WITHOUT_JOB).compile(small.database.engine, compile_kwargs={"literal_binds": True})
    with small.database.reading() as connection:
        explained = connection.exec_driver_sql(f"EXPLAIN {query}".replace("%", "%%")).scalars().all()
    assert any("NOT (hashed" in line for line in explained), "\n".join(explained)
    assert not any("Join" in line for line in explained)


def test_a_job_that_could_not_say_that_it_ended_keeps_no_limit_waiting(small: Small) -> None:
    """Its worker lives; the disk was full for a moment."""
    order_due(small, now() - timedelta(minutes=1))
    queue = jobs(small)
    queue.defer_limits(now(), 500)
    take(small, LIMITS)
    assert queue.defer_limits(now(), 500) == 1
    take(small, LIMITS)
    assert queue.clear(SILENT) == 0
    with small.database.transaction() as work:
        work.connection.exec_driver_sql("UPDATE procrastinate_events SET at = at - interval '11 minutes'")
    assert queue.clear(SILENT) == 2, "and in the end it is cleared away"


def test_what_falls_due_on_an_order_in_hand_gets_its_own_job_and_is_looked_for_again(small: Small) -> None:
    begun = datetime.now(UTC)
    order = order_due(small, begun - timedelta(seconds=1))
    queue = jobs(small)
    queue.defer_limits(begun, 500)
    take(small, LIMITS)
    with small.database.transaction() as work:
        due = t.deadline.update().where(t.deadline.c.order_id == order, t.deadline.c.element == "sign_for_overdue")
        work.connection.execute(due.values(due_at=begun + timedelta(milliseconds=10)))
    swept_at = begun + timedelta(milliseconds=20)
    assert queue.defer_limits(swept_at, 500) == 1
    following = worker(small).next_due(swept_at)
    assert following is not None and following <= swept_at + timedelta(seconds=1)


def test_a_worker_whose_clock_is_behind_fires_what_another_found_due(small: Small) -> None:
    class Behind:
        def now(self) -> datetime:
            return datetime.now(UTC) - timedelta(seconds=5)

    swept_at = datetime.now(UTC)
    order = order_due(small, swept_at - timedelta(milliseconds=10))
    jobs(small).defer_limits(swept_at, 500)
    url = str(small.database.engine.url)
    hands = Hands(small.platform, Settings(url, SECRET, SECRET), Behind())
    make_app(url, hands).tasks["fire"](**take(small, LIMITS)["args"])
    assert fired(small, order)
    (row,) = small.deadlines(order)["handle_overdue"]
    assert row["fired_at"] == swept_at


def test_who_fires_does_not_wait_for_an_order_that_somebody_holds(small: Small) -> None:
    order = order_due(small, now() - timedelta(minutes=1))
    hands = Hands(small.platform, Settings("", "", ""), worker(small)._hands.clock)
    with small.database.engine.begin() as other:
        other.execute(sa.select(t.work_order.c.id).where(t.work_order.c.id == order).with_for_update())
        hands.fire(order, now())
        assert not fired(small, order)
    assert incidents(small.read, "small") == []
    hands.fire(order, now())
    assert fired(small, order)
