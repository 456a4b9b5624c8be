"""`jieban init --demo`, and the commands that look at what it laid down."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.demo.told import most_orders, told_of
from app.opening import existing_platform
from app.packs_at_hand import pack_folders
from processes.pack import Pack, read_pack

PACKS = [read_pack(folder) for folder in pack_folders()]
FEWEST_ORDERS = 12
STAGES = {
    "registered",
    "answered",
    "refused",
    "dispatched",
    "in_handling",
    "extension_pending",
    "return_pending",
    "done_pending_review",
    "rework",
    "callback_pending",
    "redo",
    "closed",
    "archived",
}


@pytest.fixture(scope="module")
def laid_down(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that `jieban init --demo` made; copy it, never write to it."""
    path = tmp_path_factory.mktemp("demo") / "jieban.db"
    with pytest.MonkeyPatch.context() as patch:
        use(path, patch)
        result = jieban("init", "--demo")
    assert result.exit_code == 0, result.output
    assert not re.search(r"^[A-Z]{2}\d{8}-\d{4}: ", result.output, re.M), f"an act did not fit:\n{result.output}"
    return path


@pytest.fixture
def demo(laid_down: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "jieban.db"
    for file in laid_down.parent.iterdir():
        shutil.copy(file, tmp_path / file.name)
    use(path, monkeypatch)
    return path


@pytest.fixture
def rows(demo: Path) -> Iterator[sqlite3.Connection]:
    """The tables as they lie on the disk."""
    with closing(sqlite3.connect(demo, isolation_level=None)) as connection:
        yield connection


def use(path: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("JIEBAN_DATABASE_URL", f"sqlite:///{path}")
    patch.setenv("JIEBAN_SECRET_KEY", "known to the tests only")


def jieban(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def column(rows: sqlite3.Connection, query: str) -> list[Any]:
    return [row[0] for row in rows.execute(query)]


def test_every_pack_is_in_force(demo: Path) -> None:
    listed = json.loads(jieban("packs", "--json").stdout)["deployed"]
    assert {row["name"] for row in listed if row["in_force"]} == {pack.name for pack in PACKS}


def test_orders_stand_at_every_stage(rows: sqlite3.Connection) -> None:
    assert len(column(rows, "SELECT id FROM work_order")) >= 40
    assert set(column(rows, "SELECT status FROM work_order")) >= STAGES
    assert column(rows, "SELECT count(*) FROM work_order WHERE overdue") != [0]
    supervised = "SELECT count(*) FROM task WHERE process = 'supervision' AND closed_at IS NULL"
    assert column(rows, supervised) != [0]


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_every_journey_of_a_pack_reaches_its_end(pack: Pack, rows: sqlite3.Connection) -> None:
    # An act that does not fit ends its journey, so that the person's acts are fewer than told.
    acts = sum(len(journey["acts"]) * journey["count"] for journey in told_of(pack)["journeys"])
    done = "SELECT count(*) FROM journal j JOIN work_order w ON w.id = j.order_id WHERE act IN ('complete', 'send')"
    assert column(rows, f"{done} AND w.office = '{pack.name}'") == [acts]


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_every_pack_has_orders_to_look_at(pack: Pack, rows: sqlite3.Connection) -> None:
    orders = column(rows, f"SELECT id FROM work_order WHERE office = '{pack.name}'")
    assert FEWEST_ORDERS <= len(orders) == most_orders(pack)
    assert column(rows, f"SELECT count(*) FROM work_order WHERE office = '{pack.name}' AND overdue") != [0]


def test_requests_differ(rows: sqlite3.Connection) -> None:
    doubles = "SELECT title FROM work_order GROUP BY office, title HAVING count(*) > 1"
    assert column(rows, doubles) == []
    assert len(set(column(rows, "SELECT lead_unit FROM work_order"))) > 5


def test_nothing_that_was_due_is_left_unfired(rows: sqlite3.Connection) -> None:
    latest = column(rows, "SELECT max(happened_at) FROM journal WHERE order_id IS NOT NULL")[0]
    waiting = "fired_at IS NULL AND cancelled_at IS NULL AND held_by IS NULL"
    assert column(rows, f"SELECT id FROM deadline WHERE {waiting} AND due_at < '{latest}'") == []


def test_deadlines_fired_when_they_were_due(rows: sqlite3.Connection) -> None:
    # Reminders may be due before the work they belong to begins; they are sent when it does.
    late = "SELECT (julianday(fired_at) - julianday(due_at)) * 86400 FROM deadline WHERE NOT soft AND fired_at NOTNULL"
    assert 0 < max(column(rows, late)) < 1


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_every_role_is_held_by_somebody_who_can_sign_in(pack: Pack, rows: sqlite3.Connection) -> None:
    held = set(column(rows, f"SELECT role FROM duty WHERE office = '{pack.name}'"))
    assert {role for role, about in pack.settings["roles"].items() if about["sees"] != "own"} <= held
    assert {"admin", "auditor", "process_owner"} <= held
    assert "dispatcher" in column(rows, "SELECT login FROM user WHERE demo")
    theirs = f"SELECT user.id FROM user JOIN duty ON user_id = user.id WHERE office = '{pack.name}'"
    assert column(rows, f"SELECT count(DISTINCT password_hash) FROM user WHERE id IN ({theirs})") == [1]


def test_everybody_has_a_name_of_their_own_in_chinese(rows: sqlite3.Connection) -> None:
    names = column(rows, "SELECT name FROM user")
    assert all(re.fullmatch(r"[\u4e00-\u9fff]{2,3}", name) for name in names)
    assert column(rows, "SELECT user_id FROM duty GROUP BY user_id HAVING count(*) > 1") != []


def test_running_it_again_changes_nothing(demo: Path, rows: sqlite3.Connection) -> None:
    def dump() -> list[str]:
        return sorted(rows.iterdump())

    before = dump()
    assert jieban("init", "--demo").exit_code == 0
    assert dump() == before


def test_trace_tells_the_whole_way(demo: Path, rows: sqlite3.Connection) -> None:
    filed = "SELECT number FROM work_order WHERE office = 'nanchang' AND status = 'archived' ORDER BY number"
    number = column(rows, filed)[0]
    told = json.loads(jieban("trace", number, "--json").stdout)
    assert told["order"]["number"] == number
    assert [task["element"] for task in told["path"]][:3] == ["accept", "dispatch", "sign_for"]
    assert all(task["by_name"] for task in told["path"] if task["outcome"] == "completed")
    assert all(deadline["explanation"] for deadline in told["deadlines"])
    assert [entry["seq"] for entry in told["journal"]] == list(range(1, len(told["journal"]) + 1))
    assert told["order"]["title"] in jieban("trace", number).stdout


def test_trace_holds_no_personal_value(demo: Path, rows: sqlite3.Connection) -> None:
    platform = existing_platform()
    assert platform is not None
    for order_id, number in rows.execute("SELECT id, number FROM work_order LIMIT 3").fetchall():
        personal = platform.read.personal_of(order_id)
        assert {"phone", "content", "petitioner_name"} <= set(personal)
        told = jieban("trace", number, "--json").stdout
        assert [field for field, value in personal.items() if value and value in told] == []


def test_trace_of_an_unknown_number_is_bad_input(demo: Path) -> None:
    result = jieban("trace", "X20260101-0001")
    assert result.exit_code == 2
    assert "X20260101-0001" in result.stderr


def test_the_journal_is_intact(demo: Path, rows: sqlite3.Connection) -> None:
    entries = column(rows, "SELECT count(*) FROM journal")[0]
    orders = column(rows, "SELECT count(*) FROM work_order")[0]
    result = jieban("audit", "verify", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "orders": orders,
        "entries": entries,
        "intact": True,
        "anchors": 0,
        "compared": False,
    }


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE journal SET actor = 'nobody' WHERE id = {id}",
        "UPDATE journal SET due_at = NULL, happened_at = '2020-01-01 00:00:00.000000' WHERE id = {id}",
        "DELETE FROM journal WHERE id = {id}",
    ],
)
def test_the_first_forged_row_is_named(forgery: str, demo: Path, rows: sqlite3.Connection) -> None:
    for trigger in column(rows, "SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        rows.execute(f"DROP TRIGGER {trigger}")
    number, identity = rows.execute(
        "SELECT w.number, j.id FROM journal j JOIN work_order w ON w.id = j.order_id WHERE j.seq = 3 LIMIT 1"
    ).fetchone()
    rows.execute(forgery.format(id=identity))
    result = jieban("audit", "verify", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["intact"] is False
    assert number in report["broken"]
    assert "row 3" in report["broken"]


@pytest.mark.parametrize("command", [["init", "--demo"], ["serve", "--port", "0"]])
def test_another_master_key_is_refused_before_anything_happens(
    command: list[str], demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIEBAN_MASTER_KEY", "another secret of the tests")
    result = jieban(*command)
    assert result.exit_code == 2
    assert "JIEBAN_MASTER_KEY" in result.stderr
