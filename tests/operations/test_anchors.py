"""Anchors outside the database: a journal rewritten with all its heads, or a line taken from the file, shows."""

from __future__ import annotations

import fcntl
import resource
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.anchoring import EVERY, Anchors, BadAnchors, Held
from app.opening import check_anchors
from app.settings import BadSetting
from persistence import tables as t
from persistence.anchors import START, is_settled, mark_after, newest
from persistence.audit import verify
from processes.journal import GENESIS, Row, digest
from tests.small import MONDAY, Small


def rewrite(small: Small, order_id: str) -> None:
    """Forge an order's whole chain, heads and all, as somebody with every right on the database could."""
    with small.database.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER journal_no_update")
        else:
            connection.exec_driver_sql("ALTER TABLE journal DISABLE TRIGGER ALL")
        c = t.journal.c
        columns = [c.id, *(c[name] for name in Row.__slots__)]
        rows = connection.execute(sa.select(*columns).where(c.order_id == order_id).order_by(c.seq)).all()
        head = GENESIS
        for row in rows:
            said = {name: getattr(row, name) for name in Row.__slots__} | {"actor": "nobody", "prev_hash": head}
            head = digest(Row(**said))
            changed = {"actor": "nobody", "prev_hash": said["prev_hash"], "hash": head}
            connection.execute(t.journal.update().where(c.id == row.id).values(changed))
        connection.execute(t.work_order.update().where(t.work_order.c.id == order_id).values(journal_head=head))


def test_a_journal_rewritten_with_its_heads_is_found(small: Small, tmp_path: Path) -> None:
    order_id = small.handling()
    small.handling()
    anchors = Anchors(small.database, tmp_path / "anchors.jsonl")
    anchors.anchor(MONDAY)
    rewrite(small, order_id)
    assert verify(small.database).intact, "the chains alone cannot tell"
    broken = anchors.compare().broken
    assert broken is not None and "rewritten" in broken[1]


@pytest.mark.parametrize("fault", ["remove", "change", "cut"])
def test_a_line_that_was_taken_out_or_changed_is_named(small: Small, tmp_path: Path, fault: str) -> None:
    path = tmp_path / "anchors.jsonl"
    anchors = Anchors(small.database, path)
    for _ in range(3):
        small.receive()
        anchors.anchor(MONDAY)
    lines = path.read_text().splitlines()
    wrong = {"remove": [lines[0], lines[2]], "change": [lines[0].replace("2026", "2025"), *lines[1:]], "cut": ["{", ""]}
    path.write_text("\n".join(wrong[fault]) + "\n")
    with pytest.raises(BadAnchors) as error:
        anchors.compare()
    assert str(path) in error.value.zh


def test_anchoring_step_by_step_gives_what_one_walk_gives(small: Small, tmp_path: Path) -> None:
    anchors = Anchors(small.database, tmp_path / "anchors.jsonl")
    for _ in range(4):
        small.handling()
        anchors.anchor(MONDAY)
    every = anchors.read()
    assert len(every) == 4
    assert mark_after(small.database, START, every[-1].mark.last) == every[-1].mark
    assert anchors.compare().broken is None


def test_it_is_done_once_an_hour_and_a_full_disk_stops_nothing(small: Small, tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    anchors = Anchors(small.database, path)
    small.receive()
    assert anchors.anchor_if_time(MONDAY)
    small.receive()
    assert not anchors.anchor_if_time(MONDAY + EVERY - timedelta(seconds=1))
    assert anchors.anchor_if_time(MONDAY + EVERY)
    assert not Anchors(small.database, None).anchor_if_time(MONDAY)
    blocked = Anchors(small.database, tmp_path)  # a folder cannot be written to
    assert not blocked.anchor_if_time(MONDAY)


def test_a_full_disk_leaves_no_half_line(
    sqlite_database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    small = Small(sqlite_database_url)
    path = tmp_path / "anchors.jsonl"
    anchors = Anchors(small.database, path)
    small.handling()
    assert anchors.anchor_if_time(MONDAY)
    before = path.read_bytes()
    small.handling()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 60, hard))
    try:
        assert not anchors.anchor_if_time(MONDAY + EVERY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "cannot be anchored" in caplog.text
    assert path.read_bytes() == before
    assert anchors.anchor_if_time(MONDAY + 2 * EVERY)
    assert anchors.compare() == Held(2, None)
    small.close()


def test_what_a_power_cut_left_of_a_line_is_cut_off_by_the_next(small: Small, tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    anchors = Anchors(small.database, path)
    small.handling()
    anchors.anchor(MONDAY)
    whole = path.read_bytes()
    for torn in (whole[:-1], whole + whole[:40], whole + "锚".encode()[:2]):
        path.write_bytes(torn)
        assert anchors.compare().broken is None
        small.handling()
        assert anchors.anchor(MONDAY) is not None
        assert path.read_bytes().endswith(b"}\n")
        assert anchors.compare().broken is None
    assert len(anchors.read()) == 2


def test_while_another_process_anchors_it_is_left_for_the_next_time(small: Small, tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    anchors = Anchors(small.database, path)
    small.handling()
    with path.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert not anchors.anchor_if_time(MONDAY)
    assert anchors.anchor_if_time(MONDAY + timedelta(seconds=5))


@pytest.mark.postgresql
def test_a_row_whose_commit_is_on_its_way_is_waited_for(postgres_database_url: str) -> None:
    small, other = Small(postgres_database_url), Small(postgres_database_url, deploy=False)
    order_id = small.receive()
    with small.database.engine.connect() as slow:
        slow.execute(sa.text("SELECT pg_current_xact_id()"))
        slow.execute(t.work_order.update().where(t.work_order.c.id == order_id).values(title="又一次"))
        other.receive()
        settled = newest(other.database)
        assert not is_settled(other.database, settled), "the slow one may still add a row with a smaller id"
        slow.commit()
    assert is_settled(other.database, settled)
    small.close()
    other.close()


def test_a_place_that_cannot_be_written_is_named_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSetting) as error:
        check_anchors(tmp_path / "file" / "anchors.jsonl")
    assert error.value.name == "JIEBAN_ANCHORS" and "anchors.jsonl" in error.value.zh
    check_anchors(tmp_path / "made" / "anchors.jsonl")
    check_anchors(None)
