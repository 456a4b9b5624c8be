"""The pool of PostgreSQL connections: a server that restarted refuses nobody who comes a moment later."""

from __future__ import annotations

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
