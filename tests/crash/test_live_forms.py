"""kill -9 of the real server while people submit real forms and deadlines fall due.

What a redirect acknowledged is journalled exactly once, nothing is there twice, every chain verifies, every deadline
fires exactly once, and every order can be finished afterwards. `JIEBAN_CRASH_SEED` repeats the times of the kills
(what they hit still depends on the machine).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random, SystemRandom

import pytest
import sqlalchemy as sa

from app.platform import Platform
from app.settings import DEMO_PASSWORD
from app.web.passwords import hash_password
from persistence import tables as t
from persistence.audit import verify
from processes import verbs
from processes.pack import read_pack
from processes.people import Actor, Duty
from tests.crash.clients import Client
from tests.deploying import put_in_force
from tests.small import FOLDER, LONG_AGO, SECRET

JIEBAN = Path(sys.executable).parent / "jieban"
CLIENTS, OTHERS, KILLS, DUE_ORDERS = 4, 2, 3, 30
SHORTEST, LONGEST = 1.0, 2.5
"""Seconds of work before a kill."""
LIMIT = timedelta(minutes=30)
START_SECONDS = 30
EVERYTHING = tuple(
    Duty("small", role, "housing" if role == "handler" else None)
    for role in ("agent", "dispatcher", "reviewer", "handler")
)
BUSY = Actor("busy", "某人", EVERYTHING)


class Server:
    """`jieban serve` on a database, killed and started again; `address` is where it is now."""

    def __init__(self, database: Path) -> None:
        self.environment = os.environ | {"JIEBAN_DATABASE_URL": f"sqlite:///{database}", "JIEBAN_SECRET_KEY": SECRET}
        self.log = database.with_suffix(".log")
        self.start()

    def start(self) -> None:
        command = [str(JIEBAN), "serve", "--port", "0"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        watchdog = threading.Timer(START_SECONDS, self.process.kill)
        watchdog.start()
        self.address = self.process.stdout.readline().split()[-1]
        watchdog.cancel()

    def kill(self) -> None:
        """No signal handler runs, nothing is flushed."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The small pack with a limit of thirty minutes, and somebody who may do everything."""
    pack = Path(shutil.copytree(FOLDER, tmp_path / "pack"))
    table = pack / "limits.dmn"
    in_minutes = table.read_text().replace('<text>"wd"</text>', '<text>"min"</text>')
    table.write_text(in_minutes.replace("<text>10</text>", "<text>30</text>"))
    path = tmp_path / "jieban.db"
    platform = Platform(f"sqlite:///{path}", SECRET)
    put_in_force(platform, read_pack(pack), LONG_AGO)
    password = hash_password(DEMO_PASSWORD)
    for number in range(CLIENTS + OTHERS):
        platform.people.add(f"busy{number}", "某人", password, list(EVERYTHING))
    return path


@pytest.fixture
def platform(database: Path) -> Platform:
    """The database as this process sees it."""
    return Platform(f"sqlite:///{database}", SECRET)


@pytest.fixture
def server(database: Path) -> Iterator[Server]:
    started = Server(database)
    yield started
    started.kill()


def orders_due(platform: Platform, begin: datetime, seconds: float) -> None:
    """Dispatched orders whose limits pass one after another within so many seconds from `begin`."""
    for number in range(DUE_ORDERS):
        at = begin + timedelta(seconds=seconds * number / DUE_ORDERS) - LIMIT
        values = {"request_type": "complaint", "title": f"due-{number}", "content": "路灯不亮"}
        order = verbs.receive(platform.door, BUSY, "small", values, at).order
        for element, answers in (("accept", {"decision": "accept"}), ("dispatch", {"lead_unit": "housing"})):
            task = next(task for task in order.tasks.values() if task.element == element)
            order = verbs.complete(platform.door, BUSY, task.id, answers, at).order


