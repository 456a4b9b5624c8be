"""Pages and the tick with a thousand and with a million orders, on PostgreSQL: their cost may not grow with the record.

A page is a whole request through the web app, signed in; what of it is SQL is a row of its own. People are of two
kinds: some see the whole office, some what involves a unit. Both databases lie in the same cluster and are asked in
turn. `JIEBAN_BENCH_ORDERS` makes the large one smaller, and the rows then carry that number.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from statistics import median
from time import perf_counter
from typing import Any

import click
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.factory import create_app
from app.recurring import Duties
from app.settings import DEMO_PASSWORD, Settings
from app.web.inbox import SIGN_FOR
from app.working.worker import Worker
from bench.cluster import NoPostgres, cluster
from bench.generate import NOW, SECRET, Filled, fill, play
from bench.rows import row
from bench.settings import PACK
from persistence import registers
from persistence import tables as t
from persistence.sight import Sight
from processes.ledger import ledger_of
from processes.people import Actor
from tests.app.browsing import Browser, Clock

SMALL = 1_000
LARGE = int(os.environ.get("JIEBAN_BENCH_ORDERS", "1000000"))
SETTINGS = {
    "shared_buffers": "2GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "1GB",
    "max_wal_size": "8GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
TURNS = 15
PEOPLE = {"supervisor": True, "archivist": True, "unit_handler.housing_bureau": False}
"""Login → whether that person sees the whole office. The archivist's queue is the longest."""
WORDS = ("井盖破损", "积水", "灯", "红谷中大道88号", "2026")


def measure() -> list[dict[str, Any]]:
    """`inbox_1m`, `search_1m`, `order_page_1m`, `ledger_1m`, `archive_1m`, `counters_1m`, `tick_1m`, slowest SQL."""
    try:
        with cluster(**SETTINGS) as postgres:
            play(postgres.database("played")).database.engine.dispose()
            small, large = (_filled(postgres.database(f"orders_{n}", like="played"), n) for n in (SMALL, LARGE))
            return [*_pages(small, large), *_counters(small, large), _tick(small, large)]
    except NoPostgres as missing:
        click.echo(f"left out: {missing}")
        return []


def _filled(url: str, orders: int) -> Filled:
    begun = perf_counter()
    filled = fill(url, orders)
    size = "SELECT pg_database_size(current_database())"
    with filled.platform.database.reading() as connection:
        found = connection.execute(sa.text(size)).scalar_one() / 1e9
    taken = perf_counter() - begun
    click.echo(f"{filled.orders:,} orders, {filled.pending:,} pending deadlines: {found:.2f} GB in {taken:.0f} s")
    return filled


class House:
    """The web app on a database, with its people signed in. `sql`: seconds in the database since it was set to 0."""

    def __init__(self, filled: Filled) -> None:
        self.filled, self.sql, self._begun = filled, 0.0, 0.0
        app = create_app(Settings("given", SECRET, SECRET, demo=True), filled.platform, Clock(NOW))
        self.browsers: dict[str, Browser] = {}
        for login in PEOPLE:
            client: FlaskClient = app.test_client()
            self.browsers[login] = Browser(client)
            if self.browsers[login].sign_in(login, DEMO_PASSWORD).status != 200:
                raise RuntimeError(f"{login} cannot sign in")
        engine = filled.platform.database.engine
        sa.event.listen(engine, "before_cursor_execute", self._begin)
        sa.event.listen(engine, "after_cursor_execute", self._end)

    def _begin(self, *_: Any) -> None:
        self._begun = perf_counter()

    def _end(self, *_: Any) -> None:
        self.sql += perf_counter() - self._begun

    def get(self, login: str, path: str) -> tuple[float, float]:
        """Milliseconds of a page, and of its SQL."""
        self.sql, begun = 0.0, perf_counter()
        answer = self.browsers[login].client.get(path)
        taken = perf_counter() - begun
        if answer.status_code != 200:
            raise RuntimeError(f"{login} gets {answer.status_code} for {path}")
        return taken * 1e3, self.sql * 1e3

    def numbers(self, login: str) -> list[str]:
        """Numbers of orders that the person sees, spread over all years."""
        o, u = t.work_order.c, t.order_unit.c
        query = sa.select(o.number).where(o.office == PACK, o.kind == "order")
        if not PEOPLE[login]:
            query = query.where(o.id.in_(sa.select(u.order_id).where(u.unit == login.partition(".")[2])))
        with self.filled.platform.database.reading() as connection:
            return list(connection.execute(query.order_by(sa.func.md5(o.id)).limit(TURNS + 1)).scalars())


