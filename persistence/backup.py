"""Copies of the whole database while it is in use, and back.

A copy is one consistent moment: SQLite's own online backup, or PostgreSQL's `pg_dump` (one snapshot). It is written
beside its name and renamed when it is whole, so that a file of that name is always a whole copy.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path
from time import sleep

import sqlalchemy as sa

from persistence.database import connect, libpq_url, reading
from timers.clock import elapsed

PATIENCE_SECONDS = 3.0
"""For connections that are being closed."""
DUMP_MAGIC, SQLITE_MAGIC = b"PGDMP", b"SQLite format 3\x00"


class CannotBackUp(Exception):
    """A copy could not be made or put back. Sentences in `zh` and `en`."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(f"{zh} / {en}")


def back_up(url: str, target: Path) -> int:
    """Write a copy to `target`; returns its size in bytes. Raises `CannotBackUp`, `OSError`."""
    # A name of its own: two who copy to one name at once must not write into each other's file. Nobody else may read it
    # while it is being written either: it is made with mode 0600.
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        if _is_sqlite(url):
            _copy(_file_of(url), part)
        else:
            _run("pg_dump", url, ["--format=custom", "--no-owner", "--no-privileges", f"--file={part}"])
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


def restore(url: str, source: Path, *, replace: bool = False) -> None:
    """Put a copy back into the database of the URL: an empty one, or with `replace` instead of what is there.

    Servers and workers must be stopped, and started anew afterwards: while anybody is connected it is refused. Raises
    `CannotBackUp`, `OSError`.
    """
    with source.open("rb") as file:
        magic = file.read(16)
    sqlite = _is_sqlite(url)
    if not (magic.startswith(SQLITE_MAGIC) if sqlite else magic.startswith(DUMP_MAGIC)):
        raise CannotBackUp(f"{source} 不是这种数据库的备份。", f"{source} is no backup of this kind of database.")
    if not replace and _holds_something(url):
        raise CannotBackUp("目标数据库不是空的；确要覆盖请加 --replace。", "The database is not empty: use --replace.")
    if not sqlite and (others := _others(url)):
        raise CannotBackUp(
            f"数据库还有 {others} 个连接：请先停止服务和 worker。",
            f"The database has {others} other connections: stop servers and workers first.",
        )
    if sqlite:
        _put_back(source, _file_of(url))
        return
    options = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
    if replace:
        options += ["--clean", "--if-exists"]
    _run("pg_restore", url, [*options, str(source)])


def _holds_something(url: str) -> bool:
    if _is_sqlite(url) and not _file_of(url).exists():
        return False
    engine = connect(url)
    try:
        return bool(sa.inspect(engine).get_table_names())
    finally:
        engine.dispose()


# -- SQLite ---------------------------------------------------------------------------------------------------------


def _copy(source: Path, target: Path) -> None:
    if not source.exists():
        raise CannotBackUp(f"没有数据库 {source}。", f"There is no database {source}.")
    before, after = _read_only(source), sqlite3.connect(target)
    try:
        before.backup(after)
        # One file and no more: a copy is carried about.
        after.execute("PRAGMA journal_mode=DELETE")
    finally:
        after.close()
        before.close()


def _put_back(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    before, after = _read_only(source), sqlite3.connect(target, timeout=PATIENCE_SECONDS)
    try:
        if before.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise CannotBackUp(f"{source} 已损坏。", f"{source} is damaged.")
        try:
            # Only who is alone with the file can leave WAL.
            after.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            raise CannotBackUp(
                f"{target} 正在使用：请先停止服务。", f"{target} is in use: stop the server first."
            ) from error
        # One transaction of SQLite itself: whoever dies in it leaves what was there before.
        before.backup(after)
        after.execute("PRAGMA journal_mode=WAL")
    except sqlite3.DatabaseError as error:
        raise CannotBackUp(f"无法写回 {target}：{error}", f"{target} cannot be restored: {error}") from error
    finally:
        after.close()
        before.close()


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _is_sqlite(url: str) -> bool:
    return sa.make_url(url).get_backend_name() == "sqlite"


def _file_of(url: str) -> Path:
    path = sa.make_url(url).database
    if path in (None, "", ":memory:"):
        raise CannotBackUp("内存中的数据库无法备份。", "A database in memory cannot be backed up.")
    return Path(str(path))


# -- PostgreSQL -----------------------------------------------------------------------------------------------------


def _run(tool: str, url: str, options: list[str]) -> None:
    """One of PostgreSQL's own tools. The password goes by the environment: others see a command line."""
    path = shutil.which(tool)
    if path is None:
        raise CannotBackUp(f"没有 {tool}：请安装 postgresql-client。", f"No {tool}: install postgresql-client.")
    parsed = sa.make_url(url)
    bare = libpq_url(parsed.set(password=None).render_as_string(hide_password=False))
    environment = dict(os.environ)
    if parsed.password:
        environment["PGPASSWORD"] = str(parsed.password)
    done = subprocess.run(
        [path, f"--dbname={bare}", *options], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["?"]
        # The first that names a cause: what follows is which command it was, and that nothing more is done.
        why = next((line for line in lines if "ERROR:" in line), lines[-1])[:300]
        is_right = any(words in why for words in ("must be owner", "permission denied"))
        zh, en = ("；请以数据库所有者的身份运行。", " Run it as the owner of the database.") if is_right else ("", "")
        raise CannotBackUp(f"{tool} 失败：{why}{zh}", f"{tool} failed: {why}{en}")


def _others(url: str) -> int:
    """How many are connected beside us, those that are just going not counted."""
    query = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    engine, latest = connect(url), elapsed() + PATIENCE_SECONDS
    try:
        with reading(engine) as connection:
            while (found := int(connection.execute(query).scalar() or 0)) and elapsed() < latest:
                sleep(0.1)
            return found
    finally:
        engine.dispose()
