"""The databases that tests are given: real, empty, and a test's own."""

import pytest
import sqlalchemy as sa


@pytest.mark.parametrize("run", [1, 2])
def test_every_test_starts_with_an_empty_database(database_url: str, run: int) -> None:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE left_behind (run INTEGER)"))
        connection.execute(sa.text("INSERT INTO left_behind VALUES (:run)"), {"run": run})
        assert connection.scalar(sa.text("SELECT count(*) FROM left_behind")) == 1
    engine.dispose()


def test_postgresql_keeps_its_own_durability(postgres_database_url: str) -> None:
    engine = sa.create_engine(postgres_database_url)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SHOW fsync")) == "on"
        assert connection.scalar(sa.text("SHOW synchronous_commit")) == "on"
        assert connection.scalar(sa.text("SHOW server_encoding")) == "UTF8"
    engine.dispose()
