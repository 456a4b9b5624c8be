"""Files handed in with forms: kept as they come, given to their order by the unit of work that saves the verb.

Until then a file waits for its form to be sent again; it belongs to who sent it, nobody can download it, and what
waits longer than `LONGEST_WAIT` is dropped with the next file that comes. Content and name are sealed (`sealed_files`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from persistence import sealed_files
from persistence import tables as t
from persistence.keys import OrderKey
from persistence.store import Database

LONGEST_WAIT = timedelta(days=7)
MOST_WAITING = 100 * 1024 * 1024
"""Bytes that one person may have waiting: four forms as full as a form can be. Nobody fills in more at a time."""


class TooMuchWaiting(Exception):
    """The person has handed in more than `MOST_WAITING` bytes with forms that were not sent off."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who hands in, in which office. `user`: login."""

    office: str
    user: str

    def waiting(self) -> sa.ColumnElement[bool]:
        """Their files that are not bound to an order yet."""
        return sealed_files.waits_for(self.office, self.user)


class Attachments:
    """The table `attachment`. A description is `{"id", "name", "size" (bytes), "type"}`, as forms keep it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, owner: Owner, field: str, content: bytes, *, name: str, mime: str, now: datetime) -> dict[str, Any]:
        """Store a file that waits for its order; returns its description. Raises `TooMuchWaiting`."""
        c, oldest = t.attachment.c, now - LONGEST_WAIT
        row = {
            **sealed_files.seal(self._database.master, name, content),
            "office": owner.office,
            "field": field,
            "mime": mime[:127],
            "uploaded_by": owner.user,
            "uploaded_at": now,
        }
        held = sa.select(sa.func.coalesce(sa.func.sum(c.size), 0)).where(owner.waiting(), c.uploaded_at >= oldest)
        with self._database.transaction() as work:
            if work.connection.execute(held).scalar_one() + len(content) > MOST_WAITING:
                raise TooMuchWaiting()
            work.connection.execute(t.attachment.delete().where(c.order_id.is_(None), c.uploaded_at < oldest))
            work.connection.execute(t.attachment.insert(), row)
        return {"id": row["id"], "name": name, "size": len(content), "type": row["mime"]}

    def waiting(self, owner: Owner, field: str, ids: Collection[str]) -> list[dict[str, Any]]:
        """Descriptions of those of `ids` that the owner handed in for the field and no order has yet."""
        c, master = t.attachment.c, self._database.master
        query = sa.select(c.id, c.name, c.sealed_name, c.key, c.size, c.mime)
        with self._database.reading() as connection:
            rows = connection.execute(query.where(owner.waiting(), c.id.in_(ids), c.field == field)).all()
        found = {
            row.id: {"id": row.id, "name": sealed_files.name_of(row, master), "size": row.size, "type": row.mime}
            for row in rows
        }
        return [found[one] for one in dict.fromkeys(ids) if one in found]

    def number_of(self, office: str, attachment_id: str) -> str | None:
        """The number of the order of the office that has the file."""
        c, o = t.attachment.c, t.work_order.c
        query = sa.select(o.number).join_from(t.attachment, t.work_order, c.order_id == o.id)
        with self._database.reading() as connection:
            found: str | None = connection.execute(query.where(c.id == attachment_id, o.office == office)).scalar()
        return found

    def names(self, order_id: str) -> dict[str, str]:
        """Id → name of the order's files; none of those whose key has been destroyed."""
        c = t.attachment.c
        query = sa.select(c.id, c.name, c.sealed_name, c.key).where(c.order_id == order_id)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
            key = self._key(connection, order_id) if rows else None
        return {row.id: sealed_files.name_of(row, key) for row in rows if key is not None or row.key is None}

    def open(self, attachment_id: str) -> tuple[str, bytes]:
        """Name and content of a file of an order. Raises `Altered`; `NotFound` if it has been destroyed."""
        j = t.journal.c
        with self._database.reading() as connection:
            row = connection.execute(sa.select(t.attachment).where(t.attachment.c.id == attachment_id)).one()
            rows = connection.execute(
                sa.select(j.changed).where(j.order_id == row.order_id, j.changed.contains(attachment_id))
            ).scalars()
            recorded = sealed_files.recorded_in(rows).get(attachment_id)
            key = self._key(connection, row.order_id)
        return sealed_files.content_of(row, key, recorded)

    def _key(self, connection: sa.Connection, order_id: str) -> OrderKey | None:
        wrapped = connection.execute(
            sa.select(t.order_key.c.wrapped).where(t.order_key.c.order_id == order_id)
        ).scalar()
        return None if wrapped is None else self._database.master.unwrap(order_id, wrapped)
