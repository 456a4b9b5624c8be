"""Bring a database to the schema of this version: Alembic migrations, run inside the program, nothing to type.

The files of the migrations begin with their revision (`0001_…`), so that a database that is up to date is known without
Alembic, which takes longer to load than most commands take to answer.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import sqlalchemy as sa

from persistence.database import reading

MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaTooNew(Exception):
    """The database was written by a newer version of the product."""

    def __init__(self, revision: str) -> None:
        self.zh = f"数据库由更新版本的程序建立（{revision}），请先升级程序。"
        self.en = f"The database was written by a newer version of the product ({revision}); upgrade first."
        super().__init__(f"{self.zh} / {self.en}")


class StoreAway(Exception):
    """The database cannot be reached or opened."""

    def __init__(self, url: sa.URL, error: sa.exc.DBAPIError) -> None:
        where, why = url.render_as_string(hide_password=True), str(error.orig).strip().splitlines()[0]
        self.zh = f"无法打开数据库 {where}：{why}"
        self.en = f"The database {where} cannot be opened: {why}"
        super().__init__(f"{self.zh} / {self.en}")


def upgrade(engine: sa.Engine) -> None:
    """Create or migrate the schema to the newest revision. Raises `SchemaTooNew`, `StoreAway`."""
    known = sorted(path.name.partition("_")[0] for path in MIGRATIONS.glob("versions/[0-9]*_*.py"))
    try:
        # Most often there is nothing to do: that is found out without waiting for whoever writes at the moment.
        with reading(engine) as connection:
            current = _revision(connection)
        if current and current not in known:
            raise SchemaTooNew(current)
        if current != known[-1]:
            migrate: Callable[[sa.Engine], None] = import_module("persistence.migrate").migrate
            migrate(engine)
    except sa.exc.DatabaseError as error:
        raise StoreAway(engine.url, error) from error


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return found
