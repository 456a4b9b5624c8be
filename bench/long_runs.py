"""Long runs: real orders a second when the office's own messages are replayed, and memory after 50,000 steps."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import click

from bench.rows import row
from bench.settings import PACK
from bench.steps import FIRST, Ours

ROOT = Path(__file__).resolve().parent.parent
MESSAGES = ROOT.parent / "shared" / "data" / "messages_with_replies.csv"
RUNS = 3
STEPS, WARM = 50_000, 15_000
"""By then as many orders are kept in memory as ever will be: what still grows would be a leak."""


def replay() -> list[dict[str, Any]]:
    """`replay` (milliseconds of an order) beside the same orders' bare commits."""
    if not MESSAGES.exists():
        click.echo(f"left out: 没有 / no {MESSAGES.parent.name}/{MESSAGES.name}")
        return []
    each = []
    for _ in range(RUNS):
        with TemporaryDirectory(dir=_scratch()) as folder:
            jieban = str(Path(sys.executable).parent / "jieban")
            command = [jieban, "replay", str(MESSAGES), "--pack", PACK, "--json"]
            environment = os.environ | {"JIEBAN_DATABASE_URL": f"sqlite:///{folder}/replay.db"}
            ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=ROOT)
            done = json.loads(ran.stdout)
            each.append(done["seconds"] / done["orders"] * 1e3)
    return [row("replay", "ms/order", median(each), 20.0, "fifty orders a second", goal=1, n=RUNS)]


def memory() -> list[dict[str, Any]]:
    """`memory_50000`: resident megabytes after so many steps beside those after the first fifteen thousand. Each run in
    a process of its own: what was measured before leaves no trace.
    """
    with ProcessPoolExecutor(os.cpu_count() or 1, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        runs = list(pool.map(_grow, range(RUNS)))
    late, early = (median(run[which] for run in runs) for which in (1, 0))
    return [row("memory_50000", "MB", late, early, f"after {WARM:,} steps", goal=1.2, n=RUNS)]


def _grow(_run: int) -> tuple[float, float]:
    """Megabytes early and late."""
    with TemporaryDirectory(dir=_scratch()) as folder:
        ours = Ours(f"sqlite:///{folder}/memory.db")
        done, early = 0, 0.0
        while done < STEPS:
            with ours.small.database.bulk():  # the commits are not what is measured
                for _ in range(40):
                    order = ours.start()
                    for step in FIRST:
                        ours.complete(order, step, warm=True)
                    done += len(FIRST)
            if not early and done >= WARM:
                early = _resident()
        late = _resident()
        ours.small.close()
    return early, late


def _resident() -> float:
    """The most memory this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _scratch() -> Path:
    """A folder on a disk, where a commit costs what it costs."""
    folder = Path(__file__).parent / ".tmp"
    folder.mkdir(exist_ok=True)
    return folder
