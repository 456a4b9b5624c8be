"""The real server process: it says when it is ready, fires deadlines on time by the real clock, and ends when told."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.platform import Platform
from app.working.one_process import Sweeping
from persistence import registers
from persistence.incidents import Incidents
from processes import verbs
from processes.order import Deadline, Order
from processes.pack import read_pack
from processes.people import SYSTEM, Actor, Duty

JIEBAN = Path(sys.executable).parent / "jieban"
SMALL = Path(__file__).resolve().parents[1] / "packs/small"
SECRET = "known to the tests only"
LIMIT = timedelta(minutes=30)
LATENESS = timedelta(seconds=1)
START_SECONDS = 60
STOP_SECONDS = 20
# A deadline saved by another process than the server's is found by its next sweep, five seconds later at most.
NET = timedelta(seconds=6)


class Server:
    """`jieban serve` on a database; `address` once it is ready."""

    def __init__(self, database: Path, *options: str) -> None:
        environment = os.environ | {"JIEBAN_DATABASE_URL": f"sqlite:///{database}", "JIEBAN_SECRET_KEY": SECRET}
        command = [str(JIEBAN), "serve", *options]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.address = ""

    def wait_until_ready(self) -> str:
        assert self.process.stdout is not None
        watchdog = threading.Timer(START_SECONDS, self.process.kill)
        watchdog.start()
        self.address = self.process.stdout.readline().split()[-1]
        watchdog.cancel()
        return self.address

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Exit code and what it said on stderr."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        try:
            _, errors = self.process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, errors


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """An empty database with the small pack in force, in which what must be handled is due in thirty minutes."""
    pack = Path(shutil.copytree(SMALL, tmp_path / "pack"))
    table = pack / "limits.dmn"
    in_minutes = table.read_text().replace('<text>"wd"</text>', '<text>"min"</text>')
    table.write_text(in_minutes.replace("<text>10</text>", "<text>30</text>"))
    path = tmp_path / "jieban.db"
    begins = datetime(2020, 1, 1, tzinfo=UTC)
    Platform(f"sqlite:///{path}", SECRET).library.deploy(
        read_pack(pack), effective_from=begins, actor=SYSTEM, note="", now=begins
    )
    return path


@pytest.fixture
def platform(database: Path) -> Platform:
    """The database as this process sees it."""
    return Platform(f"sqlite:///{database}", SECRET)


@pytest.fixture
def server(database: Path) -> Iterator[Server]:
    started = Server(database, "--port", "0")
    try:
        started.wait_until_ready()
        yield started
    finally:
        started.process.kill()
        started.process.communicate()


def order_due(platform: Platform, due_at: datetime) -> Order:
    """An order dispatched thirty minutes before `due_at`."""
    begun = due_at - LIMIT
    values = {"request_type": "help", "title": "路灯不亮", "content": "整条街的路灯都不亮了"}
    order = verbs.receive(platform.door, SYSTEM, "small", values, begun).order
    for element, answer in (("accept", {"decision": "accept"}), ("dispatch", {"lead_unit": "housing"})):
        task = next(task for task in order.tasks.values() if task.element == element)
        order = complete_as_somebody(platform, order, task.id, answer, begun)
    return order


def complete_as_somebody(platform: Platform, order: Order, task: str, answer: dict[str, str], at: datetime) -> Order:
    duties = tuple(Duty(order.office, role, unit) for role in order.tasks[task].roles for unit in (None, "housing"))
    return verbs.complete(platform.door, Actor("somebody", "某人", duties), task, answer, at).order


def limit_of(platform: Platform, order: Order) -> Deadline:
    """The deadline of handling as it is stored now."""
    row = next(row for row in platform.read.deadlines_of(order.id) if row["element"] == "handle_overdue")
    return Deadline(**{name: row[name] for name in Deadline.__slots__})


def fired_at(platform: Platform, order: Order, until: datetime) -> datetime | None:
    """When the limit fired; waits until then at most."""
    while datetime.now(UTC) < until:
        found = limit_of(platform, order).fired_at
        if found is not None:
            return found
        time.sleep(0.05)
    return None


def test_a_deadline_fires_within_a_second_of_its_due_time(server: Server, platform: Platform) -> None:
    due_at = datetime.now(UTC).replace(microsecond=0) + NET + timedelta(seconds=2)
    order = order_due(platform, due_at)
    assert limit_of(platform, order).due_at == due_at
    found = fired_at(platform, order, due_at + timedelta(seconds=10))
    assert found is not None
    assert timedelta(0) < found - due_at < LATENESS


def test_a_deadline_saved_in_the_server_fires_within_a_second(database: Path) -> None:
    def saved(next_due: datetime | None) -> None:
        sweeping.saved(next_due)

    platform = Platform(f"sqlite:///{database}", SECRET, saved=saved)
    sweeping = Sweeping(platform)
    sweeping.start()
    try:
        due_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
        order = order_due(platform, due_at)
        found = fired_at(platform, order, due_at + timedelta(seconds=10))
    finally:
        sweeping.shutdown()
    assert found is not None
    assert timedelta(0) < found - due_at < LATENESS


def test_what_was_due_while_nothing_ran_fires_at_the_start_and_keeps_its_due_time(
    database: Path, platform: Platform
) -> None:
    due_at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
    order = order_due(platform, due_at)
    server = Server(database, "--port", "0")
    try:
        server.wait_until_ready()
        assert fired_at(platform, order, datetime.now(UTC) + timedelta(seconds=10)) is not None
    finally:
        server.process.kill()
        server.process.communicate()
    fired = next(row for row in platform.read.journal_of(order.id) if row["element"] == "handle_overdue")
    assert fired["due_at"] == due_at
    assert fired["happened_at"] > due_at + timedelta(hours=2)


def test_an_order_that_cannot_be_fired_becomes_an_incident_and_holds_up_no_other(platform: Platform) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    bad, good = (order_due(platform, now - timedelta(minutes=minutes)) for minutes in (2, 1))
    spoil(platform, bad)
    sweeping = Sweeping(platform)
    swept = sweeping.sweep(now)
    assert swept.failed >= 1
    assert limit_of(platform, good).fired_at == now
    assert limit_of(platform, bad).fired_at is None
    incidents = registers.incidents(platform.read, "small")
    assert {row["order_id"] for row in incidents} == {bad.id}
    assert sweeping.sweep(now + timedelta(seconds=1)).failed == 0
    assert sweeping.next_due(now) == now + timedelta(seconds=2)


def test_the_pause_before_a_retry_doubles_up_to_an_hour(platform: Platform) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    deadline = limit_of(platform, order_due(platform, now)).id
    incidents = Incidents(platform.database)
    pauses = [(incidents.failed(deadline, "x", now) - now).total_seconds() for _ in range(12)]
    assert pauses[:4] == [2, 4, 8, 16]
    assert pauses[-1] == 3600
    assert [row["attempts"] for row in registers.incidents(platform.read, "small")] == [12]


def test_an_incident_is_over_when_its_deadline_fires(platform: Platform) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    order = order_due(platform, now - timedelta(minutes=1))
    incidents = Incidents(platform.database)
    retry_at = incidents.failed(limit_of(platform, order).id, "x", now)
    sweeping = Sweeping(platform)
    sweeping.sweep(now)
    assert limit_of(platform, order).fired_at is None
    sweeping.sweep(retry_at)
    assert limit_of(platform, order).fired_at == retry_at
    sweeping.run_errands(retry_at)
    assert registers.incidents(platform.read, "small") == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(number: int, database: Path) -> None:
    server = Server(database, "--port", "0")
    urllib.request.urlopen(server.wait_until_ready(), timeout=10).close()
    assert server.stop(number) == (0, "")
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(server.address, timeout=5)


def test_a_port_in_use_is_said(database: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, errors = Server(database, "--port", str(port)).ended()
    assert code == 2
    assert f"127.0.0.1:{port}" in errors
    assert "Traceback" not in errors


def spoil(platform: Platform, order: Order) -> None:
    """Make the stored state of an order unreadable, as a damaged disk would."""
    with platform.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE instance SET state = '{' WHERE order_id = ?", (order.id,))
    platform.database.kept.forget()
