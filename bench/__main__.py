"""`python -m bench [--only NAME] [--out FILE]`: measure, print a table, and write the results as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from bench import bench_decisions, steps
from bench.rows import table

RESULTS = Path(__file__).with_name("results.json")
MEASURES: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "step_sqlite_first": partial(steps.measure, steps.first),
    "step_sqlite_round_20": partial(steps.measure, steps.round_20),
    "flat": partial(steps.measure, steps.flat),
    "sql_statements": partial(steps.measure, steps.statements),
    "decisions": bench_decisions.measure,
}


@click.command()
@click.option("--only", type=click.Choice(list(MEASURES)), help="Measure only this.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=RESULTS, show_default="beside the code")
def main(only: str | None, out: Path) -> None:
    """Measure everything; with --only the other results in the file stay."""
    results: list[dict[str, Any]] = []
    for name, measure in MEASURES.items():
        if only in (None, name):
            found = _one_each(measure())
            click.echo(table(found))
            results += found
    if only is not None and out.exists():
        names = {one["name"] for one in results}
        kept = json.loads(out.read_text(encoding="utf-8"))
        results = [one for one in kept if one["name"] not in names] + results
    out.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _one_each(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the rows of baselines that are not installed, where a name has another row."""
    compared = {one["name"] for one in results if one["baseline"] is not None}
    alone = {one["name"]: one for one in results if one["name"] not in compared}
    return [one for one in results if one["baseline"] is not None or alone.get(one["name"]) is one]


main()