@pytest.mark.crash
@pytest.mark.slow
def test_forms_and_deadlines_survive_kills_of_the_server(platform: Platform, server: Server) -> None:
    seed = int(os.environ.get("JIEBAN_CRASH_SEED") or SystemRandom().randrange(10**6))
    print(f"JIEBAN_CRASH_SEED={seed}")
    random = Random(seed)
    orders_due(platform, datetime.now(UTC), seconds=20)
    clients = [
        Client(lambda: server.address, f"seed{seed}-client{number}", f"busy{number}", DEMO_PASSWORD)
        for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    for _ in range(KILLS):
        wait_until_busy(clients)
        time.sleep(random.uniform(SHORTEST, LONGEST))
        server.kill()
        server.start()
    for client in clients:
        client.enough.set()
    for client in clients:
        client.join(START_SECONDS)
        assert client.faults == []
    latest = time.monotonic() + START_SECONDS
    while platform.read.due_deadlines(datetime.now(UTC), 1):
        assert time.monotonic() < latest, "a deadline that is due does not fire"
        time.sleep(0.05)
    assert verify(platform.database).intact
    journalled_once(platform, clients)
    acknowledged = sum(len(client.received) + len(client.completed) for client in clients)
    print(f"{acknowledged} forms acknowledged, {sum(len(one.submitted) - len(one.received) for one in clients)} lost")

    # Who handled an order may not review it: another one then does.
    others = [Client(lambda: server.address, "none", f"busy{CLIENTS + n}", DEMO_PASSWORD) for n in range(OTHERS)]
    for other in others:
        other.sign_in()
        for number in numbers(platform, still_open=True):
            other.finish(f"/orders/{number}")
    assert numbers(platform, still_open=True) == []
    server.kill()
    assert verify(platform.database).intact
    journalled_once(platform, [*clients, *others])


def wait_until_busy(clients: list[Client]) -> None:
    """Until each has completed something more."""
    latest = time.monotonic() + START_SECONDS
    for client in clients:
        before = len(client.completed)
        while len(client.completed) == before:
            assert client.faults == []
            assert time.monotonic() < latest, "nobody gets on"
            time.sleep(0.01)


def numbers(platform: Platform, *, still_open: bool) -> list[str]:
    """Numbers of the orders, or of those not closed yet."""
    query = sa.select(t.work_order.c.number)
    if still_open:
        query = query.where(t.work_order.c.closed_at.is_(None))
    with platform.database.reading() as connection:
        return list(connection.execute(query).scalars())


def journalled_once(platform: Platform, clients: list[Client]) -> None:
    """Journal, tasks and deadlines tell the same story, and it holds all that was acknowledged."""
    with platform.database.reading() as connection:
        acts: Counter[tuple[str, str, str]] = Counter(
            (row.order_id, row.act, row.element)
            for row in connection.execute(sa.select(t.journal).where(t.journal.c.order_id.is_not(None)))
        )
        orders = connection.execute(sa.select(t.work_order.c.id, t.work_order.c.title)).all()
        done = connection.execute(sa.select(t.task).where(t.task.c.outcome == "completed")).all()
        fired = connection.execute(sa.select(t.deadline).where(t.deadline.c.fired_at.is_not(None))).all()
    assert {key: n for key, n in acts.items() if n > 1} == {}
    titles = Counter(row.title for row in orders)
    for client in clients:
        assert {title: titles[title] for title in client.received if titles[title] != 1} == {}
        assert {title: titles[title] for title in client.submitted if titles[title] > 1} == {}
        assert set(client.completed) <= {row.id for row in done}
    assert {key[0] for key in acts if key[1] == "receive"} == {row.id for row in orders}
    assert {(row.order_id, "complete", row.element) for row in done} == {key for key in acts if key[1] == "complete"}
    assert {(row.order_id, "fire", row.element) for row in fired} == {key for key in acts if key[1] == "fire"}
    assert len(set(numbers(platform, still_open=False))) == len(orders)
