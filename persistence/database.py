"""One setting says where the store lives: `sqlite:///path` (the default), `sqlite://` in memory, or `postgresql://…`.

SQLite runs in WAL mode with `synchronous=FULL` and foreign keys; a writing transaction takes the write lock at once
(`BEGIN IMMEDIATE`), so that two writers queue instead of failing half-way. PostgreSQL is reached with psycopg 3.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from timers.clock import elapsed

RESTED_SECONDS = 1.0
CONNECT_SECONDS = 5
LOCKED_SECONDS = 30.0
"""How long a writer waits for another on SQLite."""
READ: dict[str, dict[str, Any]] = {
    "sqlite": {"jieban_read": True},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}
"""A transaction that takes no write lock, and in which every query sees the same moment."""
EACH = {"isolation_level": "AUTOCOMMIT"}
"""No transaction: each query by itself. Beginning and ending one would be two more round trips for every question."""


class BadDatabaseUrl(ValueError):
    """The setting names no database that we know."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = f"JIEBAN_DATABASE_URL：{zh}", f"JIEBAN_DATABASE_URL: {en}"
        super().__init__(f"{self.zh} / {self.en}")


def connect(url: str) -> sa.Engine:
    """An engine for the URL. Raises `BadDatabaseUrl` with what is wrong."""
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        # What was written is not repeated, nor kept as the cause: it may hold a password.
        zh = "不是数据库地址，应如 postgresql://name@host/database。"
        en = "it is no URL of a database, such as postgresql://name@host/database."
        raise BadDatabaseUrl(zh, en) from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite(parsed)
    if backend == "postgresql":
        return _postgresql(parsed)
    zh = f"不支持 {backend}，请使用 sqlite 或 postgresql。"
    raise BadDatabaseUrl(zh, f"{backend} is not supported: use sqlite or postgresql.")


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection for queries, each by itself."""
    with engine.connect().execution_options(**EACH) as connection:
        yield connection


@contextmanager
def streaming(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction for reading a record from end to end, row by row, as of one moment; takes no write lock."""
    with engine.connect().execution_options(**READ[engine.dialect.name]) as connection:
        yield connection


def libpq_url(url: str) -> str:
    """The same PostgreSQL database as psycopg and PostgreSQL's own tools name it."""
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


# Compiling a plan (JIT) or starting helpers for it takes longer than any of our queries.
OPTIONS = "-c idle_in_transaction_session_timeout=300000 -c jit=off -c max_parallel_workers_per_gather=0"


def _postgresql(url: sa.URL) -> sa.Engine:
    """A pool of psycopg 3 connections. A process that hangs inside a transaction loses its locks after five minutes."""
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=10,
        max_overflow=20,
        # An error's text goes to logs: without what a citizen said.
        hide_parameters=True,
        connect_args={"options": OPTIONS, "keepalives_idle": 60, "connect_timeout": CONNECT_SECONDS},
    )

    @sa.event.listens_for(engine, "checkin")
    def _back(_connection: Any, record: Any) -> None:
        record.info["used_at"] = elapsed()

    @sa.event.listens_for(engine, "checkout")
    def _out(connection: Any, record: Any, _proxy: Any) -> None:
        # After a restart of the server nobody's form is refused for it: a connection that has rested is asked first,
        # and replaced if it does not answer. One in steady use is not: that would be a round trip for every step.
        if elapsed() - record.info.get("used_at", elapsed()) > RESTED_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except Exception as error:
                raise sa.exc.DisconnectionError() from error

    return engine


def _sqlite(url: sa.URL) -> sa.Engine:
    memory = url.database in (None, "", ":memory:")
    patience = {"timeout": LOCKED_SECONDS, "check_same_thread": False}
    options: dict[str, Any] = {"connect_args": patience, "hide_parameters": True}
    if memory:
        options["poolclass"] = StaticPool
    engine = sa.create_engine(url, **options)

    @sa.event.listens_for(engine, "connect")
    def _open(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA recursive_triggers=ON")  # or INSERT OR REPLACE would delete behind the triggers
        if not memory:
            _use_wal(connection)
            connection.execute("PRAGMA synchronous=FULL")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        # SQLAlchemy announces the beginning of a transaction that there is none of, too.
        if options.get("isolation_level") != EACH["isolation_level"]:
            connection.exec_driver_sql("BEGIN" if options.get("jieban_read") else "BEGIN IMMEDIATE")

    return engine


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL. SQLite does not wait when another process is switching a new file: whoever comes second
    asks again."""
    latest = elapsed() + LOCKED_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or elapsed() > latest:
                raise
            sleep(0.02)
