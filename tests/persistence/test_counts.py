"""Counters say what the lists beside them show, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from persistence import tables as t
from persistence.mine import most_urgent
from persistence.sight import Sight
from processes.people import Actor, Duty
from tests.small import HANDLER, MONDAY, Small, person

OFFICE = Sight(person("dispatcher"), "small", whole_office=True)
OTHER_UNIT = Sight(person("handler", "water"), "small", whole_office=False)
LEAD_UNIT = Sight(HANDLER, "small", whole_office=False)
LATER = MONDAY + timedelta(days=60)


@pytest.fixture
def small(database_url: str) -> Iterator[Small]:
    one = Small(database_url)
    one.handling()
    for _ in range(3):
        one.wait(one.handling(), LATER)
    late_but_closed = one.handling()
    one.wait(late_but_closed, LATER)
    one.do(late_but_closed, "handle", LATER, result_text="办了")
    one.do(late_but_closed, "review", LATER, decision="close")
    yield one
    one.close()


@pytest.mark.parametrize(("sight", "n"), [(OFFICE, 3), (LEAD_UNIT, 3), (OTHER_UNIT, 0)])
def test_overdue_orders_are_counted_as_they_are_listed(small: Small, sight: Sight, n: int) -> None:
    assert small.read.count_overdue(sight) == len(small.read.orders(sight, overdue=True)) == n


def test_open_tasks_are_counted_as_they_are_listed(small: Small) -> None:
    listed = small.read.open_tasks(LEAD_UNIT)
    assert small.read.dues(LEAD_UNIT) == [row["due_at"] for row in listed]
    assert len(listed) == len(small.read.open_tasks(LEAD_UNIT, until=LATER)) == 4
    assert small.read.open_tasks(LEAD_UNIT, until=MONDAY) == []
    assert small.read.dues(LEAD_UNIT, "sign_for") == small.read.open_tasks(LEAD_UNIT, element="sign_for") == []
    assert len(small.read.dues(LEAD_UNIT, "handle")) == 4


def test_of_what_is_assigned_to_me_the_most_urgent_comes_first_whatever_the_role(database_url: str) -> None:
    small = Small(database_url)
    both = Actor("both", "both", (Duty("small", "dispatcher"), Duty("small", "reviewer")))
    for role, element, days in (("dispatcher", "accept", 0), ("reviewer", "review", -2)):
        order = small.receive(MONDAY + timedelta(days=days))
        task = small.read.open_tasks_of(order)[0]
        with small.database.engine.begin() as connection:
            given: dict[str, object] = {"assignee": "both", "role": role, "unit": "housing", "element": element}
            given["due_at"] = MONDAY + timedelta(days=days)
            connection.execute(t.task.update().where(t.task.c.id == task["id"]).values(given))
    first = most_urgent(Sight(both, "small", whole_office=True), 1)
    found = small.read.rows(sa.select(t.task.c.element).where(t.task.c.id.in_(sa.select(first.c.id))))
    assert [row["element"] for row in found] == ["review"]
    small.close()
