"""No query of a page, and none of the tick, reads a big table from end to end: PostgreSQL's own plans say so.

Sequential scans are made unattractive, so that one that is left means that no index can serve; an index that is walked
without a condition is as bad, unless it is one of the partial indexes of what is live.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from app.working.announcing import connect_queue
from app.working.worker import MOST, SILENT_SECONDS
from bench.generate import fill
from persistence import gauges, registers
from persistence.figures import figures
from persistence.incidents import Incidents
from persistence.jobs import Jobs
from persistence.outbox import Outbox
from persistence.recurrences import Recurrences
from persistence.sight import Sight
from processes.people import SYSTEM
from tests.small import DISPATCHER, HANDLER, MONDAY, SECRET, Small, person

BIG = {"work_order", "order_unit", "instance", "task", "deadline", "journal", "outbox", "order_key", "personal"}
OF_WHAT_IS_LIVE = {"ix_deadline_due", "ix_deadline_retry", "ix_outbox_next"}
"""Partial indexes: as small as what is live."""
COUNTED_WHOLE = {"gauges": {"ix_task_open"}}
"""The gauges count every open task, once in ten seconds."""
EVERYBODY = (
    Sight(SYSTEM, "small", whole_office=True),
    Sight(DISPATCHER, "small", whole_office=True, deployments=(1,)),
    Sight(HANDLER, "small", whole_office=False),
    Sight(person("reviewer", user="both"), "small", whole_office=False),
)
ORDERS = 3_000
"""Enough that an index pays."""
WORDS = ("积水", "红谷中大道88号", "S2026", "没有的字")
"""Often in titles, seldom, the beginning of a number, never."""
SOON = MONDAY + timedelta(days=1)
Ask = Callable[[Small, Sight, str], object]
PAGES: dict[str, Ask] = {
    "inbox": lambda small, sight, _: small.read.open_tasks(sight, page=2),
    "inbox filtered": lambda small, sight, _: small.read.open_tasks(sight, element="sign_for", until=SOON),
    "done": lambda small, sight, _: small.read.done_tasks(sight),
    "counters": lambda small, sight, _: (small.read.dues(sight), small.read.dues(sight, "sign_for")),
    "orders": lambda small, sight, _: small.read.orders(sight, page=3),
    "orders of a status": lambda small, sight, _: small.read.orders(sight, statuses=["archived"]),
    "supervised": lambda small, sight, _: (
        small.read.orders(sight, overdue=True),
        small.read.count_overdue(sight),
    ),
    "search": lambda small, sight, _: [small.read.orders(sight, text=text) for text in WORDS],
    "search of tasks": lambda small, sight, _: [small.read.open_tasks(sight, text=text) for text in WORDS],
    "ledger": lambda small, sight, _: registers.ledger(small.read, sight, "extension", MONDAY),
    "ledger overdue": lambda small, sight, _: registers.ledger(small.read, sight, "extension", MONDAY, state="overdue"),
    "ledger counters": lambda small, sight, _: registers.count_ledger(small.read, sight, "extension", MONDAY),
    "ledger lines": lambda small, _sight, order: (
        registers.deadlines_of_instances(small.read, [row["id"] for row in small.read.instances_of(order)]),
        registers.finished_tasks_of_instances(small.read, [row["id"] for row in small.read.instances_of(order)]),
    ),
    "archive": lambda small, sight, _: registers.archive(small.read, sight),
    "search of the archive": lambda small, sight, _: [registers.archive(small.read, sight, text=one) for one in WORDS],
    "incidents": lambda small, _sight, _order: registers.incidents(small.read, "small"),
    "order": lambda small, _sight, order: (
        small.read.order(EVERYBODY[0], small.order(order).number),
        small.read.tasks_of(order),
        small.read.open_tasks_of(order),
        small.read.deadlines_of(order),
        small.read.journal_of(order),
        small.read.notices_of(order),
        small.read.personal_of(order),
    ),
    "figures of a month": lambda small, _sight, _order: _figures(small),
    "office journal": lambda small, _sight, _order: small.read.office_journal("small"),
    "tick": lambda small, _sight, order: (
        small.read.due_orders(MONDAY, 100),
        small.read.due_deadlines(order, MONDAY),
        small.read.next_due(),
        small.read.next_due(MONDAY),
        Incidents(small.database).next_retry(MONDAY),
        Incidents(small.database).resolve_fired(MONDAY),
    ),
    "jobs for what is due": lambda small, _sight, _order: (
        Jobs(small.database).defer_limits(small.read.next_due() or MONDAY, MOST),
        Jobs(small.database).defer_errands(MONDAY, MOST),
    ),
    "sweep of a worker": lambda small, _sight, _order: (
        Jobs(small.database).clear(SILENT_SECONDS),
        Incidents(small.database).due_in_batches(MONDAY, MOST),
        Recurrences(small.database).due(MONDAY),
        Recurrences(small.database).next_due(),
    ),
    "notices": lambda small, _sight, _order: (
        Outbox(small.database).claim(MONDAY, 1),
        Outbox(small.database).next_at(MONDAY),
    ),
    "gauge of deadlines": lambda small, _sight, _order: gauges.deadlines_due(small.database, MONDAY),
    "gauges": lambda small, _sight, _order: (
        gauges.open_tasks_by_lamp(small.database, MONDAY, timedelta(days=1)),
        gauges.incidents_open(small.database),
        Outbox(small.database).count(),
        Jobs(small.database).counts(),
        Jobs(small.database).workers(SILENT_SECONDS),
    ),
}


def _figures(small: Small) -> None:
    with small.database.reading() as connection:
        figures(connection, "small", "small", MONDAY, MONDAY + timedelta(days=30))


@pytest.fixture(scope="module")
def house(postgres_url: str) -> Iterator[tuple[Small, str]]:
    """Orders at several stages, copied many times, and the id of one."""
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as maintenance:
        maintenance.execute("CREATE DATABASE plans")
    url = postgres_url.replace("/postgres?", "/plans?")
    small = Small(url)
    for _ in range(5):
        small.receive()
        small.dispatched()
        order = small.handling()
        small.wait(order, MONDAY + timedelta(days=60))
    order = small.handling()
    small.apply(order, MONDAY)
    for closing in (small.handling(), small.handling()):
        small.do(closing, "handle", result_text="办了")
        small.do(closing, "review", decision="close")
    small.close()
    fill(url, ORDERS, SECRET).platform.database.engine.dispose()
    small = Small(url, deploy=False)
    connect_queue(small.platform)
    yield small, order
    small.close()


@pytest.mark.postgresql
@pytest.mark.parametrize("page", list(PAGES))
def test_no_query_of_a_page_reads_a_big_table_from_end_to_end(house: tuple[Small, str], page: str) -> None:
    small, order = house
    live = OF_WHAT_IS_LIVE | COUNTED_WHOLE.get(page, set())
    for statement, plan in _plans(small, lambda: [PAGES[page](small, sight, order) for sight in EVERYBODY]):
        read = [one for one in _whole_reads(plan) if one.split()[-1] not in live]
        assert read == [], statement


@pytest.mark.postgresql
def test_figures_read_what_was_due_and_closed_in_their_period(house: tuple[Small, str]) -> None:
    small, _ = house
    used = {index for _, plan in _plans(small, lambda: _figures(small)) for index in _indexes(plan)}
    assert {"ix_deadline_period", "ix_work_order_closed", "ix_work_order_received"} <= used


def _plans(small: Small, ask: Callable[[], object]) -> list[tuple[str, dict[str, Any]]]:
    """Every query that it asks, with its plan."""
    asked: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH", "DELETE")) and "FOR UPDATE" not in statement:
            asked.append((statement, parameters))

    sa.event.listen(small.database.engine, "before_cursor_execute", hear)
    try:
        ask()
    finally:
        sa.event.remove(small.database.engine, "before_cursor_execute", hear)
    assert asked
    with small.database.engine.connect() as connection:
        connection.execute(sa.text("SET enable_seqscan = off"))
        plans = [
            (statement, connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one())
            for statement, parameters in asked
            if isinstance(parameters, dict)
        ]
        connection.rollback()
    return [(statement, plan[0]["Plan"]) for statement, plan in plans]


def _indexes(node: dict[str, Any]) -> Iterator[str]:
    """Names of the indexes that a plan uses."""
    if "Index Name" in node:
        yield node["Index Name"]
    for inner in node.get("Plans", []):
        yield from _indexes(inner)


def _whole_reads(node: dict[str, Any]) -> Iterator[str]:
    """Tables, and indexes (the last word), that a plan reads from end to end."""
    table, kind = node.get("Relation Name"), node["Node Type"]
    if table in BIG:
        if kind == "Seq Scan":
            yield f"{kind} on {table}"
        if kind in ("Index Scan", "Index Only Scan") and "Index Cond" not in node:
            yield f"{kind} on {table} using all of {node['Index Name']}"
    for inner in node.get("Plans", []):
        yield from _whole_reads(inner)
