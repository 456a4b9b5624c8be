"""The real processes: web servers and workers that are killed while people send forms and deadlines fall due.

On SQLite one server does everything. On PostgreSQL there are two servers and two workers, any of which is killed, and
the database is restarted in between. Notices go to a gateway of ours, which remembers the keys that it was given.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa

from app.platform import Platform
from app.settings import DEMO_PASSWORD
from app.web.passwords import hash_password
from bench.cluster import Cluster
from persistence import tables as t
from processes import verbs
from processes.pack import read_pack
from processes.people import SYSTEM, Actor, Duty
from tests.crash.clients import Client
from tests.crash.tally import Said, Tally, count, finish
from tests.small import FOLDER, LONG_AGO, SECRET

JIEBAN = Path(sys.executable).parent / "jieban"
LIMIT = timedelta(minutes=30)
SHORTEST, LONGEST = 0.3, 2.5
"""Seconds of work before a kill."""
START_SECONDS, SETTLE_SECONDS = 180, 300
RESTART_EVERY = 8
DUTIES = tuple(
    Duty("small", role, "housing" if role == "handler" else None)
    for role in ("agent", "dispatcher", "reviewer", "handler")
)


class Service:
    """One process of the product, started again after every kill. `address`: where it serves, if it does."""

    def __init__(self, what: str, environment: dict[str, str], log: Path) -> None:
        self._command = [str(JIEBAN), what, *(("--port", "0") if what == "serve" else ())]
        self._environment, self._log = environment, log
        self.address = ""
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, env=self._environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        watchdog = threading.Timer(START_SECONDS, self.process.kill)
        watchdog.start()
        said = self.process.stdout.readline().split()
        watchdog.cancel()
        if not said:
            raise AssertionError(f"it did not start:\n{self._log.read_text(encoding='utf-8')[-2000:]}")
        self.address = said[-1]

    def kill(self) -> None:
        """No signal handler runs, nothing is flushed."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


