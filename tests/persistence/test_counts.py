"""Counters say what the lists beside them show, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from persistence.reading import Sight
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
    every, late = small.read.count_open(LEAD_UNIT), small.read.count_open(LEAD_UNIT, until=LATER)
    assert every == len(small.read.open_tasks(LEAD_UNIT)) == 4
    assert late == len(small.read.open_tasks(LEAD_UNIT, until=LATER)) == 4
    assert small.read.count_open(LEAD_UNIT, until=MONDAY) == 0
    assert small.read.count_open(LEAD_UNIT, elements={"sign_for"}) == 0
