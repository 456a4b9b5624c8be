"""Verifying the journal: every chain, row by row, against its recorded head, and every file against its hash in it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from persistence import tables as t
from persistence.sealed_files import first_altered, recorded_in
from persistence.store import Database
from processes.journal import GENESIS, Row, first_break


@dataclass(frozen=True, slots=True)
class Verified:
    """`broken`: the first bad chain and row, in words, or None."""

    orders: int
    entries: int
    broken: str | None

    @property
    def intact(self) -> bool:
        return self.broken is None


def verify(
    database: Database, *, order_id: str | None = None, progress: Callable[[int], Any] | None = None
) -> Verified:
    """Check all chains (or one order's). `progress` hears of every order done."""
    columns = [t.journal.c[name] for name in Row.__slots__]
    entries = 0
    with database.streaming() as connection:
        heads = {
            row.id: (row.number, row.journal_seq, row.journal_head)
            for row in connection.execute(
                sa.select(
                    t.work_order.c.id, t.work_order.c.number, t.work_order.c.journal_seq, t.work_order.c.journal_head
                )
            )
            if order_id in (None, row.id)
        }
        query = sa.select(*columns).order_by(t.journal.c.order_id, t.journal.c.seq)
        query = query.where(t.journal.c.order_id == order_id if order_id else t.journal.c.order_id.is_not(None))
        checked = 0
        with closing(_rows(connection, query)) as every:
            for key, rows in groupby(every, key=lambda row: row.order_id):
                own = list(rows)
                entries += len(own)
                if key not in heads:
                    return Verified(checked, entries, f"journal rows of an order that does not exist: {key}")
                number, count, head = heads.pop(key)
                broken = first_break(own, head=head, count=count)
                broken = broken or first_altered(connection, recorded_in(row.changed for row in own))
                if broken:
                    return Verified(checked, entries, f"order {number}: {broken}")
                checked += 1
                if progress is not None:
                    progress(1)
        if heads:
            number = next(iter(heads.values()))[0]
            return Verified(checked, entries, f"order {number}: its journal is missing")
        if order_id is None:
            broken, office_entries = _offices(connection, columns)
            entries += office_entries
            if broken:
                return Verified(checked, entries, broken)
    return Verified(checked, entries, None)


def _offices(connection: sa.Connection, columns: list[Any]) -> tuple[str | None, int]:
    entries = 0
    for office in connection.execute(sa.select(t.office)).mappings().all():
        query = sa.select(*columns).where(t.journal.c.order_id.is_(None), t.journal.c.office == office["id"])
        rows = list(_rows(connection, query.order_by(t.journal.c.seq)))
        entries += len(rows)
        broken = first_break(rows, head=office["journal_head"] or GENESIS, count=office["journal_seq"])
        if broken:
            return f"office {office['id']}: {broken}", entries
    return None, entries


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> Generator[Row, None, None]:
    """Row by row. Whoever stops early closes it: on PostgreSQL a cursor of the server is open until then."""
    with connection.execution_options(yield_per=2_000).execute(query) as found:
        for row in found:
            yield Row(*row)
