"""Opening this installation: the platform that the environment names, and nothing created by a mere question."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from app.platform import Platform
from app.queue_schema import migrate_queue
from app.settings import BadSetting, Settings, from_environment
from app.working.announcing import connect_queue
from persistence.key_check import check_key
from processes.errors import Refusal

SQLITE = "sqlite:///"


def open_platform(settings: Settings, *, saved: Callable[[datetime | None], None] | None = None) -> Platform:
    """The platform of these settings, its schema up to date. Creates the database where there is none.

    Raises `WrongMasterKey` when the store was begun with another key, `StoreAway`, `SchemaTooNew`, `QueueOutdated`,
    `BadDatabaseUrl`.
    """
    path = _file_of(settings.database_url)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    platform = Platform(settings.database_url, settings.master_key, saved=saved)
    try:
        check_key(platform.database)
        connect_queue(platform)
        migrate_queue(platform.database)
    except BaseException:
        platform.database.engine.dispose()
        raise
    return platform


def check_anchors(path: Path | None) -> None:
    """Whether the journal can be anchored, for whoever is to do it. Raises `BadSetting`."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("a").close()
    except OSError as error:
        why = error.strerror
        raise BadSetting("JIEBAN_ANCHORS", f"无法写入 {path}：{why}。", f"cannot write {path}: {why}.") from error


class NoDatabase(Refusal):
    """Nothing was ever stored here."""

    status, code = 404, "NO_DATABASE"
    zh, en = "还没有数据库，请先运行 jieban init。", "There is no database yet: run jieban init."


def made_platform() -> Platform:
    """The platform of the environment. Raises `NoDatabase`."""
    platform = existing_platform()
    if platform is None:
        raise NoDatabase()
    return platform


def existing_platform() -> Platform | None:
    """The platform of the environment, or None where no database has been made yet. For questions: needs no key."""
    settings = from_environment()
    path = _file_of(settings.database_url)
    if path is not None and not path.exists():
        return None
    return Platform(settings.database_url, settings.master_key)


def _file_of(url: str) -> Path | None:
    """The file of an SQLite URL; None for memory and for servers."""
    path = url.removeprefix(SQLITE)
    return Path(path) if path != url and path not in ("", ":memory:") else None
