"""Files handed in with forms: kept as they come, given to their order by the unit of work that saves the verb.

Until then a file waits for its form to be sent again; it belongs to who sent it, nobody can download it, and what
waits longer than `LONGEST_WAIT` is dropped with the next file that comes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from persistence import tables as t
from persistence.store import Database

LONGEST_WAIT = timedelta(days=7)
_WAITING = t.attachment.c.order_id.is_(None)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who hands in, in which office. `user`: login."""

    office: str
    user: str

    def waiting(self, ids: Collection[str]) -> sa.ColumnElement[bool]:
        """Those files of theirs that are not bound to an order yet."""
        c = t.attachment.c
        return sa.and_(c.id.in_(ids), c.office == self.office, c.uploaded_by == self.user, _WAITING)


@dataclass(frozen=True, slots=True)
class Download:
    """A file of an order. `number`: of the order."""

    number: str
    name: str
    content: bytes


class Attachments:
    """The table `attachment`. A description is `{"id", "name", "size" (bytes), "type"}`, as forms keep it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, owner: Owner, field: str, content: bytes, *, name: str, mime: str, now: datetime) -> dict[str, Any]:
        """Store a file that waits for its order; returns its description."""
        c = t.attachment.c
        row = {
            "id": uuid4().hex,
            "office": owner.office,
            "field": field,
            "name": name,
            "mime": mime[:127],
            "size": len(content),
            "sha256": sha256(content).hexdigest(),
            "content": content,
            "uploaded_by": owner.user,
            "uploaded_at": now,
        }
        with self._database.transaction() as work:
            work.connection.execute(t.attachment.delete().where(_WAITING, c.uploaded_at < now - LONGEST_WAIT))
            work.connection.execute(t.attachment.insert(), row)
        return {"id": row["id"], "name": name, "size": len(content), "type": row["mime"]}

    def waiting(self, owner: Owner, field: str, ids: Collection[str]) -> list[dict[str, Any]]:
        """Descriptions of those of `ids` that the owner handed in for the field and no order has yet."""
        c = t.attachment.c
        query = sa.select(c.id, c.name, c.size, c.mime.label("type")).where(owner.waiting(ids), c.field == field)
        with self._database.reading() as connection:
            found = {row["id"]: dict(row) for row in connection.execute(query).mappings()}
        return [found[one] for one in dict.fromkeys(ids) if one in found]

    def find(self, office: str, attachment_id: str) -> Download | None:
        """A file that an order of the office has."""
        c, o = t.attachment.c, t.work_order.c
        query = sa.select(o.number, c.name, c.content).join_from(t.attachment, t.work_order, c.order_id == o.id)
        with self._database.reading() as connection:
            row = connection.execute(query.where(c.id == attachment_id, o.office == office)).first()
        return None if row is None else Download(row.number, row.name, bytes(row.content))
