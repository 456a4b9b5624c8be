"""Migrations and tables say the same, on both databases; newer or unreachable databases are refused in words."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from persistence import tables as t
from persistence.attachments import Attachments
from persistence.database import BadDatabaseUrl, connect
from persistence.migrate import migrate
from persistence.schema import SchemaTooNew, StoreAway, upgrade
from persistence.search import INDEXES
from persistence.store import Database
from persistence.tables import metadata
from tests.small import MONDAY, SECRET


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


def an_older_database(engine: sa.Engine, revision: str) -> None:
    """As a version before left it: an office `small` with a deployment, and orders `on_file` and `running` of it."""
    migrate(engine, revision)
    counts = {"version": 1, "journal_seq": 0, "ended_instances": 0}
    order = {"office": "small", "kind": "order", "process": "main", "deployment": 1, "status": "x", "title": "t"}
    order |= {"overdue": False, "received_at": MONDAY, "units": [], "done": {}, "started": {}, "replay": False} | counts
    archived = {"archived_at": MONDAY, "facts": {"archive_no": "2026-41-0001"}}
    deployment = {"office": "small", "pack": "small", "digest": "d", "title": "t", "document": "", "note": ""}
    deployment |= {"effective_from": MONDAY, "deployed_at": MONDAY, "deployed_by": "x"}
    with engine.begin() as connection:
        run = connection.execute
        run(t.office.insert().values(id="small", name="s", journal_seq=0, journal_head=""))
        run(t.deployment.insert().values(deployment | {"number": 1}))
        for number, more in (("on_file", archived), ("running", {"facts": {}})):
            run(t.work_order.insert().values(order | {"id": number, "number": number, "journal_head": ""} | more))
            run(t.order_unit.insert().values(unit="u", order_id=number))


def test_archive_numbers_and_offices_of_older_orders_are_filled_in(database_url: str) -> None:
    engine = connect(database_url)
    an_older_database(engine, "0020")
    upgrade(engine)
    o = t.work_order.c
    with engine.connect() as connection:
        numbers = {row.id: row.archive_no for row in connection.execute(sa.select(o.id, o.archive_no))}
        offices = set(connection.execute(sa.select(t.order_unit.c.office)).scalars())
    engine.dispose()
    assert numbers == {"on_file": "2026-41-0001", "running": None}
    assert offices == {"small"}


def test_what_was_in_force_is_not_planned_again_and_what_is_to_come_is(database_url: str) -> None:
    engine = connect(database_url)
    an_older_database(engine, "0022")
    to_come = {"number": 2, "office": "small", "pack": "small", "digest": "e", "title": "t", "document": "", "note": ""}
    at = {"effective_from": MONDAY.replace(year=2999), "deployed_at": MONDAY, "deployed_by": "x"}
    with engine.begin() as connection:
        connection.execute(t.deployment.insert().values(to_come | at))
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(sa.select(t.planned.c.deployment)).scalars().all() == [1]
    engine.dispose()


def test_every_office_keeps_the_calendars_that_were_imported_for_all(database_url: str) -> None:
    engine = connect(database_url)
    an_older_database(engine, "0023")
    imported = {"imported_at": MONDAY, "imported_by": "x", "source": "s"}
    columns = {c.name: c.type for c in t.calendar.c}
    with engine.begin() as connection:
        connection.execute(t.office.insert().values(id="other", name="o", journal_seq=0, journal_head=""))
        for version in ("a", "b"):
            row = {"version": version, "content": {"version": version}, **imported}
            names = sa.table("calendar", *(sa.column(name, columns[name]) for name in row))
            connection.execute(names.insert().values(row))
    upgrade(engine)
    c = t.calendar.c
    with engine.connect() as connection:
        rows = connection.execute(sa.select(c.office, c.version, c.content, c.imported_at).order_by(c.id)).all()
    engine.dispose()
    assert [(row.office, row.version) for row in rows] == [
        ("other", "a"),
        ("other", "b"),
        ("small", "a"),
        ("small", "b"),
    ]
    assert rows[3].content == {"version": "b"} and rows[3].imported_at == MONDAY


def test_files_from_before_stay_readable_and_those_that_wait_are_asked_for_again(database_url: str) -> None:
    engine = connect(database_url)
    an_older_database(engine, "0024")
    row = {"office": "small", "field": "x", "name": "a.pdf", "mime": "application/pdf", "size": 3, "content": b"old",
           "sha256": sha256(b"old").hexdigest(), "uploaded_by": "agent", "uploaded_at": MONDAY}  # fmt: skip
    with engine.begin() as connection:
        connection.execute(t.attachment.insert().values({**row, "id": "bound", "order_id": "running"}))
        connection.execute(t.attachment.insert().values({**row, "id": "waiting", "order_id": None}))
    upgrade(engine)
    engine.dispose()
    database = Database(database_url, SECRET)
    store = Attachments(database)
    assert store.names("running") == {"bound": "a.pdf"} and store.open("bound") == ("a.pdf", b"old")
    assert store.number_of("small", "waiting") is None
    database.engine.dispose()


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
