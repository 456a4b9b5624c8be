"""A replay killed by `kill -9` in the middle: the store is whole, and the next run comes to the same end.

The replay is a real process on a real file. It is killed as soon as its first commit can be seen, while it works on the
next one.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.app.replay_pack import ROWS, csv_in, pack_in

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = 60
PATIENCE = 120
STORY = (
    "select o.title, o.status, j.seq, j.actor, j.act, j.element, j.due_at, j.happened_at"
    " from journal j join work_order o on o.id = j.order_id order by o.received_at, o.title, j.seq"
)
FIGURES = ("orders", "completed_on_time", "completed_late", "supervised", "median_working_days", "p90_working_days")


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_replay_of_the_small_pack_goes_on_to_the_same_end(tmp_path: Path) -> None:
    kill_and_go_on(tmp_path, many_messages(tmp_path), str(pack_in(tmp_path)))


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.shared
def test_a_killed_replay_of_real_messages_goes_on_to_the_same_end(tmp_path: Path, shared_dir: Path) -> None:
    kill_and_go_on(tmp_path, shared_dir / "data" / "messages_with_replies.csv", "nanchang")


def kill_and_go_on(folder: Path, file: Path, pack: str) -> None:
    killed, whole = folder / "killed.db", folder / "whole.db"
    arguments = ["replay", str(file), "--pack", pack, "--limit", str(MESSAGES), "--json"]
    expected = json.loads(finish(start(whole, *arguments)))

    process = start(killed, *arguments)
    wait_for_orders(killed, process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "it was through before it could be killed"
    assert 0 < len(rows(killed, STORY)) < len(rows(whole, STORY))
    assert json.loads(finish(start(killed, "audit", "verify", "--json")))["intact"] is True

    found = json.loads(finish(start(killed, *arguments)))
    assert {key: found[key] for key in FIGURES} == {key: expected[key] for key in FIGURES}
    assert found["steps"] < expected["steps"]
    assert rows(killed, STORY) == rows(whole, STORY)
    assert json.loads(finish(start(killed, "audit", "verify", "--json")))["intact"] is True


def many_messages(folder: Path) -> Path:
    """The three messages again and again, an hour later each time."""
    written = []
    for number in range(MESSAGES):
        key, user, subject, received, body, reply, replied = ROWS[number % len(ROWS)]
        later = timedelta(hours=number)
        moved = [str(datetime.fromisoformat(at) + later).replace(" ", "T") if at else "" for at in (received, replied)]
        written.append((f"{key}-{number}", user, f"{subject}{number}", moved[0], body, reply, moved[1]))
    return csv_in(folder, tuple(written))


def start(database: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", "from app.cli import main; main()", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "JIEBAN_DATABASE_URL": f"sqlite:///{database}",
            "JIEBAN_SECRET_KEY": "a secret of the tests",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    out, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    return out


def wait_for_orders(database: Path, process: subprocess.Popen[str]) -> None:
    """Until the first commit can be seen."""
    latest = time.monotonic() + PATIENCE
    while time.monotonic() < latest and process.poll() is None:
        there = database.exists() and rows(database, "select 1 from sqlite_master where name = 'work_order'")
        if there and rows(database, "select 1 from work_order limit 1"):
            return
        time.sleep(0.01)
    pytest.fail("no order was ever seen")


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(database, timeout=10)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()