class Gateway(ThreadingHTTPServer):
    """Takes notices and remembers their keys."""

    daemon_threads = True

    def __init__(self) -> None:
        self.keys: list[str] = []
        gateway = self

        class Take(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                gateway.keys.append(self.headers["Idempotency-Key"])
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing to say."""

        super().__init__(("127.0.0.1", 0), Take)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Services:
    """`url`: an empty database; `cluster`: where it can be restarted; `people` send forms, the limits of `due` orders
    pass during the run.
    """

    def __init__(self, url: str, random: Random, cluster: Cluster | None, *, people: int = 6, due: int = 60) -> None:
        self._url, self._random, self._cluster, self._people, self._due = url, random, cluster, people, due
        self._restarts = 0

    def run(self, kills: int, *, to_the_end: bool = True) -> Tally:
        """Kill so many times, wait until all that is due has fired, and count. `to_the_end`: until every notice is with
        the gateway, too: what a killed process had in hand is tried again only after a minute or two.
        """
        with tempfile.TemporaryDirectory() as folder:
            platform, gateway = self._prepare(Path(folder)), Gateway()
            services = self._start(Path(folder), f"http://127.0.0.1:{gateway.server_port}/notices")
            try:
                clients = self._kill_under_load(services, kills)
                self._settle(platform, to_the_end)
            finally:
                for service in services:
                    service.kill()
                gateway.shutdown()
                gateway.server_close()
            tally = self._count(platform, clients, gateway)
            platform.database.engine.dispose()
        tally.kills, tally.database_restarts = kills, self._restarts
        return tally

    def _prepare(self, folder: Path) -> Platform:
        """The small pack with a limit of half an hour, people, and orders whose limits pass during the run."""
        pack = Path(shutil.copytree(FOLDER, folder / "pack"))
        table = pack / "limits.dmn"
        in_minutes = table.read_text(encoding="utf-8").replace('<text>"wd"</text>', '<text>"min"</text>')
        table.write_text(in_minutes.replace("<text>10</text>", "<text>30</text>"), encoding="utf-8")
        platform = Platform(self._url, SECRET)
        platform.library.deploy(read_pack(pack), effective_from=LONG_AGO, actor=SYSTEM, note="", now=LONG_AGO)
        password = hash_password(DEMO_PASSWORD)
        for number in range(self._people):
            platform.people.add(f"busy{number}", "某人", password, list(DUTIES))
        with platform.database.engine.begin() as connection:
            connection.execute(t.office.update().values(staff_by="webhook"))
        busy, begin = Actor("busy", "某人", DUTIES), datetime.now(UTC)
        for number in range(self._due):
            at = begin + timedelta(seconds=0.5 * number) - LIMIT
            values = {"request_type": "complaint", "title": f"due-{number}", "content": "路灯不亮"}
            order = verbs.receive(platform.door, busy, "small", values, at).order
            for element, answers in (("accept", {"decision": "accept"}), ("dispatch", {"lead_unit": "housing"})):
                task = next(task for task in order.tasks.values() if task.element == element)
                order = verbs.complete(platform.door, busy, task.id, answers, at).order
        return platform

    def _start(self, folder: Path, gateway: str) -> list[Service]:
        environment = os.environ | {
            "JIEBAN_DATABASE_URL": self._url,
            "JIEBAN_SECRET_KEY": SECRET,
            "JIEBAN_MASTER_KEY": SECRET,
            "JIEBAN_ANCHORS": str(folder / "anchors"),
            "JIEBAN_WEBHOOK_URL": gateway,
            "JIEBAN_WEBHOOK_SECRET": "known to the tests only",
            "JIEBAN_WEBHOOK_PRIVATE": "1",
        }
        whats = ("serve", "serve", "worker", "worker") if self._cluster else ("serve",)
        return [Service(what, environment, folder / "services.log") for what in whats]

    def _kill_under_load(self, services: Sequence[Service], kills: int) -> list[Client]:
        webs = [one for one in services if one.address.startswith("http")]
        clients = [self._client(webs[number % len(webs)], number) for number in range(self._people)]
        for client in clients:
            client.start()
        for kill in range(kills):
            wait_until_busy(clients)
            time.sleep(self._random.uniform(SHORTEST, LONGEST))
            if self._cluster is not None and kill % RESTART_EVERY == 1:
                self._cluster.restart(signal.SIGQUIT)
                self._restarts += 1
            victim = self._random.choice(services)
            victim.kill()
            victim.start()
        for client in clients:
            client.enough.set()
        for client in clients:
            client.join(START_SECONDS)
            assert client.faults == [], client.faults
            assert not client.is_alive(), "somebody waits for an answer"
        return clients

    def _client(self, web: Service, number: int) -> Client:
        # While the database is away the server says so; that acknowledges nothing.
        forgiving = self._cluster is not None
        return Client(lambda: web.address, f"client{number}", f"busy{number}", DEMO_PASSWORD, forgiving=forgiving)

    def _settle(self, platform: Platform, to_the_end: bool) -> None:
        """The services by themselves fire what is due and deliver what is written."""
        latest = time.monotonic() + SETTLE_SECONDS
        waiting = sa.select(sa.func.count()).select_from(t.outbox).where(t.outbox.c.state == "waiting")
        while True:
            with platform.database.reading() as connection:
                undelivered = connection.execute(waiting).scalar_one()
            due = platform.read.due_orders(datetime.now(UTC), 1)
            if not due and not (undelivered and to_the_end):
                return
            assert time.monotonic() < latest, f"due: {due}, undelivered: {undelivered}"
            time.sleep(0.2)

    def _count(self, platform: Platform, clients: Sequence[Client], gateway: Gateway) -> Tally:
        said = Said()
        with platform.database.reading() as connection:
            orders = connection.execute(sa.select(t.work_order.c.id, t.work_order.c.title)).all()
            keys = set(connection.execute(sa.select(t.outbox.c.key).where(t.outbox.c.state == "sent")).scalars())
        by_title: dict[str, list[str]] = {}
        for order in orders:
            by_title.setdefault(order.title, []).append(order.id)
        for client in clients:
            said.tried |= set(client.submitted) | set(client.attempted)
            said.received |= {by_title.get(title, [title])[0] for title in client.received}
            said.completed |= set(client.completed)
        tally = count(platform, said)
        tally.doubled += sum(len(ids) - 1 for ids in by_title.values())
        # Sent means that the gateway has it, at least once, under the notice's own key.
        tally.lost += len(keys - set(gateway.keys))
        tally.stuck = finish(platform, said)
        after = count(platform, said)
        after.stuck = tally.stuck
        after.lost, after.doubled = max(after.lost, tally.lost), max(after.doubled, tally.doubled)
        return after


def wait_until_busy(clients: Sequence[Client]) -> None:
    """Until each has completed something more."""
    latest = time.monotonic() + START_SECONDS
    for client in clients:
        before = len(client.completed)
        while len(client.completed) == before:
            assert client.faults == [], client.faults
            assert time.monotonic() < latest, "nobody gets on"
            time.sleep(0.01)
