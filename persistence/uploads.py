"""Packs that somebody has uploaded and may deploy: one per person and office, replaced by the next.

What is kept is the archive as it came and what the check found, so that deploying needs no second upload.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from persistence import tables as t
from persistence.store import Database


@dataclass(frozen=True, slots=True)
class Upload:
    """`content`: the zip archive; `checked`: what the check found, JSON-able."""

    file_name: str
    content: bytes
    checked: Mapping[str, Any]
    uploaded_at: datetime


class Uploads:
    """The table `pack_upload`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, office: str, user_id: str, upload: Upload) -> None:
        """Keep an upload in place of the person's last one."""
        row = {
            "office": office,
            "user_id": user_id,
            "file_name": upload.file_name,
            "content": upload.content,
            "checked": upload.checked,
            "uploaded_at": upload.uploaded_at,
        }
        with self._database.transaction() as work:
            work.connection.execute(t.pack_upload.delete().where(_theirs(office, user_id)))
            work.connection.execute(t.pack_upload.insert(), row)

    def find(self, office: str, user_id: str) -> Upload | None:
        """The person's last upload for the office."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(t.pack_upload).where(_theirs(office, user_id))).first()
        return None if row is None else Upload(row.file_name, bytes(row.content), row.checked, row.uploaded_at)

    def forget(self, office: str, user_id: str) -> None:
        """After it was deployed, or given up."""
        with self._database.transaction() as work:
            work.connection.execute(t.pack_upload.delete().where(_theirs(office, user_id)))


def _theirs(office: str, user_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(t.pack_upload.c.office == office, t.pack_upload.c.user_id == user_id)
