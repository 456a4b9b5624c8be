"""The job queue of PostgreSQL as SQL: deferred on our own connection, so that a job commits with what it is about.

The tables and functions are Procrastinate's (`app/working` owns the library and installs them). A job is only a nudge:
what is to be done stands in our own tables, and the sweep finds what no job was deferred for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from persistence.store import Database

SWEEPING = 12345_12346
"""Key of the lock that a sweep holds while it defers: schedulers take turns."""

DEFER = sa.text("""
    SELECT procrastinate_defer_jobs_v1(array_agg(
        ROW(job.queue, job.task, job.priority, job.lock, job.once, job.args, NULL)::procrastinate_job_to_defer_v1))
    FROM jsonb_to_recordset(CAST(:jobs AS jsonb))
      AS job(queue varchar, task varchar, priority int, lock text, once text, args jsonb)
    HAVING count(*) > 0
""")
DUE_ORDERS = sa.text("""
    SELECT d.order_id FROM deadline d JOIN work_order o ON o.id = d.order_id AND NOT o.replay
    WHERE d.fired_at IS NULL AND d.cancelled_at IS NULL AND d.held_by IS NULL
      AND d.due_at < :now AND (d.retry_at IS NULL OR d.retry_at <= :now)
      AND NOT EXISTS (SELECT FROM procrastinate_jobs j
                      WHERE j.queueing_lock = 'fire:' || d.order_id AND j.status = 'todo')
      AND NOT EXISTS (SELECT FROM procrastinate_jobs j WHERE j.lock = 'order:' || d.order_id AND j.status = 'doing')
    GROUP BY d.order_id ORDER BY min(d.due_at) LIMIT :most
""")
DUE_NOTICES = sa.text("""
    SELECT n.key FROM outbox n
    WHERE n.state = 'waiting' AND n.next_at <= :now
      AND NOT EXISTS (SELECT FROM procrastinate_jobs j
                      WHERE j.queueing_lock = 'notice:' || n.key AND j.status = 'todo')
    ORDER BY n.next_at LIMIT :most
""")
IDLE_BATCHES = sa.text("""
    SELECT b.id FROM batch b
    WHERE b.ended_at IS NULL
      AND NOT EXISTS (SELECT FROM procrastinate_jobs j WHERE j.lock = 'batch:' || b.id AND j.status = 'doing')
      AND NOT EXISTS (SELECT FROM procrastinate_jobs j
                      WHERE j.queueing_lock = 'batch:' || b.id AND j.status = 'todo')
    ORDER BY b.id
""")
STALLED = sa.text("""
    SELECT procrastinate_retry_job_v2(j.id, now(), NULL, NULL, NULL) FROM procrastinate_jobs j
    LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
    WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => :silent))
""")
NEXT_DUE = sa.text("""
    SELECT least(
        (SELECT d.due_at FROM deadline d JOIN work_order o ON o.id = d.order_id AND NOT o.replay
         WHERE d.fired_at IS NULL AND d.cancelled_at IS NULL AND d.held_by IS NULL AND d.due_at >= :swept_at
         ORDER BY d.due_at LIMIT 1),
        (SELECT min(next_at) FROM outbox WHERE state = 'waiting' AND next_at >= :now))
