"""Replays through the command line: what becomes of messages, and what a second run and bad input do."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.opening import existing_platform
from tests.app.replay_pack import COLUMNS, ROWS, csv_in, pack_in
from timers.clock import system_clock

KEYS = [
    "orders", "steps", "deadlines_fired", "completed_on_time", "completed_late", "supervised",
    "median_working_days", "p90_working_days", "seconds", "orders_per_second",
]  # fmt: skip


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "jieban.db"
    monkeypatch.setenv("JIEBAN_DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.setenv("JIEBAN_SECRET_KEY", "known to the tests only")
    return path


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return pack_in(tmp_path)


def jieban(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def replay(file: Path, pack: Path, *more: str) -> dict[str, Any]:
    result = jieban("replay", file, "--pack", pack, "--json", *more)
    assert result.exit_code == 0, result.output
    printed: dict[str, Any] = json.loads(result.stdout)
    return printed


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(database)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_messages_live_through_their_years(tmp_path: Path, database: Path, pack: Path) -> None:
    found = replay(csv_in(tmp_path), pack)
    assert list(found) == KEYS
    # One answered the next day, one after ten weeks, one never; two limits passed, and the windows before them.
    assert (found["orders"], found["completed_on_time"], found["completed_late"]) == (3, 1, 1)
    assert (found["median_working_days"], found["p90_working_days"]) == (21, 41)
    audit = jieban("audit", "verify", "--json")
    assert json.loads(audit.stdout)["intact"] is True
    assert rows(database, "select title, status, replay, lead_unit from work_order order by received_at") == [
        ("自来水发黄", "closed", 1, "water"),
        ("路灯不亮", "closed", 1, "housing"),
        ("请问怎么办", "in_handling", 1, "housing"),
    ]


def test_everything_happens_in_order_of_its_time(tmp_path: Path, database: Path, pack: Path) -> None:
    replay(csv_in(tmp_path), pack)
    times = [at for (at,) in rows(database, "select happened_at from journal where order_id is not null order by id")]
    assert times == sorted(times)
    fired = rows(database, "select element, due_at, happened_at from journal where act = 'fire' order by id")
    assert ("handle_overdue", "2020-10-19 09:30:00.000000", "2020-10-19 09:30:01.000000") in fired
    answered = rows(
        database, "select happened_at from journal where element = 'handle' and act = 'complete' order by id"
    )
    assert answered == [("2020-09-29 08:00:00.000000",), ("2020-12-01 02:00:00.000000",)]


def test_a_second_run_doubles_nothing(tmp_path: Path, database: Path, pack: Path) -> None:
    file = csv_in(tmp_path)
    first = replay(file, pack, "--limit", "2")
    whole = replay(file, pack)
    again = replay(file, pack)
    assert (first["orders"], whole["orders"], again["orders"]) == (2, 3, 3)
    assert again["steps"] == 0
    assert (again["completed_on_time"], again["completed_late"]) == (1, 1)
    assert rows(database, "select count(*), count(distinct title) from work_order") == [(3, 3)]


def test_the_years_are_the_same_in_one_run_or_several(
    tmp_path: Path, pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, told = csv_in(tmp_path), []
    for name, limits in (("one", ([],)), ("several", (["--limit", "1"], ["--limit", "2"], []))):
        monkeypatch.setenv("JIEBAN_SECRET_KEY", "known to the tests only")
        monkeypatch.setenv("JIEBAN_DATABASE_URL", f"sqlite:///{tmp_path / name}")
        for limit in limits:
            replay(file, pack, *limit)
        query = (
            "select o.title, j.seq, j.actor, j.act, j.element, j.due_at, j.happened_at"
            " from journal j join work_order o on o.id = j.order_id order by o.title, j.seq"
        )
        told.append(rows(tmp_path / name, query))
    assert told[0] == told[1]


def test_the_scheduler_leaves_replays_alone(tmp_path: Path, database: Path, pack: Path) -> None:
    replay(csv_in(tmp_path, ROWS[2:]), pack)
    platform = existing_platform()
    assert platform is not None
    waiting = "select count(*) from deadline where fired_at is null and cancelled_at is null"
    assert rows(database, waiting) != [(0,)]
    assert platform.read.due_orders(system_clock.now(), 10) == []
    assert platform.read.next_due() is None


def without(column: str) -> tuple[str, ...]:
    return tuple(one for one in COLUMNS if one != column)


def with_cell(column: str, text: str) -> tuple[tuple[str, ...], ...]:
    at = COLUMNS.index(column)
    return (ROWS[0], (*ROWS[1][:at], text, *ROWS[1][at + 1 :]))


@pytest.mark.parametrize(
    ("rows_", "columns", "said"),
    [
        (tuple(row[:-1] for row in ROWS), without("replied_at"), ":1: missing columns: replied_at"),
        (tuple((*row[:2], *row[3:]) for row in ROWS), without("subject"), ":1: missing columns: subject"),
        (with_cell("received_at", "昨天"), COLUMNS, ":3: received_at"),
        (with_cell("received_at", "2020-09-28T10:00:00"), COLUMNS, ":3: received_at"),
        (with_cell("received_at", "0001-01-01T00:00:00+08:00"), COLUMNS, ":3: received_at"),
        (with_cell("replied_at", "2020-09-01T10:00:00+08:00"), COLUMNS, ":3: replied_at is before"),
        (with_cell("replied_at", ""), COLUMNS, ":3: a reply without replied_at"),
        (with_cell("message_id", "m1"), COLUMNS, ":3: message_id 'm1' was used in line 2"),
        (with_cell("message_id", " "), COLUMNS, ":3: message_id is empty"),
        ((ROWS[0], ROWS[1][:-2]), COLUMNS, ":3: 5 cells, but 7 columns"),
        ((), COLUMNS, ": no messages."),
        ((), ("message_id", *COLUMNS), ":1: columns named twice: message_id"),
    ],
)
def test_bad_rows_are_named(
    tmp_path: Path,
    database: Path,
    pack: Path,
    rows_: tuple[tuple[str, ...], ...],
    columns: tuple[str, ...],
    said: str,
) -> None:
    file = csv_in(tmp_path, rows_, columns)
    result = jieban("replay", file, "--pack", pack)
    assert result.exit_code == 2
    assert f"{file}{said}" in result.output
    assert not database.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", ": the file is empty."),
        (("message_id,subject,body,received_at\nm1,题,".encode() + "正文".encode("gb18030")), ":2: not UTF-8."),
        (b"\x89PNG\r\n\0\0", ": not a text file."),
        (b'message_id,subject,body,received_at\nm1,"a"b,c,d\n', ":2: bad CSV"),
        (b"message_id,subject,body,received_at\nm1," + b"x" * 200_000, ":2: bad CSV"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, database: Path, pack: Path, content: bytes, said: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(content)
    result = jieban("replay", file, "--pack", pack)
    assert result.exit_code == 2
    assert f"{file}{said}" in result.output
    assert not database.exists()


def test_a_pack_without_tables_cannot_replay(tmp_path: Path, database: Path, pack: Path) -> None:
    (pack / "replay.dmn").unlink()
    result = jieban("replay", csv_in(tmp_path), "--pack", pack)
    assert result.exit_code == 2
    assert "replay_rules" in result.output


def test_a_form_that_refuses_names_line_and_element(tmp_path: Path, database: Path, pack: Path) -> None:
    table = pack / "replay.dmn"
    table.write_text(table.read_text(encoding="utf-8").replace('{decision: "close"}', "{}"), encoding="utf-8")
    file = csv_in(tmp_path)
    result = jieban("replay", file, "--pack", pack)
    assert result.exit_code == 2
    assert f"{file}:2 (m1), element 'review'" in result.output
    assert rows(database, "select count(*) from work_order") == [(0,)]
