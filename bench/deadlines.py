"""Firing: how fast deadlines that are due at once fire, beside a loop of bare commits; and how late deadlines fire
while 50 people work. The small pack; one deadline, and so one transaction, an order.

On PostgreSQL real `jieban worker` processes do it, as deployed; on SQLite `Sweeping`, which `jieban serve` runs.
"""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import click
import psycopg
import sqlalchemy as sa

from app.working.announcing import connect_queue
from app.working.one_process import Sweeping
from bench.cluster import NoPostgres, cluster
from bench.rows import row
from bench.steps import FIRST
from persistence import tables as t
from tests.small import Small
from tests.working.houses import WorkerProcess
from timers.clock import system_clock

DUE, COMMITS = int(os.environ.get("JIEBAN_BENCH_DUE", "10000")), 2_000
WORKERS = 2
"""Processes of four jobs at once, as `deploy/systemd` starts them: the second is for the day when one dies."""
RUNS = 3
HANDLERS, WORK_SECONDS, FALLING = 50, 20, 400
BATCH = 500
CROWDS, PATIENCE_SECONDS = 2, 300
FALLS = "sign_for_overdue"
"""The one deadline of an order that is let fall due."""
BARE = "a loop of bare commits of one row"
FORK = multiprocessing.get_context("fork")


def fire_rate() -> list[dict[str, Any]]:
    """`fire_rate`, `fire_rate_1_worker`, `fire_rate_sqlite`: seconds for a fired deadline, when all are due at once."""
    rows = [_on_sqlite()]
    try:
        with cluster(max_connections="200") as postgres:
            rows += [_by_workers(postgres.database(), number) for number in (WORKERS, 1)]
    except NoPostgres as missing:
        click.echo(f"left out: {missing}")
    return rows


def lateness() -> list[dict[str, Any]]:
    """`lateness_p50`, `_p95`, `_p99`: milliseconds, the median of several runs."""
    try:
        with cluster(max_connections="200") as postgres:
            return _lateness([_late(postgres.database()) for _ in range(RUNS)])
    except NoPostgres as missing:
        click.echo(f"left out: {missing}")
        return []


def _by_workers(url: str, number: int) -> dict[str, Any]:
    """From the first to the last deadline fired, by the workers' own clocks: without starting them."""
    small = Small(url)
    connect_queue(small.platform)
    begin = _waiting(small, DUE)
    with _workers(url, number):
        _until_fired(small)
    ours = _seconds_each(small, begin)
    small.close()
    with psycopg.connect(url) as bare:
        bare.execute("CREATE TABLE bare (id int PRIMARY KEY, n int)")
        bare.execute("INSERT INTO bare VALUES (1, 0)")
        commits = _bare_commits(lambda: bare.execute("UPDATE bare SET n = n + 1 WHERE id = 1"), bare.commit)
    name = "fire_rate" if number == WORKERS else "fire_rate_1_worker"
    return row(name, "s/deadline", ours, commits, BARE, goal=None, n=DUE)


def _on_sqlite() -> dict[str, Any]:
    scratch = Path(__file__).parent / ".tmp"
    scratch.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=scratch) as folder:
        small = Small(f"sqlite:///{folder}/ours.db")
        _waiting(small, DUE)
        sweeping, begun, fired = Sweeping(small.platform), perf_counter(), 0
        while swept := sweeping.sweep(system_clock.now()).fired:
            fired += swept
        ours = (perf_counter() - begun) / DUE
        small.close()
        if fired != DUE:
            raise RuntimeError(f"{DUE} deadlines fell due and {fired} fired")
        bare = sqlite3.connect(f"{folder}/bare.db", isolation_level=None)
        for setting in ("journal_mode=WAL", "synchronous=FULL"):
            bare.execute(f"PRAGMA {setting}")
        bare.execute("CREATE TABLE bare (n int)")
        bare.execute("INSERT INTO bare VALUES (0)")
        commits = _bare_commits(lambda: bare.execute("UPDATE bare SET n = n + 1"), lambda: None)
        bare.close()
    return row("fire_rate_sqlite", "s/deadline", ours, commits, BARE, goal=None, n=DUE)


def _waiting(small: Small, orders: int) -> datetime:
    """So many orders with one deadline that is due now, and nothing else due; written in groups. Returns the time."""
    found, now = [], system_clock.now()
    for first in range(0, orders, BATCH):
        with small.database.bulk():
            found += [small.dispatched(now) for _ in range(first, min(first + BATCH, orders))]
    _set_due(small, found, lambda _number: now)
    return now


