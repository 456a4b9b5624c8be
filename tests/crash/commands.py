"""Rounds of busy processes that are killed: from outside at a random moment, or by themselves at a commit.

In every round two work on the same orders and sweep the same deadlines. Some rounds set a clock a day forward or back,
restart the database under them, or leave no room on its disk.
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from resource import RLIM_INFINITY, RLIMIT_FSIZE, prlimit

import psycopg

from bench.cluster import Cluster
from tests.crash.busy import Plan, work
from tests.crash.faults import AFTER, BEFORE, fault
from tests.crash.tally import Said

FORK = multiprocessing.get_context("fork")
BOUNDARIES = range(1, 13)
RACERS = 2
FAILURES = 3
ROOM_BYTES = 1 << 16
PAGE_BYTES = 8192
FILL = """
    INSERT INTO journal (office, seq, actor, act, happened_at, changed, prev_hash, hash)
    SELECT 'fill', n, 'fill', 'fill', now(), repeat('x', 1700), '', '' FROM generate_series(1, %(rows)s) n
"""
READY_SECONDS, LAST_SECONDS = 120, 180
PIPE_BYTES = 1 << 20
"""Nobody reads before the end: with less room a process would wait instead of working."""
STEPS = (timedelta(), timedelta(), timedelta(days=1), timedelta(days=-1))


@dataclass
class Rounds:
    """`url`: the database; `cluster`: where it can be restarted. `longest`: seconds of work at most before a kill."""

    url: str
    random: Random
    cluster: Cluster | None = None
    longest: float = 1.2
    said: Said = field(default_factory=Said)
    kills: int = 0
    restarts: int = 0

    def boundaries(self, commits: Sequence[int] = BOUNDARIES) -> None:
        """A process dies before, and one after, each of these of its commits."""
        for commit in commits:
            plans = [Plan(self._seed(), fault("any", when, commit)) for when in (BEFORE, AFTER)]
            self._play(plans, lambda: None)

    def at_random(self) -> None:
        """Killed at a random moment, with clocks that differ."""
        plans = [Plan(self._seed(), step=self.random.choice(STEPS)) for _ in range(RACERS)]
        self._play(plans, self._wait)

    def restarted(self) -> None:
        """The database goes away in the middle, as in a power cut, and comes back; then the kill."""
        cluster = self.cluster
        if cluster is None:
            return

        def restart() -> None:
            self._wait()
            cluster.restart(signal.SIGQUIT)
            self.restarts += 1
            self._wait()

        self._play([Plan(self._seed()) for _ in range(RACERS)], restart)

    def full(self) -> None:
        """No room on the disk: whatever cannot be written is refused whole. They die at a write that fails,
        before there is room again.
        """
        failed = self.said.writes_failed
        plans = [Plan(self._seed(), failures=FAILURES) for _ in range(RACERS)]
        if self.cluster:
            _fill(self.url, self.cluster.wal_bytes)
        with self.cluster.no_room() if self.cluster else nullcontext():
            self._play(plans, lambda: None, None if self.cluster else _full_here)
        assert self.said.writes_failed >= failed + FAILURES * RACERS, "the disk was not full"

    def _play(
        self, plans: list[Plan], meanwhile: Callable[[], None], prepare: Callable[[str], None] | None = None
    ) -> None:
        processes = [_Process(self.url, plan, prepare) for plan in plans]
        for process in processes:
            process.wait_until_ready()
        meanwhile()
        for process in processes:
            self.said.hear(process.end())
            self.kills += 1

    def _wait(self) -> None:
        time.sleep(self.random.uniform(0.05, self.longest))

    def _seed(self) -> int:
        return self.random.randrange(10**6)


class _Process:
    """A busy process. Forked, because a new interpreter would spend most of the time on imports."""

    def __init__(self, url: str, plan: Plan, prepare: Callable[[str], None] | None) -> None:
        self._dies_alone = plan.dies is not None or plan.failures > 0
        reading, writing = os.pipe()
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._process = FORK.Process(target=_run, args=(url, plan, writing, prepare))
        self._process.start()
        os.close(writing)
        self._lines = os.fdopen(reading)

    def wait_until_ready(self) -> None:
        if not self._lines.readline().startswith("ready"):
            raise AssertionError("a process ended before it began to work")

    def end(self) -> str:
        """Kill it, unless it is to die alone; everything that it said."""
        if not self._dies_alone:
            assert self._process.is_alive(), "it ended by itself"
            self._process.kill()
        overdue = threading.Timer(LAST_SECONDS, self._process.kill)
        overdue.start()
        with self._lines:
            said = self._lines.read()
        self._process.join()
        assert overdue.is_alive(), "it never came to where it was to die"
        overdue.cancel()
        assert self._process.exitcode == -signal.SIGKILL, self._process.exitcode
        return said


def _run(url: str, plan: Plan, pipe: int, prepare: Callable[[str], None] | None) -> None:
    if prepare is not None:
        prepare(url)
    work(url, plan, pipe)


def _full_here(_url: str) -> None:
    """In the process itself: the write-ahead log has room for a few commits, and the file itself for nothing."""
    prlimit(os.getpid(), RLIMIT_FSIZE, (ROOM_BYTES, RLIM_INFINITY))


def _fill(url: str, wal_bytes: int) -> None:
    """Make the journal the largest file there is: `Cluster.no_room` then leaves none for it. What is inserted is taken
    back, and its room is not free before the next vacuum.
    """
    with psycopg.connect(url) as connection:
        largest = connection.execute("SELECT max(pg_relation_size(oid)) FROM pg_class").fetchone()
        size = connection.execute("SELECT pg_relation_size('journal')").fetchone()
        assert largest is not None and size is not None
        # Four rows fill a page, and are short enough to stay in it.
        rows = max(largest[0], wal_bytes) - size[0] + PAGE_BYTES
        connection.execute(FILL, {"rows": rows * 4 // PAGE_BYTES})
        connection.rollback()
