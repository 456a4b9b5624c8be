"""What a step costs in statements: one commit, and at most twelve statements (an executemany counts as one)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.small import MONDAY, Small, at

MOST = 12


class Counted:
    def __init__(self) -> None:
        self.statements: list[str] = []
        self.commits = 0


@contextmanager
def counting(small: Small) -> Iterator[Counted]:
    counted, engine = Counted(), small.database.engine

    def statement(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        if not text.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            counted.statements.append(text)

    def commit(_connection: Any) -> None:
        counted.commits += 1

    sa.event.listen(engine, "before_cursor_execute", statement)
    sa.event.listen(engine, "commit", commit)
    try:
        yield counted
    finally:
        sa.event.remove(engine, "before_cursor_execute", statement)
        sa.event.remove(engine, "commit", commit)


@pytest.mark.parametrize("cold", [True, False], ids=["cold", "warm"])
def test_every_step_of_one_instance_is_one_commit_and_at_most_twelve_statements(database_url: str, cold: bool) -> None:
    small = Small(database_url)
    order_id = small.receive()
    steps: list[tuple[str, dict[str, Any]]] = [
        ("accept", {"decision": "accept"}),
        ("dispatch", {"lead_unit": "housing"}),
        ("sign_for", {}),
        ("handle", {"result_text": "办了"}),
        ("review", {"decision": "rework"}),
        ("rework", {}),
        ("review", {"decision": "close"}),
    ]
    costs = {}
    for number, (element, values) in enumerate(steps):
        task = small.task(order_id, element).id
        form, personal = small.platform.check(small.regulation, small.task(order_id, element).form, values, {})
        if cold:
            small.forget()
        with counting(small) as counted:
            small.complete_task(task, element, form, MONDAY + timedelta(minutes=number), personal)
        costs[element] = len(counted.statements)
        assert counted.commits == 1, element
        assert len(counted.statements) <= MOST, (element, counted.statements)
    assert len(small.read.journal_of(order_id)) == 8
    small.close()


def test_receiving_and_firing_are_one_commit_each(database_url: str) -> None:
    small = Small(database_url)
    with counting(small) as counted:
        order_id = small.receive()
    assert counted.commits == 1 and len(counted.statements) <= MOST, counted.statements
    small.do(order_id, "accept", decision="accept")
    small.do(order_id, "dispatch", lead_unit="housing")
    small.forget()
    with counting(small) as counted:
        assert len(small.wait(order_id, at("2026-12-01T09:00")).fired) == 3
    assert counted.commits == 1 and len(counted.statements) <= MOST, counted.statements
    small.close()