def _set_due(small: Small, orders: Sequence[str], due: Callable[[int], datetime]) -> None:
    """`due(number)` of the orders' deadline that is to fall; all others are a year away."""
    d = t.deadline.c
    with small.database.engine.begin() as connection:
        others = t.deadline.update().where(d.fired_at.is_(None))
        connection.execute(others.values(due_at=system_clock.now() + timedelta(days=365)))
        for number, order in enumerate(orders):
            mine = t.deadline.update().where(d.order_id == order, d.element == FALLS)
            connection.execute(mine.values(due_at=due(number)))
    small.forget()


def _until_fired(small: Small) -> None:
    latest = time.monotonic() + PATIENCE_SECONDS
    while small.read.due_orders(system_clock.now(), 1):
        if time.monotonic() > latest:
            raise RuntimeError("deadlines that are due do not fire")
        time.sleep(0.2)


def _seconds_each(small: Small, since: datetime) -> float:
    d = t.deadline.c
    query = sa.select(d.fired_at).where(d.fired_at >= since, d.element == FALLS)
    with small.database.reading() as connection:
        fired = sorted(connection.execute(query).scalars())
    if len(fired) != DUE:
        raise RuntimeError(f"{DUE} deadlines fell due and {len(fired)} fired")
    return float((fired[-1] - fired[0]).total_seconds()) / (len(fired) - 1)


def _bare_commits(change: Callable[[], object], commit: Callable[[], object]) -> float:
    begun = perf_counter()
    for _ in range(COMMITS):
        change()
        commit()
    return (perf_counter() - begun) / COMMITS


@contextmanager
def _workers(url: str, number: int) -> Iterator[None]:
    with TemporaryDirectory() as folder, ExitStack() as running:
        for which in range(number):
            running.callback(WorkerProcess(url, Path(folder) / f"worker-{which}.log").stop)
        yield


def _late(url: str) -> list[float]:
    """Milliseconds from due to fired, sorted: deadlines fall due one after another while handlers do steps without
    pause.
    """
    small = Small(url)
    connect_queue(small.platform)
    falling = [small.dispatched(system_clock.now()) for _ in range(FALLING)]
    with _workers(url, WORKERS):
        begin = system_clock.now() + timedelta(seconds=5)
        _set_due(small, falling, lambda number: begin + timedelta(seconds=WORK_SECONDS) / FALLING * number)
        seconds = (begin - system_clock.now()).total_seconds() + WORK_SECONDS
        crowds = [FORK.Process(target=_crowd, args=(url, HANDLERS // CROWDS, seconds)) for _ in range(CROWDS)]
        small.database.engine.dispose()  # no connection is shared with the processes
        for crowd in crowds:
            crowd.start()
        for crowd in crowds:
            crowd.join()
        _until_fired(small)
    d = t.deadline.c
    query = sa.select(d.due_at, d.fired_at).where(d.order_id.in_(falling), d.fired_at.is_not(None), d.element == FALLS)
    with small.database.reading() as connection:
        late = sorted((one.fired_at - one.due_at).total_seconds() * 1e3 for one in connection.execute(query))
    small.close()
    if len(late) != FALLING:
        raise RuntimeError(f"{FALLING} deadlines fell due and {len(late)} fired")
    return late


def _lateness(runs: Sequence[list[float]]) -> list[dict[str, Any]]:
    """Of each figure the median of the runs."""
    return [
        row(f"lateness_{name}", "ms", median(run[min(int(len(run) * part), len(run) - 1)] for run in runs), 1000.0,
            "a second, what people notice", goal=1, n=sum(map(len, runs)))
        for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    ]  # fmt: skip


def _crowd(url: str, people: int, seconds: float) -> None:
    """Handlers in a process of their own, as behind a web server: steps of their own orders, at the present moment."""
    small, stop = Small(url, deploy=False), time.monotonic() + seconds
    connect_queue(small.platform)
    threads = [threading.Thread(target=_work, args=(small, stop)) for _ in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    small.close()


def _work(small: Small, stop: float) -> None:
    while True:
        order = small.receive(system_clock.now())
        for element, values in FIRST:
            if time.monotonic() > stop:
                return
            small.complete_task(small.task(order, element).id, element, values, system_clock.now())
