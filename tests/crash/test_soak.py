"""A short run of the soak (`make soak`), on both databases: nothing lost, nothing twice, nothing stuck.

The seed is printed with a failure; `JIEBAN_CRASH_SEED` repeats it (what is killed still depends on the machine).
"""

from __future__ import annotations

import os
from datetime import timedelta
from random import Random, SystemRandom

import pytest

from tests.crash.commands import Rounds
from tests.crash.faults import AFTER, BEFORE
from tests.crash.services import Services
from tests.crash.soak import TURNS, database
from tests.crash.tally import count, finish
from tests.small import MONDAY, Small

pytestmark = [pytest.mark.crash, pytest.mark.slow, pytest.mark.timeout(900)]
FAULTS = (("form", BEFORE, 2), ("fire", AFTER, 1), ("delivery", AFTER, 1), ("batch", BEFORE, 2), ("anchor", AFTER, 1))
"""One of each kind; the soak goes through all."""
ENOUGH = 10
"""Deadlines that a run needs to say anything."""
FAR = MONDAY + timedelta(days=3650)
DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture
def random() -> Random:
    seed = int(os.environ.get("JIEBAN_CRASH_SEED") or SystemRandom().randrange(10**6))
    print(f"JIEBAN_CRASH_SEED={seed}")
    return Random(seed)


@pytest.mark.parametrize("name", DATABASES)
def test_processes_that_are_killed_at_commits_and_anywhere_lose_and_double_nothing(name: str, random: Random) -> None:
    with database(name) as (url, cluster):
        Small(url).close()
        rounds = Rounds(url, random, cluster, longest=0.6)
        rounds.boundaries(commits=(1, 2, 5))
        for turn in ("at_random", "restarted", "full"):
            assert turn in TURNS
            getattr(rounds, turn)()
        while not _enough(url, rounds):  # a busy machine does little before each kill
            rounds.at_random()
        small = Small(url, deploy=False)
        early = count(small.platform, rounds.said)
        stuck, swept_at = finish(small.platform, rounds.said)
        late = count(small.platform, rounds.said, swept_at)
        small.close()
    assert rounds.said.received and rounds.said.completed
    assert rounds.said.cut.total() <= rounds.kills
    assert early.faultless and late.faultless and stuck == 0, (early, late, stuck)
    assert late.deadlines_due >= ENOUGH


def _enough(url: str, rounds: Rounds) -> bool:
    """Whether so many deadlines have fired or still have to."""
    small = Small(url, deploy=False)
    try:
        return count(small.platform, rounds.said, FAR).deadlines_due >= ENOUGH
    finally:
        small.close()


@pytest.mark.parametrize("name", DATABASES)
def test_servers_and_workers_that_die_lose_and_double_nothing(name: str, random: Random) -> None:
    with database(name) as (url, cluster):
        tally = Services(url, random, cluster, people=3, due=ENOUGH).run(2, FAULTS, to_the_end=False)
    assert tally.faultless and tally.deadlines_due >= ENOUGH, tally
    assert tally.kills == 2 + len(FAULTS)
