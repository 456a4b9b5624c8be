"""The job queue's tables follow the library's version, as our own follow ours."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files

from persistence.queue_version import Version, bring_up_to, version_of
from persistence.store import Database


def migrate_queue(database: Database) -> None:
    """Bring the queue's tables to the library's version; nothing on SQLite. Raises `QueueOutdated`."""
    if database.queue is not None:
        bring_up_to(database, version("procrastinate"), changes())


def changes() -> list[tuple[Version, str]]:
    """The library's own migrations in order, by the version each came with: `03.04.00_01_pre_….sql`."""
    folder = files("procrastinate") / "sql" / "migrations"
    found = sorted((one for one in folder.iterdir() if one.name[:2].isdigit()), key=lambda one: one.name)
    return [(version_of(one.name.partition("_")[0]), one.read_text(encoding="utf-8")) for one in found]
