"""Many at once, on real databases: one task twenty times, one deadline by two sweeps, numbers by the dozen."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

from app.platform import Platform
from persistence.audit import verify
from processes import verbs
from processes.errors import AlreadyHandled
from tests.small import HANDLER, MONDAY, SECRET, Small, at

FORK = multiprocessing.get_context("fork")
MANY = 20
LATE = at("2026-12-01T09:00")


def finished(processes: Iterable[Any]) -> None:
    """Start them all; they end without an error."""
    running = list(processes)
    for one in running:
        one.start()
    for one in running:
        one.join(60)
    assert [one.exitcode for one in running] == [0] * len(running)


def at_once(n: int, act: Callable[[int], Any]) -> list[Any]:
    """What `n` threads got that began together: a value, or the exception."""
    ready = Barrier(n)

    def one(number: int) -> Any:
        ready.wait()
        try:
            return act(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(one, range(n)))


def test_the_same_form_twenty_times_at_once_is_taken_exactly_once(small: Small) -> None:
    order_id = small.dispatched()
    task = small.task(order_id, "sign_for").id
    results = at_once(MANY, lambda _: verbs.complete(small.door, HANDLER, task, {}, MONDAY))
    refused = [one for one in results if isinstance(one, Exception)]
    assert {type(one) for one in refused} == {AlreadyHandled} and len(refused) == MANY - 1
    assert small.acts(order_id).count(("complete", "sign_for")) == 1
    assert small.open(order_id) == ["handle"] and verify(small.database).intact


def test_different_tasks_of_one_order_at_once_all_get_through(small: Small) -> None:
    """A review, a reveal and applications, from many threads: one after the other, none lost."""
    order_id = small.handling()
    results = at_once(MANY, lambda n: verbs.reveal(small.door, HANDLER, order_id, ["phone"], f"第 {n} 次", MONDAY))
    assert not [one for one in results if isinstance(one, Exception)]
    rows = small.read.journal_of(order_id)
    assert {row["why"] for row in rows if row["act"] == "reveal"} == {f"第 {n} 次" for n in range(MANY)}
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert verify(small.database).intact


def test_orders_received_at_once_have_numbers_without_gap_or_double(small: Small) -> None:
    """The first of a day above all: nobody has counted yet."""
    results = at_once(MANY, lambda _: small.receive())
    assert not [one for one in results if isinstance(one, Exception)]
    numbers = sorted(small.order(order_id).number for order_id in results)
    assert numbers == [f"S20260928-{n:03d}" for n in range(1, MANY + 1)]


def test_two_platforms_sweep_the_same_deadlines_with_one_effect(database_url: str) -> None:
    small = Small(database_url)
    other = Platform(database_url, SECRET)
    orders = [small.dispatched() for _ in range(6)]
    due = list(small.read.due_orders(LATE, 100))
    assert sorted(due) == sorted(orders)
    doors = [small.door, other.door] * 2
    results = at_once(4, lambda n: [verbs.fire_due(doors[n], one, LATE) for one in due])
    assert not [one for one in results if isinstance(one, Exception)]
    for order_id in orders:
        fired = [element for act, element in small.acts(order_id) if act == "fire"]
        assert fired == ["sign_for_overdue", "extension_window", "handle_overdue"]
        assert len(small.read.notices_of(order_id)) == 1
    assert verify(small.database).intact
    other.database.engine.dispose()
    small.close()


def sweep(url: str, now: datetime, begin: Any) -> None:
    """What a server's scheduler does, in a process of its own."""
    platform = Platform(url, SECRET)
    begin.wait()
    for order_id in platform.read.due_orders(now, 1000):
        verbs.fire_due(platform.door, order_id, now)
    platform.database.engine.dispose()


def test_two_processes_sweep_the_same_deadlines_with_one_effect(small: Small, database_url: str) -> None:
    orders = [small.dispatched() for _ in range(8)]
    small.close()  # connections are not shared with the processes below
    begin = FORK.Barrier(2)
    finished(FORK.Process(target=sweep, args=(database_url, LATE, begin)) for _ in range(2))
    for order_id in orders:
        counted = Counter(element for act, element in small.acts(order_id) if act == "fire")
        assert counted == {"sign_for_overdue": 1, "extension_window": 1, "handle_overdue": 1}
        assert len(small.read.notices_of(order_id)) == 1
    assert verify(small.database).intact


def test_a_late_completion_and_the_sweep_meet_without_losing_the_deadline(small: Small) -> None:
    """Whoever comes first, the limit fires once and before the work is taken."""
    orders = [small.dispatched() for _ in range(5)]
    late = at("2026-09-29T17:30") + timedelta(seconds=1)
    tasks = [small.task(order_id, "sign_for").id for order_id in orders]

    def act(number: int) -> Any:
        if number % 2:
            return verbs.fire_due(small.door, orders[number // 2], late)
        return verbs.complete(small.door, HANDLER, tasks[number // 2], {}, late)

    results = at_once(10, act)
    assert not [one for one in results if isinstance(one, Exception)]
    for order_id in orders:
        assert small.acts(order_id)[-2:] == [("fire", "sign_for_overdue"), ("complete", "sign_for")]
        assert small.order(order_id).facts["late_signed"] is True


def test_entries_of_an_office_at_once_make_one_chain(small: Small) -> None:
    results = at_once(MANY, lambda n: verbs.record(small.door, HANDLER, "small", "refused", {"n": n}, MONDAY, why="试"))
    assert not [one for one in results if isinstance(one, Exception)]
    rows = small.read.office_journal("small")
    assert [row["seq"] for row in rows] == list(range(len(rows), 0, -1)) and len(rows) == MANY + 1
    assert verify(small.database).intact


def serve(url: str, begin: Any) -> None:
    begin.wait()
    Platform(url, SECRET).database.engine.dispose()


def test_servers_may_start_on_an_empty_database_at_once(database_url: str) -> None:
    begin = FORK.Barrier(3)
    finished(FORK.Process(target=serve, args=(database_url, begin)) for _ in range(3))
