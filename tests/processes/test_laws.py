"""Laws that hold for whatever people do: chains break on any change, states survive any walk through the small pack."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from persistence.audit import verify
from processes.engine.definitions import Definitions
from processes.engine.run import Run
from processes.errors import NotNow
from processes.expressions import compile_text
from processes.journal import GENESIS, Row, chain, first_break
from processes.order import Entry
from tests.small import DOES, MONDAY, Small

TEXT = st.text(alphabet=string.ascii_letters + '接办\n"\\ ', max_size=8)
INSTANT = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
ENTRY = st.builds(
    Entry, actor=TEXT, act=TEXT, happened_at=INSTANT, element=st.none() | TEXT, instance=st.none() | TEXT,
    due_at=st.none() | INSTANT, changed=st.dictionaries(TEXT, st.none() | st.integers() | TEXT, max_size=3),
    why=st.none() | TEXT,
)  # fmt: skip


def broken(rows: list[Row], head: str, count: int) -> bool:
    return first_break(rows, head=head, count=count) is not None


@given(entries=st.lists(ENTRY, min_size=1, max_size=6), data=st.data())
@settings(max_examples=80, deadline=None)
def test_any_change_to_any_row_breaks_the_chain(entries: list[Entry], data: st.DataObject) -> None:
    rows = chain(entries, order_id="o", office="small", deployment=1, seq=0, head=GENESIS)
    head, count = rows[-1].hash, len(rows)
    assert not broken(rows, head, count)
    number = data.draw(st.integers(0, count - 1))
    name = data.draw(st.sampled_from(Row.__slots__))
    old = getattr(rows[number], name)
    new: Any = {
        "seq": st.integers(0, 10), "deployment": st.none() | st.integers(0, 9), "due_at": st.none() | INSTANT,
        "happened_at": INSTANT,
    }.get(name, TEXT)  # fmt: skip
    changed = data.draw(new.filter(lambda value: value != old))
    assert broken([*rows[:number], replace(rows[number], **{name: changed}), *rows[number + 1 :]], head, count)


@given(entries=st.lists(ENTRY, min_size=2, max_size=6), data=st.data())
@settings(max_examples=40, deadline=None)
def test_removed_swapped_repeated_and_foreign_rows_break_the_chain(entries: list[Entry], data: st.DataObject) -> None:
    rows = chain(entries, order_id="o", office="small", deployment=1, seq=0, head=GENESIS)
    head, count = rows[-1].hash, len(rows)
    i = data.draw(st.integers(0, count - 1))
    j = data.draw(st.integers(0, count - 1).filter(lambda j: j != i))
    swapped = list(rows)
    swapped[i], swapped[j] = rows[j], rows[i]
    assert broken(swapped, head, count)
    assert broken([*rows[:i], *rows[i + 1 :]], head, count)
    assert broken([*rows[: i + 1], *rows[i:]], head, count)
    assert broken(rows[:i], head, count)
    more = chain(entries, order_id="o", office="small", deployment=1, seq=count, head=head)
    assert broken([*rows, *more], head, count)


def test_a_chain_continues_where_it_stopped() -> None:
    entries = [Entry("a", "b", MONDAY), Entry("c", "d", MONDAY)]
    together = chain(entries, order_id="o", office="s", deployment=1, seq=0, head=GENESIS)
    first = chain(entries[:1], order_id="o", office="s", deployment=1, seq=0, head=GENESIS)
    second = chain(entries[1:], order_id="o", office="s", deployment=1, seq=1, head=first[-1].hash)
    assert [*first, *second] == together


ANSWERS: dict[str, list[dict[str, Any]]] = {
    "accept": [{"decision": "accept"}],
    "dispatch": [{"lead_unit": "housing"}],
    "sign_for": [{}],
    "handle": [{"result_text": "办了"}],
    "rework": [{}],
    "review": [{"decision": "rework"}, {"decision": "rework"}, {"decision": "close"}],
    "decide_extension": [{"decision": "consent"}, {"decision": "reject"}],
}


@example(choices=[1, 1, 1, 1, 1, 25, 25])  # what came last was refused, and with it what it had fired
@example(choices=[1, 1, 55, 28, 0])  # handed in after the due time while an application was pending
@given(choices=st.lists(st.integers(0, 59), min_size=5, max_size=25))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_walk_through_the_small_pack_survives_restarts(small: Small, choices: list[int]) -> None:
    """After every step the state loads into definitions parsed anew and says the same; the chain stays whole."""
    one = small
    fresh = Definitions(one.regulation.pack.of_type(".bpmn"), compile_text)
    order_id, now = one.receive(), MONDAY
    for choice in choices:
        now += timedelta(hours=choice % 30)
        order = one.order(order_id)
        tasks = sorted(order.tasks.values(), key=lambda task: task.element)
        if choice % 5 == 0 and order.facts.get("lead_unit"):
            try:
                one.apply(order_id, now) if choice % 2 else one.give_back(order_id, now)
            except NotNow:
                continue
        elif choice % 7 == 0:
            one.wait(order_id, now + timedelta(days=choice))
            now += timedelta(days=choice)
        elif tasks:
            task = tasks[choice % len(tasks)]
            answers = ANSWERS[task.element]
            one.do(order_id, task.element, now, DOES[task.element], **answers[choice % len(answers)])
        if choice % 3 == 0:
            one.forget()
        same_after_loading(one, order_id, fresh)
    assert verify(one.database, order_id=order_id).intact
    one.forget()
    one.wait(order_id, now)
    assert not [d for d in one.read.deadlines_of(order_id) if not (d["fired_at"] or d["cancelled_at"] or d["held_by"])
                and d["due_at"] < now]  # fmt: skip


def same_after_loading(one: Small, order_id: str, fresh: Definitions) -> None:
    order = one.order(order_id)
    opened, armed = [], []
    for instance in order.instances.values():
        stored = next(row for row in one.read.instances_of(order_id) if row["id"] == instance.id)["state"]
        run = Run.resume(fresh, instance.process, stored, None)  # type: ignore[arg-type]  # nothing is asked
        assert run.state() == stored
        outcome = run.outcome()
        opened += [task.task for task in outcome.opened]
        armed += [timer.task for timer in outcome.armed]
    assert sorted(opened) == sorted(order.tasks)
    # Work handed in late while an application is pending: its row waits for the decision, and nothing is armed.
    waiting = [d.task for d in order.deadlines.values() if d.is_running and d.ended_at is None]
    assert sorted(armed) == sorted(waiting), "every armed timer has its row, and every row its timer"
