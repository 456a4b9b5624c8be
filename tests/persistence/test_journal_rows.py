"""The journal's rows: the database refuses to change them, and verification names what was changed behind its back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from persistence import audit
from persistence import tables as t
from persistence.audit import verify
from tests.small import MONDAY, Small

ATTACKS = ["UPDATE journal SET why = 'x'", "DELETE FROM journal", "DELETE FROM journal WHERE seq = 3"]


def tampered(small: Small, statement: Any) -> str | None:
    """What verification says after a change made with the triggers gone."""
    with small.database.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            for name in ("journal_no_update", "journal_no_delete", "journal_no_replace"):
                connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {name}"))
        else:
            connection.execute(sa.text("ALTER TABLE journal DISABLE TRIGGER ALL"))
        connection.execute(statement)
    return verify(small.database).broken


def test_the_database_refuses_to_change_or_remove_a_row(small: Small) -> None:
    small.handling()
    before = small.everything()
    for attack in ATTACKS:
        with pytest.raises(sa.exc.DatabaseError, match="append-only"), small.database.engine.begin() as connection:
            connection.execute(sa.text(attack))
    assert small.everything() == before


@pytest.mark.postgresql
def test_the_database_refuses_to_truncate(postgres_database_url: str) -> None:
    small = Small(postgres_database_url)
    small.receive()
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), small.database.engine.begin() as connection:
        connection.execute(sa.text("TRUNCATE journal"))
    assert verify(small.database).entries == 2
    small.close()


def test_replacing_a_row_is_refused_too(small: Small) -> None:
    small.receive()
    if small.database.engine.dialect.name == "sqlite":
        statement = "INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE seq = 1"
    else:
        statement = "INSERT INTO journal SELECT * FROM journal WHERE seq = 1 ON CONFLICT (id) DO UPDATE SET why = 'x'"
    before = small.everything()
    with pytest.raises(sa.exc.DatabaseError), small.database.engine.begin() as connection:
        connection.execute(sa.text(statement))
    assert small.everything() == before


@pytest.mark.parametrize("conflict", ["id", "seq of the order", "seq of the office"])
def test_a_row_is_not_replaced_on_a_strange_connection_either(sqlite_database_url: str, conflict: str) -> None:
    small = Small(sqlite_database_url)
    small.receive()
    of_office = conflict == "seq of the office"
    (row,) = small.read.rows(
        sa.select(t.journal).where(t.journal.c.seq == 1, t.journal.c.order_id.is_(None) == of_office)
    )
    new = row if conflict == "id" else {name: value for name, value in row.items() if name != "id"}
    plain = sa.create_engine(sqlite_database_url)  # without our PRAGMAs
    before = small.everything()
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), plain.begin() as connection:
        connection.execute(t.journal.insert().prefix_with("OR REPLACE"), {**new, "why": "x"})
    assert small.everything() == before
    plain.dispose()
    small.close()


@pytest.mark.postgresql
def test_verifying_sees_one_moment_while_people_work(
    postgres_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Small(postgres_database_url)
    order_id = small.dispatched()
    genuine = audit._rows

    def slow(connection: sa.Connection, query: sa.Select[Any]) -> Any:
        small.do(order_id, "sign_for")  # between the heads and the rows
        monkeypatch.setattr(audit, "_rows", genuine)
        return genuine(connection, query)

    monkeypatch.setattr(audit, "_rows", slow)
    assert verify(small.database).broken is None
    assert small.open(order_id) == ["handle"]
    small.close()


def test_whole_chains_verify_and_are_counted(small: Small) -> None:
    for _ in range(3):
        small.handling()
    found = verify(small.database)
    assert (found.orders, found.entries, found.broken) == (3, 3 * 4 + 1, None) and found.intact


CHANGES: list[dict[str, Any]] = [
    {"why": "因为"},
    {"actor": "somebody"},
    {"act": "reveal"},
    {"element": "accept2"},
    {"changed": "{}"},
    {"instance": "0" * 32},
    {"deployment": 99},
    {"office": "other"},
    {"happened_at": MONDAY + timedelta(seconds=1)},
    {"due_at": MONDAY},
    {"hash": "0" * 64},
    {"prev_hash": "0" * 64},
]


def test_a_row_changed_in_any_column_is_named(small: Small) -> None:
    small.handling()
    for changed in CHANGES:
        order_id = small.receive()
        small.do(order_id, "accept", decision="accept")
        small.do(order_id, "dispatch", lead_unit="housing")
        where = (t.journal.c.order_id == order_id) & (t.journal.c.seq == 2)
        assert tampered(small, t.journal.update().where(where).values(changed)) is not None
        broken = verify(small.database, order_id=order_id).broken
        assert broken == f"order {small.order(order_id).number}: row 2 was changed", changed


def test_a_removed_row_is_named(small: Small) -> None:
    order_id = small.handling()
    where = (t.journal.c.order_id == order_id) & (t.journal.c.seq == 2)
    assert (tampered(small, t.journal.delete().where(where)) or "").endswith("row 2 is missing")


def test_a_cut_off_tail_is_named(small: Small) -> None:
    order_id = small.handling()
    where = (t.journal.c.order_id == order_id) & (t.journal.c.seq > 2)
    assert (tampered(small, t.journal.delete().where(where)) or "").endswith("row 3 is missing at the end")


def test_a_whole_journal_that_is_gone_is_named(small: Small) -> None:
    order_id = small.handling()
    number = small.order(order_id).number
    gone = t.journal.delete().where(t.journal.c.order_id == order_id)
    assert tampered(small, gone) == f"order {number}: its journal is missing"


def test_a_row_added_at_the_end_is_named(small: Small) -> None:
    order_id = small.handling()
    last = dict(small.read.journal_of(order_id)[-1])
    forged = {**last, "seq": 5, "act": "reveal"}
    del forged["id"]
    assert tampered(small, t.journal.insert().values(forged)) is not None


def test_a_moved_head_is_named(small: Small) -> None:
    order_id = small.handling()
    rows = small.read.journal_of(order_id)
    behind = t.work_order.update().where(t.work_order.c.id == order_id)
    assert (tampered(small, behind.values(journal_seq=3, journal_head=rows[2]["hash"])) or "").endswith(
        "row 4 was added"
    )


def test_a_changed_row_of_an_office_is_named(small: Small) -> None:
    where = t.journal.c.order_id.is_(None) & (t.journal.c.seq == 1)
    assert tampered(small, t.journal.update().where(where).values(why="x")) == "office small: row 1 was changed"


def test_one_order_can_be_verified_alone(small: Small) -> None:
    first, second = small.handling(), small.handling()
    where = (t.journal.c.order_id == first) & (t.journal.c.seq == 2)
    assert tampered(small, t.journal.update().where(where).values(why="x")) is not None
    assert verify(small.database, order_id=second).intact
    assert not verify(small.database, order_id=first).intact
