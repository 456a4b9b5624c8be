"""A PostgreSQL house with real worker processes, in which what must be handled is due in thirty minutes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from processes import verbs
from processes.people import SYSTEM, Actor, Duty
from tests.small import SECRET, Small

JIEBAN = Path(sys.executable).parent / "jieban"
LIMIT = timedelta(minutes=30)
START_SECONDS, PATIENCE_SECONDS = 60, 60


def in_minutes(files: dict[str, bytes]) -> None:
    """The limit of handling: thirty minutes."""
    table = files["limits.dmn"].decode().replace('<text>"wd"</text>', '<text>"min"</text>')
    files["limits.dmn"] = table.replace("<text>10</text>", "<text>30</text>").encode()


def order_due(small: Small, due_at: datetime) -> str:
    """Id of an order dispatched thirty minutes before `due_at`."""
    begun = due_at - LIMIT
    values = {"request_type": "help", "title": "路灯不亮", "content": "整条街的路灯都不亮了"}
    order = verbs.receive(small.door, SYSTEM, "small", values, begun).order
    for element, answer in (("accept", {"decision": "accept"}), ("dispatch", {"lead_unit": "housing"})):
        task = next(task for task in order.tasks.values() if task.element == element)
        duties = tuple(Duty("small", role, unit) for role in task.roles for unit in (None, "housing"))
        order = verbs.complete(small.door, Actor("somebody", "某人", duties), task.id, answer, begun).order
    return order.id


def fired(small: Small, order_id: str) -> bool:
    """Whether the limit of handling has fired."""
    return any(row["fired_at"] is not None for row in small.deadlines(order_id)["handle_overdue"])


def wait_until(what: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    latest = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < latest, "it does not happen"
        time.sleep(0.1)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class WorkerProcess:
    """`jieban worker` on a database."""

    def __init__(self, url: str, log: Path, more: Mapping[str, str] | None = None, *options: str) -> None:
        environment = os.environ | {
            "JIEBAN_DATABASE_URL": url,
            "JIEBAN_SECRET_KEY": SECRET,
            "JIEBAN_MASTER_KEY": SECRET,
        }
        environment |= dict(more or {})
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [str(JIEBAN), "worker", *options], env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        assert self.process.stdout is not None
        watchdog = threading.Timer(START_SECONDS, self.process.kill)
        watchdog.start()
        said = self.process.stdout.readline()
        watchdog.cancel()
        assert said, log.read_text()

    def kill(self) -> None:
        """No handler runs, nothing is flushed."""
        self.process.kill()
        self.end()

    def stop(self) -> int:
        """Ask it to end; returns its exit code."""
        self.process.terminate()
        return self.end()

    def end(self) -> int:
        code = self.process.wait(PATIENCE_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code
