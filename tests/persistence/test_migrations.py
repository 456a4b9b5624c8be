"""Migrations and tables say the same, on both databases; newer or unreachable databases are refused in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from persistence.database import BadDatabaseUrl, connect
from persistence.schema import SchemaTooNew, StoreAway, upgrade
from persistence.search import INDEXES
from persistence.tables import metadata
from persistence.tables import order_unit as UNITS
from persistence.tables import work_order as ORDERS
from tests.small import MONDAY, Small


def differ(context: MigrationContext, *compared: Any) -> bool | None:
    """Whether types differ (None: let Alembic look). To SQLite the length of a text means nothing."""
    texts = isinstance(compared[2], sa.String) and isinstance(compared[3], sa.String | sa.types.TypeDecorator)
    return False if context.dialect.name == "sqlite" and texts else None


def known(name: str | None, _kind: str, _parents: Any) -> bool:
    """All but the indexes that one database alone has."""
    return name not in INDEXES


def test_migrating_an_empty_database_gives_exactly_the_tables(database_url: str) -> None:
    engine = connect(database_url)
    upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": differ, "include_name": known, "target_metadata": metadata}
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_migrating_again_changes_nothing(database_url: str) -> None:
    engine = connect(database_url)
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO counter (office, series, value) VALUES ('x', 'y', 7)"))
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT value FROM counter")).scalar() == 7
    engine.dispose()


def test_archive_numbers_and_offices_of_older_orders_are_filled_in(database_url: str) -> None:
    engine = connect(database_url)
    small = Small(database_url)
    on_file, running = small.dispatched(), small.dispatched()
    small.close()
    with engine.begin() as connection:
        # As the version before left them.
        archived = {"archived_at": MONDAY, "facts": {"archive_no": "2026-41-0001"}}
        connection.execute(ORDERS.update().where(ORDERS.c.id == on_file).values(archived))
        for index in ("ix_work_order_archive_no", "ix_order_unit_received", "ix_task_element"):
            connection.execute(sa.text(f"DROP INDEX IF EXISTS {index}"))
        connection.execute(sa.text("ALTER TABLE work_order DROP COLUMN archive_no"))
        connection.execute(sa.text("ALTER TABLE order_unit DROP COLUMN office"))
        connection.execute(sa.text("CREATE INDEX ix_order_unit_received ON order_unit (unit, received_at)"))
        connection.execute(sa.text("DROP TABLE key_check"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0020'"))
    upgrade(engine)
    with engine.connect() as connection:
        numbers = {row.id: row.archive_no for row in connection.execute(sa.select(ORDERS.c.id, ORDERS.c.archive_no))}
        offices = set(connection.execute(sa.select(UNITS.c.office)).scalars())
    engine.dispose()
    assert numbers == {on_file: "2026-41-0001", running: None}
    assert offices == {"small"}


def test_a_database_of_a_newer_version_is_refused(database_url: str) -> None:
    engine = connect(database_url)
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaTooNew, match="9999"):
        upgrade(engine)
    engine.dispose()


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_text("this is no database, but long enough to look at. " * 50)
    engine = connect(f"sqlite:///{path}")
    with pytest.raises(StoreAway) as error:
        upgrade(engine)
    assert str(path) in error.value.zh and str(path) in error.value.en
    engine.dispose()


@pytest.mark.parametrize("url", ["mysql://x/y", "not a url", "", "sqlite"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(BadDatabaseUrl):
        connect(url)


@pytest.mark.parametrize(
    "url", ["postgresql:/jieban:hunter2@db/jieban", "postgresql://jieban:hunter2@db:abc/jieban", "hunter2"]
)
def test_a_wrong_database_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(BadDatabaseUrl) as error:
        connect(url)
    assert "hunter2" not in str(error.value) and error.value.__cause__ is None


def test_sqlite_keeps_what_it_promised_when_the_power_goes(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.connect() as connection:
        pragma: dict[str, Any] = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        }
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}
    engine.dispose()
