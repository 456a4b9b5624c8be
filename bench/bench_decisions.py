"""How long conditions and tables take to evaluate, beside other engines on the same texts, in the same run.

Times are the median of several rounds, in microseconds of one evaluation after compiling; the engines of PyPI parse
anew at each evaluation, because they offer nothing else; the JVM is warmed up on each case.  `peers/decisions/setup`
brings the other engines; those that are absent, or answer wrongly, are said and left out.  The goals are budgets in
microseconds, not the other engines.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import click

from bench.decision_cases import EXPRESSIONS, TABLES, decision, for_peers
from bench.rows import row
from decisions import compile_expression

ROUNDS = 9
SECONDS_OF_ROUND = 0.1
WARM_SECONDS = 3
PEERS = Path(__file__).parent / "peers" / "decisions"
HOME = Path(__file__).parents[1] / "var" / "decision-peers"
BUDGETS = {"feel_gateway": 5.0, "dmn_table_50": 90.0}
"""Microseconds that one evaluation may take."""


def measure() -> list[dict[str, Any]]:
    """All measurements: a row for each case and engine, and one for each budget."""
    subprocess.run([PEERS / "setup"], check=True)
    runs = {name: _expression(*case) for name, case in EXPRESSIONS.items()}
    runs |= {name: _table(*case) for name, case in TABLES.items()}
    theirs = list(_answers(_python())) + list(_answers(_java()))
    results: list[dict[str, Any]] = []
    for name, run in runs.items():
        ours, n = microseconds(run)
        if name in BUDGETS:
            results.append(_row(name, ours, BUDGETS[name], "the budget", 1, n))
        for one in theirs:
            if one["case"] != name:
                continue
            if one.get("value") == run():
                results.append(_row(name, ours, median(one["microseconds"]), one["engine"], None, n))
            else:
                click.echo(f"{name}: {one['engine']}: {one.get('error', one.get('value'))}", err=True)
    ours, n = microseconds(lambda: compile_expression(EXPRESSIONS["feel_gateway"][0]))
    results.append(_row("feel_compile", ours, 1000.0, "the budget", 1, n))
    return results


def microseconds(call: Callable[[], Any]) -> tuple[float, int]:
    """The median over the rounds of the mean time of a call, and how many calls there were in all."""
    begun = perf_counter()
    for _ in range(20):
        call()
    batch = max(20, int(SECONDS_OF_ROUND / ((perf_counter() - begun) / 20)))
    means = []
    for _ in range(ROUNDS):
        begun = perf_counter()
        for _ in range(batch):
            call()
        means.append((perf_counter() - begun) / batch)
    return median(means) * 1e6, batch * ROUNDS


def _expression(text: str, facts: dict[str, Any]) -> Callable[[], Any]:
    expression = compile_expression(text)
    return lambda: expression.evaluate(facts)


def _table(xml: str, facts: dict[str, Any]) -> Callable[[], Any]:
    table = decision(xml)
    return lambda: table.evaluate(facts).value


def _python() -> list[str] | None:
    python = HOME / "python" / "bin" / "python"
    return [str(python), str(PEERS / "python_peers.py")] if (HOME / "python" / ".installed").exists() else None


def _java() -> list[str] | None:
    folder = HOME / "java"
    if not (folder / ".installed").exists():
        return None
    return ["java", "-cp", f"{folder / 'classes'}:{folder / 'lib' / '*'}", "peers.Peers", str(WARM_SECONDS)]


def _answers(command: list[str] | None) -> Iterator[dict[str, Any]]:
    """The lines that a program of peers prints."""
    if command is None:
        return
    done = subprocess.run(
        command, input=json.dumps(for_peers()), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True
    )
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def _row(name: str, ours: float, baseline: float, engine: str, goal: float | None, n: int) -> dict[str, Any]:
    """A line of the results; the ratio is too small for three digits after the point."""
    return row(name, "µs", ours, baseline, engine, goal=goal, n=n) | {"ratio": float(f"{ours / baseline:.3g}")}
