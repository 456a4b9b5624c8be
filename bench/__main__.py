"""`python -m bench [NAME …] [--out FILE]`: measure, print a table, and write the results as JSON."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from bench import bench_decisions, deadlines, long_runs, other_engines, pages, steps, web
from bench.rows import table

RESULTS = Path(__file__).with_name("results.json")
MEASURES: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "step_sqlite_first": partial(steps.measure, steps.first),
    "step_sqlite_round_20": partial(steps.measure, steps.round_20),
    "flat": partial(steps.measure, steps.flat),
    "sql_statements": partial(steps.measure, steps.statements),
    "decisions": bench_decisions.measure,
    "step_pg": other_engines.measure,
    "fire_rate": deadlines.fire_rate,
    "lateness": deadlines.lateness,
    "http": web.measure,
    "replay": long_runs.replay,
    "memory": long_runs.memory,
    "million": pages.measure,
}
"""Name of a part → what measures it. A part may give several rows."""


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(MEASURES)))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=RESULTS, show_default="beside the code")
def main(names: tuple[str, ...], out: Path) -> None:
    """Measure everything, or the parts named; rows of other parts stay in the file."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers that were started are stopped
    for name, measure in MEASURES.items():
        if not names or name in names:
            found = _one_each(measure())
            click.echo(table(found))
            _keep(found, out)


def _keep(found: list[dict[str, Any]], out: Path) -> None:
    """Into the file at once: what was measured is not lost when a later part fails."""
    names = {one["name"] for one in found}
    kept = json.loads(out.read_text(encoding="utf-8")) if out.exists() else []
    results = [one for one in kept if one["name"] not in names] + found
    out.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _one_each(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the rows of baselines that are not installed, where a name has another row."""
    compared = {one["name"] for one in results if one["baseline"] is not None}
    alone = {one["name"]: one for one in results if one["name"] not in compared}
    return [one for one in results if one["baseline"] is not None or alone.get(one["name"]) is one]


main()
