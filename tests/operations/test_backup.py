"""Backup while people work, restore, and what the audit says when an older backup came back: the drill of the docs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.anchoring import Anchors
from persistence import backup
from persistence.audit import verify
from persistence.backup import CannotBackUp, back_up, restore
from persistence.roles import grant
from tests.small import MONDAY, SECRET, Small

JIEBAN = Path(sys.executable).parent / "jieban"


@pytest.fixture
def empty_url(database_url: str, postgres_url: str, tmp_path: Path) -> Iterator[str]:
    """Another database of the same kind, empty."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'restored' / 'jieban.db'}"
        return
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as maintenance:
        maintenance.execute("CREATE DATABASE restored")
        yield postgres_url.replace("/postgres?", "/restored?")
        maintenance.execute("DROP DATABASE restored WITH (FORCE)")


def url_of(small: Small) -> str:
    return small.database.engine.url.render_as_string(hide_password=False)


def test_a_copy_made_while_orders_flow_is_one_whole_moment(small: Small, empty_url: str, tmp_path: Path) -> None:
    first = small.handling()
    enough, made = threading.Event(), []

    def work() -> None:
        while not enough.is_set():
            made.append(small.handling())

    busy = threading.Thread(target=work)
    busy.start()
    copy = tmp_path / "copy"
    try:
        assert back_up(url_of(small), copy) > 10_000
    finally:
        enough.set()
        busy.join()
    assert made, "somebody worked meanwhile"
    assert oct(copy.stat().st_mode)[-3:] == "600"
    restore(empty_url, copy)
    restored = Small(empty_url, deploy=False)
    found = verify(restored.database)
    assert found.intact and 1 <= found.orders <= 1 + len(made)
    assert restored.read.personal_of(first, ["phone"]) == {"phone": "13800138000"}
    assert restored.open(first) == small.open(first)
    restored.dispatched()
    with pytest.raises(Exception, match="append-only"), restored.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM journal")
    restored.close()


