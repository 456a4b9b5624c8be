"""Connections: a server that restarted refuses nobody who comes a moment later, and readers and writers do not wait for
each other."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Timer

import pytest
import sqlalchemy as sa

from persistence import database


@pytest.mark.postgresql
def test_connections_that_died_while_they_rested_are_replaced(
    postgres_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "RESTED_SECONDS", 0.0)
    engine = database.connect(postgres_database_url)
    other = database.connect(postgres_database_url)
    with engine.connect() as connection:
        first = connection.scalar(sa.text("SELECT pg_backend_pid()"))
    with other.begin() as connection:
        connection.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": first})
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT pg_backend_pid()")) != first
        assert connection.scalar(sa.text("SHOW idle_in_transaction_session_timeout")) == "5min"
    engine.dispose()
    other.dispose()


def test_a_failing_statement_does_not_tell_its_values(database_url: str) -> None:
    engine = database.connect(database_url)
    with engine.connect() as connection, pytest.raises(sa.exc.DatabaseError) as error:
        connection.execute(sa.text("SELECT * FROM nowhere WHERE phone = :phone"), {"phone": "13800138000"})
    assert "13800138000" not in str(error.value)
    engine.dispose()


def test_readers_and_a_writer_do_not_wait_for_each_other(database_url: str) -> None:
    engine = database.connect(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE told (n integer)")

    def count() -> object:
        with database.reading(engine) as connection:
            return connection.scalar(sa.text("SELECT count(*) FROM told"))

    def tell() -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO told VALUES (2)")

    with ThreadPoolExecutor(1) as other:
        with engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO told VALUES (1)")
            assert other.submit(count).result(timeout=5) == 0
        with database.reading(engine) as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM told")) == 1
            other.submit(tell).result(timeout=5)
            assert connection.scalar(sa.text("SELECT count(*) FROM told")) == 2
    engine.dispose()


def test_a_new_file_that_another_process_is_opening_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "jieban.db"
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    done = Timer(0.3, other.execute, ["COMMIT"])
    done.start()
    engine = database.connect(f"sqlite:///{file}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    done.join()
    engine.dispose()
