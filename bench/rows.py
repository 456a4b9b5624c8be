"""One line of the results: ours, the baseline, and their ratio (lower is better)."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import gettempdir
from typing import Any


def machine() -> str:
    """What the figures depend on; neither its name nor any path."""
    gigabytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    disks = {_disk(folder) for folder in (Path(__file__).parent, Path(gettempdir()))}
    return (
        f"{_cpu()}, {os.cpu_count()} cores, {gigabytes:.0f} GB RAM, {' and '.join(sorted(disks))}, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{models[0]} ({platform.machine()})" if models else platform.machine()


def _disk(folder: Path) -> str:
    """File system of a folder, and whether what is under it turns, where the kernel says so."""
    device = folder.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()]
    systems = [fields[fields.index("-") + 1] for fields in mounts if fields[2] == number]
    block = Path("/sys/dev/block") / number
    said = [path.read_text(encoding="ascii").strip() for path in (block / "queue/rotational",
            block.resolve().parent / "queue/rotational") if path.exists()]  # fmt: skip
    kind = {"0": "solid state", "1": "rotating"}.get(said[0] if said else "", "disk unknown")
    return f"{systems[0] if systems else 'file system unknown'} ({kind})"


MACHINE = machine()


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