def _pages(small: Filled, large: Filled) -> list[dict[str, Any]]:
    houses = [House(small), House(large)]
    kept = {login: [house.numbers(login) for house in houses] for login in PEOPLE}
    asked: dict[str, Callable[[str, int, int], Iterator[str]]] = {
        "inbox": lambda login, house, turn: iter(["/inbox", "/inbox?tab=done"]),
        "search": lambda *_: (f"/inbox?tab={tab}&q={word}" for word in WORDS for tab in ("all", "todo")),
        "order_page": lambda login, house, turn: iter([f"/orders/{kept[login][house][turn]}"]),
        "ledger": lambda login, house, turn: iter(["/ledger/", "/ledger/?state=overdue", "/ledger/?state=closed"]),
        "archive": lambda *_: iter(["/archive/", *(f"/archive/?q={word}" for word in WORDS)]),
    }
    rows = []
    for name, paths in asked.items():
        pages: tuple[list[float], list[float]] = ([], [])
        sql: tuple[list[float], list[float]] = ([], [])
        for turn in range(TURNS + 1):
            for login in PEOPLE:
                for place, house in enumerate(houses):
                    found = [house.get(login, path) for path in paths(login, place, turn)]
                    if turn:  # the first turn warms up
                        pages[place].append(median(one for one, _ in found))
                        sql[place].append(max(one for _, one in found))
        rows.append(_grown(name, "ms", pages[1], pages[0], 2))
        rows.append(_grown(f"{name}_slowest_sql", "ms", sql[1], sql[0], None))
    return rows


def _counters(small: Filled, large: Filled) -> list[dict[str, Any]]:
    """Everything that the rail, the tabs and the ledger count, for each of the people."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(TURNS + 1):
        for login, whole in PEOPLE.items():
            for place, filled in enumerate((small, large)):
                begun = perf_counter()
                _count(filled, login, whole)
                if turn:
                    times[place].append((perf_counter() - begun) * 1e3)
    return [_grown("counters", "ms", times[1], times[0], 2)]


def _count(filled: Filled, login: str, whole: bool) -> None:
    platform = filled.platform
    user = platform.people.by_login(login)
    if user is None:
        raise RuntimeError(f"no {login}")
    sight = Sight(Actor(login, login, platform.people.duties(user["id"])), PACK, whole)
    read, regulation = platform.read, platform.library.in_force(PACK, NOW)
    kept = ledger_of(regulation)
    read.dues(sight)
    read.dues(sight, SIGN_FOR)
    read.count_overdue(sight)
    registers.count_incidents(read, PACK)
    if kept is not None:
        registers.count_ledger(read, sight, kept.process.id, NOW)


def _tick(small: Filled, large: Filled) -> dict[str, Any]:
    """A wake-up of a worker's clock with nothing due: duties, deadlines, notices, batches, jobs of dead workers,
    incidents, and when to wake next.
    """
    pending = _fill_up(large)
    times: tuple[list[float], list[float]] = ([], [])
    workers = [_worker(filled) for filled in (small, large)]
    for turn in range(TURNS * 4):
        for place, (filled, worker) in enumerate(zip((small, large), workers, strict=True)):
            due = filled.platform.read.next_due()
            now = min(due or NOW, NOW) - timedelta(seconds=1)
            begun = perf_counter()
            swept = worker.sweep(now)
            worker.next_due(now)
            if swept.fired or swept.failed:
                raise RuntimeError(f"nothing was due: {swept}")
            if turn:
                times[place].append((perf_counter() - begun) * 1e3)
    found = _grown("tick", "ms", times[1], times[0], 1.5)
    found["baseline_name"] = f"with {small.pending:,} pending deadlines, not {pending:,}"
    return found


def _worker(filled: Filled) -> Worker:
    """One that does not run, with nothing to do: the notices that were copied have gone out, and of duties there are
    those to come (the years before would be opened for hours).
    """
    out = t.outbox.update().where(t.outbox.c.state == "waiting").values(state="sent", next_at=None)
    with filled.platform.database.engine.begin() as connection:
        connection.execute(out)
    Duties(filled.platform).plan_all(PACK, NOW)
    with filled.platform.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM (ANALYZE) outbox"))
    return Worker(filled.platform, Settings(filled.url, SECRET, SECRET), Clock(NOW))


def _fill_up(filled: Filled) -> int:
    """As many pending deadlines as orders: what is missing is copied. How many there are then."""
    missing = max(filled.orders - filled.pending, 0)
    names = [column.name for column in t.deadline.c]
    values = ["md5(id || n)" if name == "id" else f'"{name}"' for name in names]
    live = "fired_at IS NULL AND cancelled_at IS NULL AND held_by IS NULL"
    copied = f"SELECT {', '.join(values)} FROM deadline, generate_series(1, :times) n WHERE {live} LIMIT :missing"
    columns = ", ".join(f'"{name}"' for name in names)
    with filled.platform.database.engine.begin() as connection:
        times = missing // max(filled.pending, 1) + 1
        connection.execute(sa.text(f"INSERT INTO deadline ({columns}) {copied}"), {"missing": missing, "times": times})
        connection.execute(sa.text("ANALYZE deadline"))
    return filled.pending + missing


def _grown(name: str, unit: str, large: list[float], small: list[float], goal: float | None) -> dict[str, Any]:
    suffix = "1m" if LARGE == 1_000_000 else str(LARGE)
    baseline = f"with {SMALL:,} orders, not {LARGE:,}"
    return row(f"{name}_{suffix}", unit, median(large), median(small), baseline, goal=goal, n=len(large))
