"""Counters of several web processes as one: Prometheus' client keeps each process's in files of a shared folder.

A process that ended leaves its counts behind, for a counter must never go down. They are added to those of all that
ended before (`retired`), so that processes which are replaced for years leave two files. Reading and adding take turns:
in between, a count would be seen twice.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector

KINDS = ("counter", "histogram")


def folder() -> Path | None:
    """Where the processes keep their counts; None for a process that is alone."""
    named = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return Path(named) if named else None


def added_up(place: Path) -> bytes:
    """What all processes have counted, as Prometheus reads it."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(place))  # type: ignore[no-untyped-call]
    with _turn(place, fcntl.LOCK_SH):
        return generate_latest(registry)


def retire(place: Path, pid: int) -> None:
    """This process has ended: its counts go to the retired ones, its files away."""
    with _turn(place, fcntl.LOCK_EX):
        for kind in KINDS:
            left, kept = place / f"{kind}_{pid}.db", place / f"{kind}_retired.db"
            if left.exists():
                _add([one for one in (kept, left) if one.exists()], kept)
                left.unlink()


def forget(place: Path) -> None:
    """A new beginning: nothing has been counted."""
    for file in place.glob("*.db"):
        file.unlink()


def _add(files: list[Path], into: Path) -> None:
    part = into.with_suffix(".part")
    part.unlink(missing_ok=True)
    sums = MmapedDict(str(part))  # type: ignore[no-untyped-call]
    for metric in MultiProcessCollector.merge([str(one) for one in files], accumulate=False):  # type: ignore[no-untyped-call]
        for sample in metric.samples:
            names = list(sample.labels)
            key = mmap_key(metric.name, sample.name, names, list(sample.labels.values()), metric.documentation)
            sums.write_value(key, sample.value, 0.0)  # type: ignore[no-untyped-call]
    sums.close()  # type: ignore[no-untyped-call]
    part.replace(into)


@contextmanager
def _turn(place: Path, how: int) -> Iterator[None]:
    with (place / "turn").open("a") as file:
        fcntl.flock(file, how)
        yield
