"""The long crash test, on both databases: `python -m tests.crash.soak [--orders N] [--kills N] [--seed N]`.

Rounds of busy processes until there are enough orders and kills; then web processes and workers under real forms and
deadlines (`services`). The tally of each database goes into the file, in the keys that `Tally` names. A seed repeats
what is asked of the processes and when they are killed; what a kill hits still depends on the machine.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import click

from bench.cluster import Cluster, NoPostgres
from tests.crash.commands import Rounds
from tests.crash.services import Services
from tests.crash.tally import Tally, count, finish
from tests.small import Small

OUT = Path(__file__).resolve().parents[2] / "bench" / "soak.json"
SCRATCH = OUT.parent / ".tmp"
TURNS = ("at_random",) * 6 + ("restarted", "at_random", "at_random", "full")
"""Kinds of rounds, again and again."""


@click.command()
@click.option("--orders", default=10_000, show_default=True, help="For each database, at least.")
@click.option("--kills", default=200, show_default=True, help="For each database, at least.")
@click.option("--longest", default=8.0, show_default=True, help="Seconds of work at most before a kill.")
@click.option("--services", "service_kills", default=20, show_default=True, help="Kills of web processes and workers.")
@click.option("--seed", type=int, help="Repeat a run.")
@click.option("--only", type=click.Choice(["sqlite", "postgresql"]))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=OUT, show_default="in bench")
def main(
    orders: int, kills: int, longest: float, service_kills: int, seed: int | None, only: str | None, out: Path
) -> None:
    """Kill everything, again and again; exit code 1 if anything was lost, doubled or stuck."""
    seed = SystemRandom().randrange(10**6) if seed is None else seed
    click.echo(f"seed {seed}")
    tallies: dict[str, Any] = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
    faultless = True
    for name in ("sqlite", "postgresql"):
        if only in (None, name):
            tally = soak(name, seed, orders=orders, kills=kills, longest=longest, service_kills=service_kills)
            tallies[name] = tally.to_json()
            faultless = faultless and tally.faultless
            click.echo(f"{name}: {tally}")
            out.write_text(json.dumps(tallies, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    sys.exit(not faultless)


def soak(name: str, seed: int, *, orders: int, kills: int, longest: float, service_kills: int) -> Tally:
    """One database, from empty to finished."""
    random = Random(f"{seed}:{name}")
    with database(name) as (url, cluster):
        Small(url).close()
        rounds = Rounds(url, random, cluster, longest)
        rounds.boundaries()
        turn = 0
        while rounds.kills < kills - service_kills or _orders(rounds) < orders:
            begun = time.monotonic()
            getattr(rounds, TURNS[turn % len(TURNS)])()
            turn += 1
            if turn % 10 == 0:
                click.echo(f"{name}: {rounds.kills} kills, {_orders(rounds)} orders, {time.monotonic() - begun:.1f} s")
        small = Small(url, deploy=False)
        early = count(small.platform, rounds.said)
        stuck, swept_at = finish(small.platform, rounds.said)
        tally = count(small.platform, rounds.said, swept_at)
        small.close()
    tally.stuck, tally.kills, tally.database_restarts, tally.seed = stuck, rounds.kills, rounds.restarts, seed
    tally.chains_intact = tally.chains_intact and early.chains_intact
    tally.lost, tally.doubled = max(tally.lost, early.lost), max(tally.doubled, early.doubled)
    cut = rounds.said.cut.total()
    assert cut <= rounds.kills, f"{cut} forms without an answer, but only {rounds.kills} kills"
    if service_kills:
        with database(name) as (url, cluster):
            tally += Services(url, random, cluster).run(service_kills)
    return tally


def _orders(rounds: Rounds) -> int:
    return len(rounds.said.received)


@contextmanager
def database(name: str) -> Iterator[tuple[str, Cluster | None]]:
    """A new database, on a disk."""
    if name == "sqlite":
        SCRATCH.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
            yield f"sqlite:///{folder}/jieban.db", None
        return
    cluster = Cluster(wal_mb=1, max_connections="200")
    try:
        yield cluster.database(), cluster
    finally:
        cluster.remove()


if __name__ == "__main__":
    try:
        main()
    except NoPostgres as missing:
        sys.exit(str(missing))
