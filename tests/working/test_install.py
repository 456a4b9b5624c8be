"""Servers that start together on a new database: one makes the queue's tables, the others find them made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from app.working.queue import library_schema
from persistence.jobs import SWEEPING, install, is_installed
from persistence.store import Database
from tests.small import SECRET
from tests.working.houses import wait_until

pytestmark = pytest.mark.postgresql
WAITING = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


def test_who_waited_finds_the_tables_made(postgres_database_url: str) -> None:
    first, second = Database(postgres_database_url, SECRET), Database(postgres_database_url, SECRET)
    assert not is_installed(first)
    assert not is_installed(second)
    with ThreadPoolExecutor() as pool:
        with first.transaction() as work:
            work.connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": SWEEPING})
            late = pool.submit(install, second, library_schema())
            with first.engine.connect() as watching:
                wait_until(lambda: watching.execute(WAITING).scalar() == 1)
            work.connection.execution_options(no_parameters=True).exec_driver_sql(library_schema())
        late.result(timeout=30)
    assert is_installed(first)
    assert is_installed(second)
    first.engine.dispose()
    second.engine.dispose()
