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

from persistence import tables as t
from persistence.notice_states import WAITING
from persistence.reading import due_orders
from persistence.store import Database
from persistence.waiting import wait_is_over

LIMITS, ERRANDS = "limits", "jieban"
"""Queues. Limits have one of their own: whatever else is under way must not keep them waiting. The other has the name
that the only queue once had, so that somebody takes what was left in it."""
SWEEPING, RUNNING_ERRANDS = 12345_12346, 12345_12347
"""Keys of the locks that are held while jobs are deferred: schedulers take turns."""
BACKLOG = 1_000
"""Jobs of a queue that wait at most before a sweep adds more, because each sweep looks past all of them. The next sweep
is at most a second away, and no worker takes so many in a second.
"""
LONGEST_SECONDS = 600
"""No job of ours takes so long. One that still seems to be under way has ended and could not say so."""

DEFER = sa.text("""
    SELECT procrastinate_defer_jobs_v1(array_agg(
        ROW(job.queue, job.task, job.priority, job.lock, job.once, job.args, NULL)::procrastinate_job_to_defer_v1))
    FROM jsonb_to_recordset(CAST(:jobs AS jsonb))
      AS job(queue varchar, task varchar, priority int, lock text, once text, args jsonb)
    HAVING count(*) > 0
""")
# A job that is under way says nothing: it may have ended without a word, or have looked before the deadline passed.
# What waits is read once and looked up: PostgreSQL hashes NOT IN. It remembers of a queue that it was empty, and for
# NOT EXISTS it would compare everything that is due with everything that waits.
WITHOUT_JOB = sa.text("""
    'fire:' || deadline.order_id NOT IN (
        SELECT j.queueing_lock FROM procrastinate_jobs j WHERE j.queueing_lock LIKE 'fire:%' AND j.status = 'todo')
""")
NOTICE_WITHOUT_JOB = sa.text("""
    'notice:' || outbox.key NOT IN (
        SELECT j.queueing_lock FROM procrastinate_jobs j WHERE j.queueing_lock LIKE 'notice:%' AND j.status = 'todo')
""")
IDLE_BATCHES = sa.text("""
    SELECT b.id FROM batch b
    WHERE b.ended_at IS NULL
      AND NOT EXISTS (SELECT FROM procrastinate_jobs j WHERE j.lock = 'batch:' || b.id AND j.status = 'doing')
      AND NOT EXISTS (SELECT FROM procrastinate_jobs j
                      WHERE j.queueing_lock = 'batch:' || b.id AND j.status = 'todo')
    ORDER BY b.id
""")
CLEAR = sa.text("""
    DELETE FROM procrastinate_jobs WHERE id IN (
        SELECT j.id FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
        WHERE j.status NOT IN ('todo', 'doing')
           OR j.status = 'doing' AND (
              w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => :silent)
              OR NOT EXISTS (SELECT FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'started'
                             AND e.at > now() - make_interval(secs => :longest)))
        FOR UPDATE OF j SKIP LOCKED)
    RETURNING status = 'doing'
""")
WAITING_JOBS = sa.text("""
    SELECT count(*) FROM (
        SELECT FROM procrastinate_jobs WHERE queue_name = :queue AND status = 'todo' LIMIT :enough) AS waiting
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


@dataclass(frozen=True, slots=True)
class Job:
    """`lock`: no two at once with the same; `once`: no two waiting with the same."""

    queue: str
    task: str
    args: dict[str, Any]
    once: str
    lock: str | None = None
    priority: int = 0


def fire(order_id: str, now: datetime) -> Job:
    """What was due on the order at `now`. No lock of the queue: the order's row decides, and a job whose end could not
    be written would keep such a lock, and with it the order's limits, for good."""
    return Job(LIMITS, "fire", {"order_id": order_id, "now": now.isoformat()}, f"fire:{order_id}")


def deliver(key: str) -> Job:
    return Job(ERRANDS, "deliver", {"key": key}, f"notice:{key}")


def work_batch(batch: int) -> Job:
    return Job(ERRANDS, "work_batch", {"batch": batch}, f"batch:{batch}", f"batch:{batch}", priority=-10)


class Jobs:
    def __init__(self, database: Database) -> None:
        self._database = database

    def defer(self, connection: sa.Connection, jobs: Iterable[Job]) -> None:
        """Enter jobs on this connection: they exist when it commits."""
        rows = [
            {
                "queue": j.queue,
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

    def defer_limits(self, now: datetime, most: int) -> int:
        """Defer a job for each order on which something is due and for which none waits; returns how many. 0 if another
        scheduler is at it, or while the workers have enough to take."""
        with self._database.transaction() as work:
            if not _my_turn(work.connection, SWEEPING) or _has_enough(work.connection, LIMITS):
                return 0
            due = work.connection.execute(due_orders(now, most, WITHOUT_JOB)).scalars()
            jobs = [fire(str(key), now) for key in due]
            self.defer(work.connection, jobs)
        return len(jobs)

    def defer_errands(self, now: datetime, most: int) -> int:
        """The same for notices and batches."""
        with self._database.transaction() as work:
            if not _my_turn(work.connection, RUNNING_ERRANDS):
                return 0
            run = work.connection.execute
            most = 0 if _has_enough(work.connection, ERRANDS) else most
            jobs = [
                *(deliver(str(key)) for key in run(_due_notices(now, most)).scalars()),
                *(work_batch(int(key)) for key in run(IDLE_BATCHES).scalars()),
            ]
            self.defer(work.connection, jobs)
        return len(jobs)

    def clear(self, silent_seconds: float) -> int:
        """Delete what is over: jobs that ended, and those in the hands of a worker that has not been heard of for so
        long, which are deferred again where there is still something to do. How many of these."""
        asked = {"silent": silent_seconds, "longest": LONGEST_SECONDS}
        with self._database.transaction() as work:
            return sum(work.connection.execute(CLEAR, asked).scalars())

    def counts(self) -> dict[str, int]:
        """Jobs by state."""
        with self._database.reading() as connection:
            return {str(state): int(n) for state, n in connection.execute(COUNTS)}

    def workers(self, silent_seconds: float) -> int:
        """Workers that are alive."""
        with self._database.reading() as connection:
            return int(connection.execute(WORKERS, {"silent": silent_seconds}).scalar() or 0)


def _due_notices(now: datetime, most: int) -> sa.Select[Any]:
    c = t.outbox.c
    due = sa.select(c.key).where(c.state == WAITING, wait_is_over(c.next_at, now), NOTICE_WITHOUT_JOB)
    return due.order_by(c.next_at).limit(most)


def _my_turn(connection: sa.Connection, key: int) -> bool:
    return bool(connection.execute(sa.text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}).scalar())


def _has_enough(connection: sa.Connection, queue: str) -> bool:
    return connection.execute(WAITING_JOBS, {"queue": queue, "enough": BACKLOG}).scalar() == BACKLOG


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