def test_two_copies_to_one_name_at_once_are_both_whole(
    sqlite_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nightly one, and one by hand on the same day: the slower is still writing when the other is done."""
    small = Small(sqlite_database_url)
    small.handling()
    small.close()
    target, genuine = tmp_path / "copy", backup._copy

    def copy(source: Path, part: Path) -> None:
        monkeypatch.setattr(backup, "_copy", genuine)
        part.write_bytes(b"half")
        back_up(sqlite_database_url, target)
        assert target.read_bytes().startswith(backup.SQLITE_MAGIC) and part.read_bytes() == b"half"
        part.write_bytes(b"")
        genuine(source, part)

    monkeypatch.setattr(backup, "_copy", copy)
    back_up(sqlite_database_url, target)
    restored = tmp_path / "restored.db"
    restore(f"sqlite:///{restored}", target)
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_what_is_there_is_only_replaced_when_asked(small: Small, tmp_path: Path) -> None:
    kept = small.handling()
    copy = tmp_path / "copy"
    back_up(url_of(small), copy)
    lost = small.handling()
    small.close()
    with pytest.raises(CannotBackUp, match="--replace"):
        restore(url_of(small), copy)
    restore(url_of(small), copy, replace=True)
    small.forget()
    assert small.open(kept) == ["handle"]
    assert small.read.journal_of(lost) == []
    assert verify(small.database).intact


def test_nothing_is_restored_beside_a_running_server(small: Small, tmp_path: Path) -> None:
    kept = small.handling()
    back_up(url_of(small), tmp_path / "copy")
    small.handling()
    with pytest.raises(CannotBackUp, match="stop"):
        restore(url_of(small), tmp_path / "copy", replace=True)
    assert len(small.read.journal_of(kept)) > 0
    assert verify(small.database).orders == 2


@pytest.mark.postgresql
def test_the_application_s_role_is_told_to_leave_it_to_the_owner(postgres_database_url: str, tmp_path: Path) -> None:
    small = Small(postgres_database_url)
    url = small.database.engine.url.set(username="app_of_restore").render_as_string(hide_password=False)
    grant(small.database, "app_of_restore", "secret")
    back_up(url_of(small), tmp_path / "copy")
    small.close()
    try:
        with pytest.raises(CannotBackUp) as refused:
            restore(url, tmp_path / "copy", replace=True)
        assert "ERROR:" in refused.value.en and "as the owner" in refused.value.en
        assert "所有者" in refused.value.zh
    finally:
        with small.database.engine.begin() as connection:
            connection.exec_driver_sql("DROP OWNED BY app_of_restore")
            connection.exec_driver_sql("DROP ROLE app_of_restore")
        small.close()


def test_a_copy_is_nobody_else_s_while_it_is_written(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def look(_: int) -> None:
        seen.extend(oct(path.stat().st_mode)[-3:] for path in tmp_path.glob(".copy*"))

    monkeypatch.setattr(os, "fsync", look)
    monkeypatch.setattr(Path, "chmod", lambda *_: None)
    back_up(url_of(small), tmp_path / "copy")
    assert set(seen) == {"600"}


def test_a_file_that_is_no_backup_is_refused(small: Small, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear all")
    with pytest.raises(CannotBackUp, match="no backup"):
        restore(url_of(small), tmp_path / "letter", replace=True)
    assert verify(small.database).intact


def test_an_older_backup_is_reported_and_a_restart_accepts_it(small: Small, tmp_path: Path) -> None:
    small.handling()
    anchors = Anchors(small.database, tmp_path / "anchors.jsonl")
    assert anchors.anchor(MONDAY) is not None
    copy = tmp_path / "copy"
    back_up(url_of(small), copy)
    small.handling()
    assert anchors.anchor(MONDAY) is not None
    assert anchors.anchor(MONDAY) is None, "nothing is new"
    assert anchors.compare().broken is None
    small.close()
    restore(url_of(small), copy, replace=True)
    small.forget()
    assert verify(small.database).intact, "its own chains cannot tell"
    broken = anchors.compare().broken
    assert broken is not None and "更早的备份" in broken[0] and "older backup" in broken[1]
    for _ in range(2):
        small.handling()
    broken = anchors.compare().broken
    assert broken is not None and "went on" in broken[1]
    restarted = anchors.anchor(MONDAY, "磁盘损坏，按预案恢复")
    assert restarted is not None and restarted.restart == "磁盘损坏，按预案恢复"
    small.handling()
    anchors.anchor(MONDAY)
    assert anchors.compare() == type(anchors.compare())(4, None)


def test_the_drill_by_command_line(tmp_path: Path) -> None:
    """Back up, lose an hour, restore, be told, accept: as docs/operations.md says, with the real commands."""
    path = tmp_path / "jieban.db"
    small = Small(f"sqlite:///{path}")
    small.handling()

    def jieban(*words: str) -> subprocess.CompletedProcess[str]:
        settings = {"JIEBAN_DATABASE_URL": f"sqlite:///{path}", "JIEBAN_SECRET_KEY": SECRET}
        return subprocess.run([JIEBAN, *words], env=os.environ | settings, capture_output=True, text=True, check=False)

    told = jieban("audit", "verify")
    assert (told.returncode, "未与任何锚定比对" in told.stderr, "完好" in told.stdout) == (0, True, True)
    assert json.loads(jieban("audit", "verify", "--json").stdout)["compared"] is False
    copy = str(tmp_path / "copy")
    assert jieban("backup", copy).returncode == 0
    assert jieban("backup", copy).returncode == 2, "an older copy is never overwritten"
    small.handling()
    assert jieban("audit", "anchor").returncode == 0
    small.close()
    assert jieban("restore", copy).returncode == 2
    assert jieban("restore", copy, "--replace").returncode == 0
    told = jieban("audit", "verify", "--json")
    assert told.returncode == 1
    report = json.loads(told.stdout)
    assert (report["intact"], report["orders"], report["anchors"]) == (False, 1, 1)
    assert "older backup" in report["anchored"] and report["compared"] is True
    assert jieban("audit", "anchor", "--restart", "演练").returncode == 0
    assert json.loads(jieban("audit", "verify", "--json").stdout)["intact"] is True
