"""Loading gives back what was saved, every field of it, on both databases; two writers of one version meet."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from persistence.store import Database
from processes.command import Changes
from processes.errors import NotFound, Stale
from processes.order import Deadline, Entry, Instance, Notice, Order, Task
from tests.small import SECRET, Small

NOW = datetime(2026, 9, 28, 2, 0, 0, 123456, tzinfo=UTC)
ENTRY = Entry("tester", "test", NOW, changed={"a": [1, {"b": "文"}]}, why="试")


def hours(n: int) -> datetime:
    return NOW + timedelta(hours=n)


def full_order(number: str = "X-1") -> Order:
    """An order with a value in every field that is stored."""
    instance = Instance(
        id="1" * 32, process="main", state='{"v":1}', vars={"z": 1, "a": None, "文": [1.5, True]}, started_at=NOW,
        started_by="agent", status="registered", seq=3,
    )  # fmt: skip
    task = Task(
        id="2" * 32, instance=instance.id, process="main", element="accept", name="受理", form="accept",
        roles=("agent", "chief"), unit="housing", opened_at=NOW, candidates=("wang", "li"), assignee="wang",
        not_by=("received",), due_at=hours(2), local={"unit": "housing"},
    )  # fmt: skip
    deadline = Deadline(
        id="3" * 32, instance=instance.id, process="main", element="overdue", name="超期", timer="T-1", task="4" * 32,
        subject="accept", rule={"limit": "10wd", "z": [1], "a": True}, anchor_at=NOW, due_at=hours(3), provisional=True,
        calendar="2026.1", explanation=[["code", {"n": 1}]], host="5" * 32, soft=True, depends_on="other",
        held_by="6" * 32, extended_from=hours(1), fired_at=hours(4),
    )  # fmt: skip
    order = Order(
        id="7" * 32, office="small", kind="office", process="main", number=number, deployment=1, status="registered",
        title="题", received_at=NOW,
        facts={"z": 1, "a": "文", "overdue": True}, closed_at=hours(5), archived_at=hours(6), replay=True,
        units=["water", "housing"], done={"accept": {"n": 2, "by": ["wang"]}}, started={"main": 1}, ended_instances=4,
    )  # fmt: skip
    order.instances[instance.id] = instance
    order.tasks[task.id] = task
    order.deadlines[deadline.id] = deadline
    return order


def all_new(order: Order) -> Changes:
    return Changes(
        new_instances=dict(order.instances), new_tasks=dict(order.tasks), new_deadlines=dict(order.deadlines),
        new_units=set(order.units),
    )  # fmt: skip


def plain(order: Order) -> dict[str, Any]:
    return {key: value for key, value in asdict(order).items() if key != "runs"}


@pytest.fixture
def database(database_url: str) -> Any:
    small = Small(database_url)
    yield small.database
    small.close()


def saved(database: Database, order: Order) -> None:
    notice = Notice("key", "handler", "housing", "template", {"z": 1}, NOW)
    with database.transaction() as work:
        work.save(order, all_new(order), [ENTRY], [notice])


def test_every_field_comes_back_as_it_was_saved(database: Database) -> None:
    order = full_order()
    saved(database, order)
    database.kept.forget()
    with database.transaction() as work:
        loaded = work.order(order.id)
    assert loaded is not order
    assert plain(loaded) == plain(order)
    assert list(loaded.facts) == ["z", "a", "overdue"], "keys keep their order"
    instance = next(iter(loaded.instances.values()))
    assert list(instance.vars) == ["z", "a", "文"]


def test_no_field_of_the_aggregate_is_left_out_of_this_test() -> None:
    order = full_order()
    empty = {
        Order: {"version", "journal_seq", "journal_head", "runs"},
        Instance: {"ended_at", "version"},
        Task: {"closed_at", "outcome", "done_by"},
        Deadline: {"cancelled_at", "ended_at"},
    }
    parts: tuple[Any, ...] = (order, *order.instances.values(), *order.tasks.values(), *order.deadlines.values())
    for part in parts:
        unset = {field.name for field in fields(part) if getattr(part, field.name) in (None, "", 0, False, (), [], {})}
        assert unset <= empty[type(part)], type(part)


def test_every_change_comes_back(database: Database) -> None:
    order = full_order()
    saved(database, order)
    instance, task, deadline = order.instances["1" * 32], order.tasks["2" * 32], order.deadlines["3" * 32]
    order.status, order.facts = "closed", {"b": 2}
    order.units, order.done, order.started = [*order.units, "roads"], {}, {"main": 2}
    order.closed_at = order.archived_at = None
    instance.state, instance.vars, instance.status = "{}", {"c": 3}, None
    task.assignee, task.due_at = None, None
    deadline.rule, deadline.due_at, deadline.provisional = {"limit": "1wd"}, hours(9), False
    deadline.calendar, deadline.explanation = "2027", []
    deadline.held_by = deadline.extended_from = deadline.fired_at = None
    changes = Changes(
        instances=dict(order.instances), tasks=dict(order.tasks), deadlines=dict(order.deadlines), new_units={"roads"}
    )
    with database.transaction() as work:
        work.save(order, changes, [ENTRY], [])
    database.kept.forget()
    with database.transaction() as work:
        assert plain(work.order(order.id)) == plain(order)


def test_history_is_not_loaded(database: Database) -> None:
    order = full_order()
    saved(database, order)
    order.tasks["2" * 32].closed_at = NOW
    order.deadlines["3" * 32].ended_at, order.deadlines["3" * 32].held_by = NOW, None
    order.instances["1" * 32].ended_at = NOW
    changes = Changes(instances=dict(order.instances), tasks=dict(order.tasks), deadlines=dict(order.deadlines))
    with database.transaction() as work:
        work.save(order, changes, [ENTRY], [])
    kept = database.kept.take(order.id)
    with database.transaction() as work:
        loaded = work.order(order.id)
    assert kept is not None and plain(kept) == plain(loaded), "what is kept is what would be loaded"
    assert (loaded.instances, loaded.tasks, loaded.deadlines) == ({}, {}, {})
    assert loaded.ended_instances == 5


def test_a_version_that_moved_is_stale(database: Database) -> None:
    order = full_order()
    saved(database, order)
    for version in (2, 7):
        old = full_order()
        old.version, old.journal_seq, old.journal_head = version, order.journal_seq, order.journal_head
        with pytest.raises(Stale), database.transaction() as work:
            work.save(old, Changes(), [ENTRY], [])
    with database.transaction() as work:
        assert work.order(order.id).version == 1


def test_an_aggregate_is_kept_only_for_the_version_it_has(database_url: str) -> None:
    """Two processes: what the other one did is seen, although an older aggregate is kept here."""
    small = Small(database_url)
    other = Database(database_url, SECRET)
    order_id = small.receive()
    with other.transaction() as work:
        order = work.order(order_id)
        order.facts["seen"] = "elsewhere"
        work.save(order, Changes(), [ENTRY], [])
    assert small.order(order_id).facts["seen"] == "elsewhere"
    other.engine.dispose()
    small.close()


def test_lookups_of_nothing_are_not_found(database: Database) -> None:
    for find in ("order", "order_of_task"):
        with pytest.raises(NotFound), database.transaction() as work:
            getattr(work, find)("0" * 32)


def test_a_naive_instant_is_refused(database: Database) -> None:
    order = full_order()
    order.received_at = datetime(2026, 9, 28)
    with pytest.raises(Exception, match="naive instant"), database.transaction() as work:
        work.save(order, all_new(order), [ENTRY], [])


def test_commands_of_a_batch_fail_one_by_one_and_commit_together(database_url: str) -> None:
    small = Small(database_url)
    with small.database.batch():
        first = small.receive()
        with pytest.raises(NotFound):
            small.order("0" * 32)
        small.do(first, "accept", decision="accept")
    small.forget()
    assert small.open(first) == ["dispatch"]
    before = small.everything()
    with pytest.raises(RuntimeError), small.database.batch():
        small.do(first, "dispatch", lead_unit="housing")
        raise RuntimeError("the machine stops")
    assert small.everything() == before
    small.do(first, "dispatch", lead_unit="housing")
    small.close()


def test_a_bulk_leaves_the_same_rows_as_single_commands(database_url: str, tmp_path: Any) -> None:
    small, single = Small(database_url), Small(f"sqlite:///{tmp_path / 'single.db'}")
    with small.database.bulk():
        one = small.handling()
        small.do(one, "handle", result_text="办了")
    two = single.handling()
    single.do(two, "handle", result_text="办了")
    small.forget()
    assert small.acts(one) == single.acts(two)
    assert small.open(one) == single.open(two) == ["review"]
    assert small.order(one).version == single.order(two).version
    assert small.order(one).facts == single.order(two).facts
    assert [(d["element"], d["due_at"]) for d in small.read.deadlines_of(one)] == [
        (d["element"], d["due_at"]) for d in single.read.deadlines_of(two)
    ]
    small.close()
    single.close()


def test_a_bulk_that_failed_writes_nothing(database_url: str) -> None:
    small = Small(database_url)
    order_id = small.receive()
    before = small.everything()
    with pytest.raises(RuntimeError), small.database.bulk():
        small.do(order_id, "accept", decision="accept")
        raise RuntimeError("the machine stops")
    assert small.everything() == before
    small.do(order_id, "accept", decision="accept")
    assert small.open(order_id) == ["dispatch"]
    small.close()
