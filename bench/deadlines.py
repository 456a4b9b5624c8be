"""Firing: how fast 10,000 deadlines that are due at once fire, beside a loop of bare commits; and how late deadlines
fire while 50 people work. On PostgreSQL, the small pack, one transaction for each order as in the server.
"""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any

import click
import psycopg
import sqlalchemy as sa

from app.working.one_process import Sweeping
from bench.cluster import NoPostgres, cluster
from bench.rows import row
from bench.steps import FIRST
from persistence import tables as t
from tests.small import MONDAY, Small
from timers.clock import system_clock

DUE, COMMITS = 10_000, 2_000
OF_ORDER = 3
"""Deadlines of an order that is dispatched and left alone."""
RUNS = 3
HANDLERS, WORK_SECONDS, FALLING = 50, 20, 400
BATCH = 500
CROWDS, SETTLE_SECONDS = 2, 60
FORK = multiprocessing.get_context("fork")


def fire_rate() -> list[dict[str, Any]]:
    """`fire_rate` (seconds for a fired deadline) and `lateness_p50`, `_p95`, `_p99`."""
    try:
        with cluster() as postgres:
            return [_rate(postgres.database()), *_lateness(postgres.database())]
    except NoPostgres as missing:
        click.echo(f"left out: {missing}")
        return []


def _rate(url: str) -> dict[str, Any]:
    """Every order has three deadlines due when nothing was done for a long time; fired order by order of due time."""
    small = Small(url)
    with psycopg.connect(url) as bare:
        bare.execute("CREATE TABLE bare (id int PRIMARY KEY, n int)")
        bare.execute("INSERT INTO bare VALUES (1, 0)")
        bare.commit()
        ours, commits = [], []
        for run in range(RUNS):
            at = MONDAY + timedelta(days=400 * run)
            _waiting(small, DUE // RUNS // OF_ORDER + 1, at)
            sweeping, now = Sweeping(small.platform), at + timedelta(days=300)
            begun, fired = perf_counter(), 0
            while (swept := sweeping.sweep(now)).fired:
                fired += swept.fired * OF_ORDER
            ours.append((perf_counter() - begun) / fired)
            begun = perf_counter()
            for _ in range(COMMITS):
                bare.execute("UPDATE bare SET n = n + 1 WHERE id = 1")
                bare.commit()
            commits.append((perf_counter() - begun) / COMMITS)
    small.close()
    baseline = "a loop of bare commits of one row"
    return row("fire_rate", "s/deadline", median(ours), median(commits), baseline, goal=None, n=DUE)


def _waiting(small: Small, orders: int, at: datetime) -> None:
    """Orders dispatched at an instant, each with three deadlines running; written in groups."""
    for first in range(0, orders, BATCH):
        with small.database.bulk():
            for _ in range(first, min(first + BATCH, orders)):
                small.dispatched(at)


def _lateness(url: str) -> list[dict[str, Any]]:
    """Deadlines fall due one after another while handlers do steps without pause; late is from due to committed."""
    small = Small(url)
    sweeping = Sweeping(small.platform)
    falling = [small.dispatched(MONDAY) for _ in range(FALLING)]
    begin = system_clock.now() + timedelta(seconds=5)
    every = timedelta(seconds=WORK_SECONDS) / FALLING
    d = t.deadline.c
    with small.database.engine.begin() as connection:
        connection.execute(t.deadline.update().values(due_at=begin + timedelta(days=365)))
        for number, order in enumerate(falling):
            due = t.deadline.update().where(d.order_id == order, d.element == "sign_for_overdue")
            connection.execute(due.values(due_at=begin + every * number))
    small.forget()
    seconds = (begin - system_clock.now()).total_seconds() + WORK_SECONDS
    crowds = [FORK.Process(target=_crowd, args=(url, HANDLERS // CROWDS, seconds)) for _ in range(CROWDS)]
    small.database.engine.dispose()  # no connection is shared with the processes
    for crowd in crowds:
        crowd.start()
    sweeping.start()
    for crowd in crowds:
        crowd.join()
    latest = time.monotonic() + SETTLE_SECONDS
    while small.read.due_orders(system_clock.now(), 1) and time.monotonic() < latest:
        time.sleep(0.05)
    sweeping.shutdown()
    query = sa.select(d.due_at, d.fired_at).where(d.fired_at.is_not(None), d.element == "sign_for_overdue")
    with small.database.reading() as connection:
        late = sorted((one.fired_at - one.due_at).total_seconds() * 1e3 for one in connection.execute(query))
    small.close()
    if len(late) != FALLING:
        raise RuntimeError(f"{FALLING} deadlines fell due and {len(late)} fired")
    share: Callable[[float], float] = lambda part: late[min(int(len(late) * part), len(late) - 1)]  # noqa: E731
    baseline = "a second, what people notice"
    return [
        row(f"lateness_{name}", "ms", share(part), 1000.0, baseline, goal=1, n=len(late))
        for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    ]


def _crowd(url: str, people: int, seconds: float) -> None:
    """Handlers in a process of their own, as behind a web server: steps of their own orders, at the present moment."""
    small, stop = Small(url, deploy=False), time.monotonic() + seconds
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
