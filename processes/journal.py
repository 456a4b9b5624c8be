"""The journal: one chain of entries per order, and one per office for what belongs to no order.

Each row carries the hash of the row before it and its own: SHA-256 over a canonical JSON text of everything it says.
Rows are append-only (the database refuses anything else), and the head of each chain is kept beside the order, so that
a changed, removed or truncated row is found and named. Personal values never enter a row, only their keyed hash: when
their key is lawfully destroyed the chain stays provable.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from processes.order import Entry

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Row:
    """A chained entry as stored. `changed` is the canonical JSON text."""

    order_id: str | None
    office: str
    seq: int
    actor: str
    act: str
    element: str | None
    instance: str | None
    deployment: int | None
    due_at: datetime | None
    happened_at: datetime
    changed: str
    why: str | None
    prev_hash: str
    hash: str


def canonical(value: Any) -> str:
    """JSON text with sorted keys and no spaces. Instants are written in UTC with microseconds."""
    return _encode(value)


def instant(at: datetime | None) -> str | None:
    """The one way an instant is written in a hash: UTC, microseconds, Z."""
    return f"{at.astimezone(UTC).isoformat(timespec='microseconds')[:26]}Z" if at else None


def chain(
    entries: Iterable[Entry], *, order_id: str | None, office: str, deployment: int | None, seq: int, head: str
) -> list[Row]:
    """Entries as rows that continue the chain after row `seq` with hash `head`."""
    rows = []
    for entry in entries:
        seq += 1
        changed = canonical(entry.changed)
        row = Row(
            order_id=order_id,
            office=office,
            seq=seq,
            actor=entry.actor,
            act=entry.act,
            element=entry.element,
            instance=entry.instance,
            deployment=deployment,
            due_at=entry.due_at,
            happened_at=entry.happened_at,
            changed=changed,
            why=entry.why,
            prev_hash=head,
            hash="",
        )
        head = digest(row)
        rows.append(replace(row, hash=head))
    return rows


def digest(row: Row) -> str:
    """The hash a row must have: over its content and the hash before it."""
    content = canonical(
        [
            row.prev_hash,
            row.order_id,
            row.office,
            row.seq,
            row.actor,
            row.act,
            row.element,
            row.instance,
            row.deployment,
            instant(row.due_at),
            instant(row.happened_at),
            row.changed,
            row.why,
        ]
    )
    return hashlib.sha256(content.encode()).hexdigest()


def first_break(rows: Iterable[Row], *, head: str, count: int) -> str | None:
    """What is wrong with a chain, or None: `rows` in order of `seq`, against its recorded head and length."""
    previous, expected = GENESIS, 1
    for row in rows:
        if row.seq != expected:
            return f"row {expected} is missing"
        if row.prev_hash != previous or digest(row) != row.hash:
            return f"row {row.seq} was changed"
        previous, expected = row.hash, expected + 1
    if expected - 1 != count or previous != head:
        return f"row {expected} is missing at the end" if expected - 1 < count else f"row {count + 1} was added"
    return None


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return instant(value) or ""
    return str(value)


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain).encode
