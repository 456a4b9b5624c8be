"""The product's command line as the tests start it: `python -m tests.crash.faults serve --port 0`.

The product is what it always is; in this one process what it stands on is replaced: SQLAlchemy's commit and the
operating system's `fsync`, so that it can die there, and the machine's clock, so that it can be stepped while it runs.

`CRASH_FAULT`: `KIND WHEN N`, for example `delivery before 2`: kill -9 at the second commit of that kind, just before it
is sent to the database or when it is through and nobody knows yet. `CRASH_CLOCK`: a file with the seconds that the
clock is off, which may change at any moment.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from threading import Lock
from typing import Any

import apscheduler.schedulers.base
import psycopg
from sqlalchemy.engine.default import DefaultDialect

import timers.clock
from app.cli import main

FAULT, CLOCK = "CRASH_FAULT", "CRASH_CLOCK"
BEFORE, AFTER = "before", "after"
KINDS = {
    "form": ("app.web.", ""),
    "delivery": ("app.delivery.deliver", ""),
    "batch": ("app.working.hands", "work_batch"),
    "fire": ("app.working.hands", "fire"),
    "jobs": ("persistence.jobs", ""),
    "anchor": ("app.anchoring", ""),
    "any": ("", ""),
}
"""Kind of a commit → how the module begins, and how the function, on whose behalf it is made. `anchor`: the `fsync` of
the file of anchors, which is that file's commit; `jobs`: what the clock of a worker defers."""


def fault(kind: str, when: str, number: int) -> str:
    """A value of `CRASH_FAULT`."""
    return f"{kind} {when} {number}"


class Dying:
    """Counts the commits of its kind and ends the process at one."""

    def __init__(self, spec: str) -> None:
        self._kind, self._when, number = spec.split()
        self._left, self._lock = int(number), Lock()

    def around(self, commit: Callable[[], None]) -> None:
        counts = self._kind in _kinds()
        if counts and self._when == BEFORE:
            self._count()
        commit()
        if counts and self._when == AFTER:
            self._count()

    def _count(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def _kinds() -> Iterator[str]:
    """What kinds of commit this is, by who is on the stack."""
    frame = sys._getframe(2)
    while frame is not None:
        module, function = str(frame.f_globals.get("__name__", "")), frame.f_code.co_name
        for kind, (begins, called) in KINDS.items():
            if module.startswith(begins) and function.startswith(called):
                yield kind
        frame = frame.f_back  # type: ignore[assignment]


def _in_transaction(connection: Any) -> bool:
    """SQLAlchemy commits in autocommit too, when there is nothing to commit."""
    raw = connection.driver_connection
    if isinstance(raw, psycopg.Connection):
        return raw.info.transaction_status != psycopg.pq.TransactionStatus.IDLE
    return bool(raw.in_transaction)


def die(spec: str) -> None:
    dying, commit, fsync = Dying(spec), DefaultDialect.do_commit, os.fsync

    def do_commit(self: DefaultDialect, connection: Any) -> None:
        if _in_transaction(connection):
            dying.around(lambda: commit(self, connection))
        else:
            commit(self, connection)

    DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]
    os.fsync = lambda file: dying.around(lambda: fsync(file))


def step(off: Path) -> None:
    """The product and APScheduler, which plans by the machine's clock, see it off by what the file says."""

    class Stepped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(seconds=float(off.read_text(encoding="ascii") or 0))

    for module in (timers.clock, apscheduler.schedulers.base):
        module.datetime = Stepped  # type: ignore[attr-defined]


if __name__ == "__main__":
    if spec := os.environ.get(FAULT):
        die(spec)
    if off := os.environ.get(CLOCK):
        step(Path(off))
    main()
