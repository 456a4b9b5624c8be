"""Bring a database to the schema of this version: Alembic migrations, run inside the program, nothing to type."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

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


def configuration(connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration for our migrations."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(engine: sa.Engine) -> None:
    """Create or migrate the schema to the newest revision. Raises `SchemaTooNew`, `StoreAway`."""
    try:
        with engine.begin() as connection:
            _upgrade(connection)
    except sa.exc.DatabaseError as error:
        raise StoreAway(engine.url, error) from error


def _upgrade(connection: sa.Connection) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}
    if sa.inspect(connection).has_table("alembic_version"):
        current = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        if current and current not in known:
            raise SchemaTooNew(str(current))
    command.upgrade(configuration(connection), "head")
