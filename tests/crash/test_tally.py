"""The tally finds what it is there to find."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.crash.busy import fire_due
from tests.crash.tally import Said, count
from tests.small import MONDAY, Small

LATER = MONDAY + timedelta(days=60)


@pytest.fixture
def small() -> Small:
    return Small()


def said_of(small: Small, order: str) -> Said:
    """As a process says it that received the order and did its two first tasks."""
    said = Said()
    tasks = [row["id"] for row in small.read.tasks_of(order) if row["outcome"] == "completed"]
    said.hear(f"try {order}\nreceived {order}\n" + "".join(f"try {task}\ncompleted {task}\n" for task in tasks))
    return said


def test_a_deadline_that_was_missed_is_due_all_the_same(small: Small) -> None:
    said = said_of(small, small.dispatched())
    missed = count(small.platform, said, LATER)
    assert (missed.deadlines_due, missed.fired_once, missed.faultless) == (3, 0, False)
    list(fire_due(small.platform, LATER, 10))
    fired = count(small.platform, said, LATER)
    assert (fired.deadlines_due, fired.fired_once, fired.faultless) == (3, 3, True)


def test_a_form_is_journalled_or_there_is_a_reason_why_not(small: Small) -> None:
    said = said_of(small, small.dispatched())
    said.hear("try a\nrefused a\ntry b\nfailed b\ntrouble OperationalError\ntry c\n")
    tally = count(small.platform, said)
    assert (tally.submitted, tally.journalled, tally.refused, tally.failed, tally.cut) == (6, 3, 1, 1, 1)
    assert tally.faultless and said.writes_failed == 2
    said.tried["d"] += 1
    assert not count(small.platform, said).faultless, "nothing was said of it"


@pytest.mark.parametrize("line", ["refused", "nothing"])
def test_what_was_refused_or_never_sent_may_not_be_there(small: Small, line: str) -> None:
    order, said = small.receive(), Said()
    if line == "refused":
        said.hear(f"try {order}\nrefused {order}\n")
    tally = count(small.platform, said)
    assert tally.doubled == 1 and not tally.faultless


def test_what_was_acknowledged_and_is_gone_is_lost(small: Small) -> None:
    said = said_of(small, small.receive())
    said.hear("try gone\ncompleted gone\n")
    tally = count(small.platform, said)
    assert tally.lost == 1 and not tally.faultless
