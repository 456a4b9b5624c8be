"""The store on SQLAlchemy: which connection a thread works on, and what is kept between commands.

After its commit an aggregate is kept in memory (`Kept`): the next command on the same order then needs one statement to
lock the row and see that the version still matches (`unit_of_work.py`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from threading import Lock, local
from typing import Protocol

import sqlalchemy as sa

from persistence.database import connect, reading, streaming
from persistence.keys import MasterKey
from persistence.unit_of_work import UnitOfWork
from persistence.writes import Writes
from processes.order import Order


class Kept:
    """Aggregates kept between commands, least recently used first out. Taking one out hands over ownership."""

    def __init__(self, most: int = 2_000) -> None:
        self._most = most
        self._orders: OrderedDict[str, Order] = OrderedDict()
        self._lock = Lock()

    def take(self, order_id: str) -> Order | None:
        with self._lock:
            return self._orders.pop(order_id, None)

    def keep(self, order: Order) -> None:
        with self._lock:
            self._orders[order.id] = order
            while len(self._orders) > self._most:
                self._orders.popitem(last=False)

    def forget(self) -> None:
        with self._lock:
            self._orders.clear()


class Queue(Protocol):
    """Where workers hear of new work. What it writes on the connection commits with what it is about."""

    def announce_notices(self, connection: sa.Connection, keys: Sequence[str]) -> None: ...
    def announce_batch(self, connection: sa.Connection, batch: int) -> None: ...


class Database:
    """The store. `url`: see `database.connect`; `secret`: the master key's secret, from the environment."""

    def __init__(self, url: str, secret: str, *, keep: int = 2_000) -> None:
        self.engine = connect(url)
        self.master = MasterKey(secret)
        self.kept = Kept(keep)
        self.queue: Queue | None = None
        self._local = local()

    @contextmanager
    def transaction(self) -> Iterator[UnitOfWork]:
        """One command, one commit. Inside `batch()` it is a savepoint of the larger commit, inside `bulk()` a part."""
        bulk: Bulk | None = getattr(self._local, "bulk", None)
        if bulk is not None:
            with bulk.part():
                work = UnitOfWork(bulk.connection, self, bulk.writes)
                yield work
                work.forget_history()
            return
        with self._writing() as connection, self._current(connection):
            work = UnitOfWork(connection, self)
            yield work
        work.forget_history()
        work.keep()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Group the commands of this thread into one commit; a command that fails leaves the others."""
        try:
            with self.engine.begin() as connection, self._current(connection):
                yield
        except BaseException:
            self.kept.forget()
            raise

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """Group the commands of this thread into one commit, written together at its end (replays; stated in their
        output). A command that fails fails them all. Queries by `reading` inside see what came before.
        """
        with self.engine.begin() as connection, self._current(connection):
            bulk = self._local.bulk = Bulk(connection)
            try:
                yield
                bulk.flush()
            finally:
                self._local.bulk = None
        for order in bulk.writes.orders.values():
            self.kept.keep(order)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection for queries, each by itself; inside a transaction the one that writes, so that they see its own
        work.
        """
        open_one: sa.Connection | None = getattr(self._local, "connection", None)
        if open_one is not None:
            bulk: Bulk | None = getattr(self._local, "bulk", None)
            if bulk is not None:
                bulk.flush()
            yield open_one
            return
        with reading(self.engine) as connection:
            yield connection

    def streaming(self) -> AbstractContextManager[sa.Connection]:
        """A transaction for reading a record from end to end, row by row."""
        return streaming(self.engine)

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        open_one: sa.Connection | None = getattr(self._local, "connection", None)
        if open_one is None:
            with self.engine.begin() as connection:
                yield connection
        else:
            with open_one.begin_nested():
                yield open_one

    @contextmanager
    def _current(self, connection: sa.Connection) -> Iterator[None]:
        before = getattr(self._local, "connection", None)
        self._local.connection = connection
        try:
            yield
        finally:
            self._local.connection = before


class Bulk:
    """A group of commands in progress: one connection, one collector."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.writes = Writes()
        self._failed = False

    @contextmanager
    def part(self) -> Iterator[None]:
        """One command. What it left in memory when it failed must never be written."""
        try:
            yield
        except BaseException:
            self._failed = True
            raise

    def flush(self) -> None:
        if self._failed:
            raise RuntimeError("a command of this group has failed: nothing of it may be written")
        self.writes.flush(self.connection)
