"""One line of the results: ours, the baseline, and their ratio (lower is better)."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from os import cpu_count
from statistics import median
from typing import Any

MACHINE = f"{platform.machine()}, {cpu_count()} cores, Python {platform.python_version()}"


def row(
    name: str, unit: str, ours: float, baseline: float, baseline_name: str, *, goal: float | None, n: int
) -> dict[str, Any]:
    """`goal`: the ratio to reach, or None; `n`: how many measurements the medians are of."""
    return {
        "name": name,
        "unit": unit,
        "ours": _short(ours),
        "baseline": _short(baseline),
        "baseline_name": baseline_name,
        "ratio": round(ours / baseline, 3),
        "goal": goal,
        "n": n,
        "machine": MACHINE,
    }


def _short(value: float) -> float:
    """With no more digits than a measurement has."""
    return float(f"{value:.6g}")


def ms(seconds: Sequence[float]) -> float:
    """Median of measured seconds, in milliseconds."""
    return median(seconds) * 1e3


def table(results: Sequence[dict[str, Any]]) -> str:
    """The results for people."""
    lines = []
    for one in results:
        ratio = "" if one["ratio"] is None else f"{one['ratio']:.3g} x"
        goal = "" if one["goal"] is None else f"goal {one['goal']:g}"
        base = "" if one["baseline"] is None else f"{one['baseline']:g} {one['baseline_name']}"
        lines.append(f"{one['name']:<24} {one['ours']:>9g} {one['unit']:<10} {ratio:>8}  {goal:<9} {base}".rstrip())
    return "\n".join(lines)
