"""How long conditions and tables take to evaluate, beside other FEEL engines for Python where they are installed.

Run `python -m bench.bench_decisions`; `--json` prints a list of {"name", "unit", "ours", "baseline", "baseline_name",
"ratio", "goal", "n", "machine"}.  Times are the best of several rounds, in microseconds of an evaluation after
compiling; the other engines parse anew at each evaluation, because they offer nothing else.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import timeit
from collections.abc import Callable
from typing import Any

from decisions import compile_expression, compile_unary_tests, read_model

ROUNDS = 7
GATEWAY: tuple[str, dict[str, Any]] = (
    'request_type = "consult" and round < 3',
    {"request_type": "consult", "round": 2},
)
SUM: tuple[str, dict[str, Any]] = ("a + b * 2 > 10", {"a": 3, "b": 5})
CONDITIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "gateway": GATEWAY,
    "arithmetic": SUM,
    "value_list": ('request_type in ("appeal", "report", "consult")', {"request_type": "consult"}),
    "built_in": ('starts with(number, "2026")', {"number": "20260101-0001"}),
    "quantified": ('some u in units satisfies u = "b"', {"units": ["a", "b"]}),
}
GOAL_MICROSECONDS = {"gateway": 5.0, "table_50": 90.0}


def microseconds(call: Callable[[], Any], n: int) -> float:
    """The best mean of several rounds."""
    return min(timeit.repeat(call, number=n, repeat=ROUNDS)) / n * 1e6


def table_of_50() -> bytes:
    """A UNIQUE table of 50 rules over a text, an interval and a column that accepts everything."""
    head = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:bench">'
    rows = []
    for number in range(50):
        low = number // 10 * 3
        cells = (f'"k{number % 10}"', f"[{low}..{low + 2}]", "-")
        entries = "".join(f"<inputEntry><text>{cell}</text></inputEntry>" for cell in cells)
        rows.append(f"<rule>{entries}<outputEntry><text>{number}</text></outputEntry></rule>")
    inputs = "".join(
        f"<input><inputExpression><text>{name}</text></inputExpression></input>" for name in ("kind", "days", "x")
    )
    table = f'<decisionTable>{inputs}<output name="v"/>{"".join(rows)}</decisionTable>'
    return f'{head}<decision id="t" name="t">{table}</decision></definitions>'.encode()


def bkflow(text: str, context: dict[str, Any]) -> Callable[[], Any]:
    """An evaluation by bkflow-feel. Raises ImportError where it is not installed."""
    evaluate = importlib.import_module("bkflow_feel.api").parse_expression
    return lambda: evaluate(expression=text, context=context)


def pysfeel(text: str, context: dict[str, Any]) -> Callable[[], Any]:
    """An evaluation by pySFeel, its variables assigned beforehand. Raises ImportError where it is not installed."""
    parser = importlib.import_module("pySFeel").SFeelParser()
    for name, value in context.items():
        parser.sFeelParse(f"{name} <- {json.dumps(value)}")
    return lambda: parser.sFeelParse(text)[1]


ENGINES = {"bkflow-feel": bkflow, "pySFeel": pysfeel}


def baseline_of(engine: str, text: str, context: dict[str, Any]) -> float | None:
    """The time another engine takes; None where it is not installed, or cannot tell the right answer."""
    try:
        evaluate = ENGINES[engine](text, context)
        right = evaluate() == compile_expression(text).evaluate(context)
    except Exception:  # whatever goes wrong inside another engine, there is nothing to compare with
        return None
    return microseconds(evaluate, 50) if right else None


def measure() -> list[dict[str, Any]]:
    """All measurements."""
    results: list[dict[str, Any]] = []
    for name, (text, context) in CONDITIONS.items():
        expression = compile_expression(text)
        ours = microseconds(lambda: expression.evaluate(context), 20_000)  # noqa: B023
        for engine in ENGINES:
            baseline = baseline_of(engine, text, context)
            results.append(row(f"feel_{name}", ours, engine, baseline, GOAL_MICROSECONDS.get(name), 20_000))
    cell = compile_unary_tests('"a", "b", "c"')
    results.append(row("feel_cell", microseconds(lambda: cell.matches("c", {}), 20_000), "", None, None, 20_000))
    decision = read_model(table_of_50()).decisions["t"]
    facts = {"kind": "k9", "days": 14, "x": "any"}
    ours = microseconds(lambda: decision.evaluate(facts), 2_000)
    results.append(row("dmn_table_50", ours, "", None, GOAL_MICROSECONDS["table_50"], 2_000))
    ours = microseconds(lambda: compile_expression(GATEWAY[0]), 500)
    results.append(row("feel_compile", ours, "", None, None, 500))
    return results


def row(
    name: str, ours: float, baseline_name: str, baseline: float | None, goal: float | None, n: int
) -> dict[str, Any]:
    """One line of the results; a baseline that is not installed is None."""
    return {
        "name": name, "unit": "µs", "ours": round(ours, 2),
        "baseline": None if baseline is None else round(baseline, 1), "baseline_name": baseline_name,
        "ratio": None if baseline is None else round(ours / baseline, 4), "goal": goal, "n": n,
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
    }  # fmt: skip


def main() -> None:
    """Print the results."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true", help="print a list of objects")
    results = measure()
    if arguments.parse_args().json:
        print(json.dumps(results, ensure_ascii=False, indent=1))
        return
    for result in results:
        line = f"{result['name']:<18} {result['ours']:>9.2f} µs"
        if result["goal"] is not None:
            line += f"   goal {result['goal']:.0f} µs"
        if result["baseline_name"]:
            baseline = (
                "skipped (not installed, or cannot answer)"
                if result["baseline"] is None
                else f"{result['baseline']:.1f} µs"
            )
            line += f"   {result['baseline_name']}: {baseline}"
        print(line)


if __name__ == "__main__":
    main()
