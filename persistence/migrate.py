"""Running the migrations. Loaded by `persistence.schema` when there is something to migrate."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

MIGRATING = 12345_12345
"""Key of the lock that PostgreSQL holds for whoever migrates."""


def migrate(engine: sa.Engine, to: str = "head") -> None:
    """All migrations up to the newest, or up to an older revision, in one transaction."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # Servers that start together: one migrates, the others wait and find it done. SQLite has one writer anyway.
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATING})
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, to)
