"""Digests of the whole journal, to be kept outside the database.

Rows are taken in the order of their ids. A digest continues the one before it over the hashes of the rows since, so
that one line of text vouches for every row up to it: an older backup lacks the last row, and a journal that was
rewritten, heads and all, gives another digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import sqlalchemy as sa

from persistence import tables as t
from persistence.settling import horizon, is_over
from persistence.store import Database

NOTHING = "0" * 64
BLOCK = 2_000


@dataclass(frozen=True, slots=True)
class Mark:
    """The journal up to and including row `last`: how many rows, and their digest."""

    last: int
    entries: int
    digest: str


START = Mark(0, 0, NOTHING)


@dataclass(frozen=True, slots=True)
class Settled:
    """Rows up to `last` are there for good once every transaction before `until` is over (0: at once)."""

    last: int
    until: int


def newest(database: Database) -> Settled:
    """How far the journal goes now.

    On PostgreSQL a row with a smaller id may still be about to be committed: ids are given before the commit.
    """
    with database.reading() as connection:
        last = int(connection.execute(sa.select(sa.func.max(t.journal.c.id))).scalar() or 0)
        return Settled(last, horizon(connection))


def is_settled(database: Database, settled: Settled) -> bool:
    """Whether nothing can come in among those rows any more."""
    with database.reading() as connection:
        return is_over(connection, settled.until)


def mark_after(database: Database, before: Mark, last: int) -> Mark:
    """The mark at row `last`, continuing `before`."""
    return next(marks(database, [last], before), before)


def marks(database: Database, lasts: Sequence[int], before: Mark = START) -> Iterator[Mark]:
    """The marks at these rows (ascending), in one walk through the journal. Rows that are missing end the walk where
    they should be: the mark then has another `last` than asked for."""
    c = t.journal.c
    query = sa.select(c.id, c.hash).where(c.id > before.last).order_by(c.id)
    last, entries, digest = before.last, before.entries, before.digest
    with database.streaming() as connection:
        found = connection.execution_options(yield_per=BLOCK).execute(query)
        with closing(found):
            row = found.fetchone()
            for wanted in lasts:
                while row is not None and row.id <= wanted:
                    digest = hashlib.sha256(f"{digest}{row.id}:{row.hash}".encode()).hexdigest()
                    last, entries = row.id, entries + 1
                    row = found.fetchone()
                yield Mark(last, entries, digest)
