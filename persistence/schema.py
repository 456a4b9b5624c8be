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


def configuration(connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration for our migrations."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(engine: sa.Engine) -> None:
    """Create or migrate the schema to the newest revision. Raises `SchemaTooNew`."""
    with engine.begin() as connection:
        known = {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}
        if sa.inspect(connection).has_table("alembic_version"):
            current = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
            if current and current not in known:
                raise SchemaTooNew(f"schema revision {current} is newer than this program")
        command.upgrade(configuration(connection), "head")
