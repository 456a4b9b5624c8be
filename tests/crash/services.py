"""The real processes: web servers and workers that die while people send forms and deadlines fall due.

Each dies by itself at its commits (`faults`), and is killed at random moments, while the clock of all of them is
stepped a day back and forward. On SQLite one server does everything. On PostgreSQL there are two servers and two
workers, and the database is restarted in between. Notices go to a gateway of ours, which remembers their keys.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count as numbers
from pathlib import Path
from random import Random

import sqlalchemy as sa

from app import calendar_import
from app.platform import Platform
from app.settings import DEMO_PASSWORD
from app.web.passwords import hash_password
from bench.cluster import Cluster
from persistence import tables as t
from persistence.outbox import LEASE
from processes import verbs
from processes.pack import read_pack
from processes.people import SYSTEM, Actor, Duty
from tests.crash.children import Gateway, Service
from tests.crash.clients import Client
from tests.crash.faults import AFTER, BEFORE, CLOCK, fault
from tests.crash.tally import Said, Tally, count, finish
from tests.small import ADMIN, FOLDER, LONG_AGO, SECRET
from timers.notice import Notice

LIMIT = timedelta(minutes=30)
SHORTEST, LONGEST = 0.3, 2.5
"""Seconds of work before a kill."""
START_SECONDS = 180
SETTLE_SECONDS = 2 * LEASE.total_seconds()
"""What somebody held who died at the end is free again when its lease is over; and then it is to be delivered."""
FEED_SECONDS = 2.0
RESTART_EVERY = 8
DAY = timedelta(days=1)
STEPS = (-DAY, timedelta(), DAY, timedelta())
"""How far the clocks of all processes are off, one after another."""
FORM, JOBS = "form", "jobs"
COMMITS = {FORM: 6, "fire": 3, "delivery": 4, "batch": 4, "anchor": 1, JOBS: 3}
"""Commits of each kind that are told apart: from sign-in to review, claim and delivery of a notice, an order of a batch
and the note that the walk is past it, the beginning and the end of a slice."""
EVERY_FAULT = tuple(
    (kind, when, number) for kind, most in COMMITS.items() for number in range(1, most + 1) for when in (BEFORE, AFTER)
)
Fault = tuple[str, str, int]
DUTIES = tuple(
    Duty("small", role, "housing" if role == "handler" else None)
    for role in ("agent", "dispatcher", "reviewer", "handler")
)
BUSY = Actor("busy", "某人", DUTIES)


class Services:
    """`url`: an empty database; `cluster`: where it can be restarted; `people` send forms, the limits of `due` orders
    pass during the run.
    """

    def __init__(self, url: str, random: Random, cluster: Cluster | None, *, people: int = 6, due: int = 60) -> None:
        self._url, self._random, self._cluster, self._people, self._due = url, random, cluster, people, due
        self._said, self._numbers, self._restarts, self._kills = Said(), numbers(), 0, 0

    def run(self, kills: int, faults: Sequence[Fault] = EVERY_FAULT, *, to_the_end: bool = True) -> Tally:
        """Let processes die at each of the faults, and kill so many times; wait until all that is due has fired, and
        count. `to_the_end`: until every notice is with the gateway, too: what a killed process had in hand is tried
        again only when its lease is over.
        """
        with tempfile.TemporaryDirectory() as folder:
            self._clock = Path(folder, "clock")
            self._step(timedelta())
            self._platform, gateway = self._prepare(Path(folder)), Gateway()
            services = self._start(Path(folder), f"http://127.0.0.1:{gateway.server_port}/notices")
            try:
                clients = self._go_to_work(services)
                for one in faults:
                    if self._cluster or one[0] != JOBS:  # on SQLite there is no queue
                        self._die_at(one, services, clients)
                self._kill_at_random(services, clients, kills)
                self._stop(clients)
                swept_at = self._settle(to_the_end)
            finally:
                for service in services:
                    service.kill()
                gateway.shutdown()
                gateway.server_close()
            tally = self._count(clients, gateway, swept_at)
            self._platform.database.engine.dispose()
        tally.kills, tally.database_restarts = self._kills, self._restarts
        return tally

    def _prepare(self, folder: Path) -> Platform:
        """The small pack with a limit of half an hour, people, and orders whose limits pass during the run."""
        pack = Path(shutil.copytree(FOLDER, folder / "pack"))
        table = pack / "limits.dmn"
        in_minutes = table.read_text(encoding="utf-8").replace('<text>"wd"</text>', '<text>"min"</text>')
        table.write_text(in_minutes.replace("<text>10</text>", "<text>30</text>"), encoding="utf-8")
        self._platform = platform = Platform(self._url, SECRET)
        platform.library.deploy(read_pack(pack), effective_from=LONG_AGO, actor=SYSTEM, note="", now=LONG_AGO)
        password = hash_password(DEMO_PASSWORD)
        for number in range(self._people):
            platform.people.add(f"busy{number}", "某人", password, list(DUTIES))
        with platform.database.engine.begin() as connection:
            connection.execute(t.office.update().values(staff_by="webhook"))
        begin = datetime.now(UTC)
        self._dispatch(begin + timedelta(seconds=0.5 * number) for number in range(self._due))
        return platform

    def _dispatch(self, dues: Iterable[datetime]) -> None:
        """Orders that nobody handles, whose limit passes at these moments."""
        for due in dues:
            at, door = due - LIMIT, self._platform.door
            values = {"request_type": "complaint", "title": f"due-{next(self._numbers)}", "content": "路灯不亮"}
            order = verbs.receive(door, BUSY, "small", values, at).order
            self._said.tried[order.id] += 1
            for element, answers in (("accept", {"decision": "accept"}), ("dispatch", {"lead_unit": "housing"})):
                task = next(task for task in order.tasks.values() if task.element == element)
                self._said.tried[task.id] += 1
                order = verbs.complete(door, BUSY, task.id, answers, at).order

    def _start(self, folder: Path, gateway: str) -> list[Service]:
        environment = os.environ | {
            "JIEBAN_DATABASE_URL": self._url,
            "JIEBAN_SECRET_KEY": SECRET,
            "JIEBAN_MASTER_KEY": SECRET,
            "JIEBAN_ANCHORS": str(folder / "anchors"),
            "JIEBAN_WEBHOOK_URL": gateway,
            "JIEBAN_WEBHOOK_SECRET": "known to the tests only",
            "JIEBAN_WEBHOOK_PRIVATE": "1",
            CLOCK: str(self._clock),
        }
        whats = ("serve", "serve", "worker", "worker") if self._cluster else ("serve",)
        return [Service(what, environment, folder / "services.log") for what in whats]

    def _step(self, off: timedelta) -> None:
        """Set the clocks of all processes, those that run too."""
        new = self._clock.with_suffix(".new")
        new.write_text(str(off.total_seconds()), encoding="ascii")
        new.replace(self._clock)

    def _go_to_work(self, services: Sequence[Service]) -> list[Client]:
        webs = [one for one in services if one.what == "serve"]
        clients = [self._client(webs[number % len(webs)], number) for number in range(self._people)]
        for client in clients:
            client.start()
        return clients

    def _client(self, web: Service, number: int) -> Client:
        # While the database is away the server says so; that acknowledges nothing.
        forgiving = self._cluster is not None
        return Client(lambda: web.address, f"client{number}", f"busy{number}", DEMO_PASSWORD, forgiving=forgiving)

    def _die_at(self, one: Fault, services: Sequence[Service], clients: Sequence[Client]) -> None:
        """A process is started that dies by itself at a commit, and gets work of that kind until it does."""
        wait_until_busy(clients)
        kind = one[0]
        what = "serve" if kind == FORM or self._cluster is None else "worker"
        victim = self._random.choice([service for service in services if service.what == what])
        victim.kill()
        victim.start(fault(*one))
        latest, fed = time.monotonic() + START_SECONDS, 0.0
        while not victim.dead:
            assert time.monotonic() < latest, f"no commit: {one}"
            if kind != FORM and time.monotonic() - fed > FEED_SECONDS:
                self._feed(kind)
                fed = time.monotonic()
            time.sleep(0.02)
        self._kills += 1
        victim.kill()
        victim.start()

    def _feed(self, kind: str) -> None:
        """Background work of this kind: limits that pass now, and what firing them sends; or a new calendar."""
        now = datetime.now(UTC)
        if kind != "batch":
            self._dispatch([now] * 3)
            return
        self._dispatch([now + 2 * DAY] * 3)
        holiday = {date(2030, 1, 1) + timedelta(days=next(self._numbers)): "元旦"}
        calendar_import.begin(self._platform, Notice(2030, holiday, source="试验通知"), ADMIN, "small", now)

    def _kill_at_random(self, services: Sequence[Service], clients: Sequence[Client], kills: int) -> None:
        for kill in range(kills):
            self._step(STEPS[kill % len(STEPS)])
            wait_until_busy(clients)
            time.sleep(self._random.uniform(SHORTEST, LONGEST))
            if self._cluster is not None and kill % RESTART_EVERY == 1:
                self._cluster.restart(signal.SIGQUIT)
                self._restarts += 1
            victim = self._random.choice(services)
            victim.kill()
            victim.start()
            self._kills += 1

    def _stop(self, clients: Sequence[Client]) -> None:
        for client in clients:
            client.enough.set()
        for client in clients:
            client.join(START_SECONDS)
            assert client.faults == [], client.faults
            assert not client.is_alive(), "somebody waits for an answer"

    def _settle(self, to_the_end: bool) -> datetime:
        """The services by themselves fire what is due and deliver what is written; by when all of it had fired.

        The clocks stay a day ahead: whoever died holding a notice then holds it until a moment of that day.
        """
        self._step(DAY)
        swept_at, latest = datetime.now(UTC) + DAY, time.monotonic() + SETTLE_SECONDS
        waiting = sa.select(sa.func.count()).select_from(t.outbox).where(t.outbox.c.state == "waiting")
        while True:
            with self._platform.database.reading() as connection:
                undelivered = connection.execute(waiting).scalar_one()
            due = self._platform.read.due_orders(swept_at, 1)
            if not due and not (undelivered and to_the_end):
                return swept_at
            assert time.monotonic() < latest, f"due: {due}, undelivered: {undelivered}"
            time.sleep(0.2)

    def _count(self, clients: Sequence[Client], gateway: Gateway, swept_at: datetime) -> Tally:
        said, platform = self._said, self._platform
        with platform.database.reading() as connection:
            orders = connection.execute(sa.select(t.work_order.c.id, t.work_order.c.title)).all()
            keys = set(connection.execute(sa.select(t.outbox.c.key).where(t.outbox.c.state == "sent")).scalars())
        by_title: dict[str, list[str]] = {}
        for order in orders:
            by_title.setdefault(order.title, []).append(order.id)
        for client in clients:
            _hear(said, client, {title: ids[0] for title, ids in by_title.items()})
        cut = said.cut.total()
        assert cut <= len(clients) * self._kills, f"{cut} forms without an answer"
        served = count(platform, said, swept_at)
        stuck, swept_at = finish(platform, said)
        tally = count(platform, said, swept_at)
        tally.stuck = stuck
        # What the services themselves did not fire was missed, though we have fired it since.
        tally.lost = max(tally.lost, served.lost + served.deadlines_due - served.fired_once)
        tally.doubled = max(tally.doubled, served.doubled) + sum(len(ids) - 1 for ids in by_title.values())
        # Sent means that the gateway has it, at least once, under the notice's own key.
        tally.lost += len(keys - set(gateway.keys))
        return tally


def _hear(said: Said, client: Client, ids: dict[str, str]) -> None:
    """What a client was told. It knows its requests by their titles; `ids`: those of the orders that came of them."""
    said.tried.update(ids.get(key, key) for key in (*client.submitted, *client.attempted))
    said.received.update(ids.get(title, title) for title in client.received)
    said.completed.update(client.completed)
    said.failed.update(ids.get(key, key) for key in client.failed)
    said.cut.update(ids.get(key, key) for key in client.cut)


def wait_until_busy(clients: Sequence[Client]) -> None:
    """Until each has completed something more."""
    latest = time.monotonic() + START_SECONDS
    for client in clients:
        before = len(client.completed)
        while len(client.completed) == before:
            assert client.faults == [], client.faults
            assert time.monotonic() < latest, "nobody gets on"
            time.sleep(0.01)