""")
COUNTS = sa.text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status")
WORKERS = sa.text(
    "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => :silent)"
)
HAS_QUEUE = sa.text(
    "SELECT EXISTS (SELECT FROM pg_tables "
    "WHERE tablename = 'procrastinate_jobs' AND schemaname = ANY (current_schemas(false)))"
)
"""A look at the catalogue itself: `to_regclass` answers from a cache that does not hear of what others made while this
connection waited for a lock."""
CLEAR = sa.text("DELETE FROM procrastinate_jobs WHERE status IN ('succeeded', 'failed', 'cancelled', 'aborted')")


@dataclass(frozen=True, slots=True)
class Job:
    """`lock`: no two at once with the same; `once`: no two waiting with the same."""

    task: str
    args: dict[str, Any]
    once: str
    lock: str | None = None
    priority: int = 0


def fire(order_id: str) -> Job:
    """Before everything else: limits of the law."""
    return Job("fire", {"order_id": order_id}, f"fire:{order_id}", f"order:{order_id}", priority=10)


def deliver(key: str) -> Job:
    return Job("deliver", {"key": key}, f"notice:{key}")


def work_batch(batch: int) -> Job:
    return Job("work_batch", {"batch": batch}, f"batch:{batch}", f"batch:{batch}", priority=-10)


class Jobs:
    """`queue`: the one that all our jobs go to."""

    def __init__(self, database: Database, queue: str) -> None:
        self._database = database
        self._queue = queue

    def defer(self, connection: sa.Connection, jobs: Iterable[Job]) -> None:
        """Enter jobs on this connection: they exist when it commits."""
        rows = [
            {
                "queue": self._queue,
                "task": j.task,
                "args": j.args,
                "once": j.once,
                "lock": j.lock,
                "priority": j.priority,
            }
            for j in jobs
        ]
        if rows:
            connection.execute(DEFER, {"jobs": json.dumps(rows)})

    def announce_notices(self, connection: sa.Connection, keys: Sequence[str]) -> None:
        self.defer(connection, [deliver(key) for key in keys])

    def announce_batch(self, connection: sa.Connection, batch: int) -> None:
        self.defer(connection, [work_batch(batch)])

    def sweep(self, now: datetime, most: int) -> int:
        """Defer what is due and has no job yet; returns how many. 0 if another scheduler is at it."""
        with self._database.transaction() as work:
            run = work.connection.execute
            if not run(sa.text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": SWEEPING}).scalar():
                return 0
            asked = {"now": now, "most": most}
            jobs = [
                *(fire(str(key)) for key in run(DUE_ORDERS, asked).scalars()),
                *(deliver(str(key)) for key in run(DUE_NOTICES, asked).scalars()),
                *(work_batch(int(key)) for key in run(IDLE_BATCHES).scalars()),
            ]
            self.defer(work.connection, jobs)
        return len(jobs)

    def take_up_stalled(self, silent_seconds: float) -> int:
        """Jobs of workers that have not been heard of for so long are to be done again; returns how many."""
        with self._database.transaction() as work:
            taken = len(work.connection.execute(STALLED, {"silent": silent_seconds}).all())
            work.connection.execute(CLEAR)
        return taken

    def next_due(self, swept_at: datetime, now: datetime) -> datetime | None:
        """When something falls due that has no job yet: a deadline that was not due at `swept_at`, the time of the last
        sweep, or a notice to try again after `now` (a new one got its job from whoever wrote it)."""
        with self._database.reading() as connection:
            found: datetime | None = connection.execute(NEXT_DUE, {"swept_at": swept_at, "now": now}).scalar()
        return found

    def counts(self) -> dict[str, int]:
        """Jobs by state."""
        with self._database.reading() as connection:
            return {str(state): int(n) for state, n in connection.execute(COUNTS)}

    def workers(self, silent_seconds: float) -> int:
        """Workers that are alive."""
        with self._database.reading() as connection:
            return int(connection.execute(WORKERS, {"silent": silent_seconds}).scalar() or 0)


def is_installed(database: Database) -> bool:
    """Whether the queue's tables are there."""
    with database.reading() as connection:
        return _has_queue(connection)


def _has_queue(connection: sa.Connection) -> bool:
    return bool(connection.execute(HAS_QUEUE).scalar())


def install(database: Database, schema: str) -> None:
    """Create the queue's tables from the library's own SQL, unless there; servers that start together agree."""
    with database.transaction() as work:
        work.connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": SWEEPING})
        if not _has_queue(work.connection):
            work.connection.execution_options(no_parameters=True).exec_driver_sql(schema)
