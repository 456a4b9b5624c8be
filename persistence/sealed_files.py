"""How a file is stored: content and name under a key of its own, the hash of the sealed content in the journal.

The hash is over what is stored, so that anybody can check it without a key, also when the key has been destroyed.
Rows from before this (no `key`) are in clear; the journal has their names and no hash of them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag

from persistence import tables as t
from persistence.keys import Key, MasterKey, OrderKey
from processes.errors import Altered, FileGone, NotFound

Row = sa.Row[*tuple[Any, ...]]


def of_key(file_id: str) -> str:
    """What a wrapped key of a file is bound to."""
    return f"file:{file_id}"


def seal(master: MasterKey, name: str, content: bytes) -> dict[str, Any]:
    """The columns of a new file that waits for its order."""
    file_id, key = uuid4().hex, Key.new()
    sealed = key.seal_bytes(f"content:{file_id}", content)
    return {
        "id": file_id,
        "name": "",
        "size": len(content),
        "sha256": sha256(sealed).hexdigest(),
        "content": sealed,
        "sealed_name": key.seal_bytes(f"name:{file_id}", name.encode()),
        "key": master.wrap(of_key(file_id), key),
    }


def waiting(connection: sa.Connection, office: str, user: str, ids: Collection[str]) -> Sequence[Row]:
    """`id`, `key`, `size`, `sha256` of files that the person has handed in and no order has. Raises `FileGone`."""
    c = t.attachment.c
    query = sa.select(c.id, c.key, c.size, c.sha256).where(c.id.in_(ids), waits_for(office, user))
    found = connection.execute(query).all()
    if len(found) != len(set(ids)):
        raise FileGone()
    return found


def waits_for(office: str, user: str) -> sa.ColumnElement[bool]:
    """A file of theirs that is not bound to an order yet. Those in clear were all dropped when sealing began."""
    c = t.attachment.c
    return sa.and_(c.office == office, c.uploaded_by == user, c.order_id.is_(None), c.key.is_not(None))


def name_of(row: Row, key: Key | None) -> str:
    """The name of a file of which `id`, `name`, `sealed_name`, `key` were read. `key`: that its own is wrapped with."""
    if row.key is None or key is None:
        return str(row.name)
    return _own(row, key).open_bytes(f"name:{row.id}", row.sealed_name).decode()


def content_of(row: Row, key: OrderKey | None, recorded: str | None) -> tuple[str, bytes]:
    """Name and content of a file of an order. `recorded`: its hash in the journal.

    Raises `Altered`; `NotFound` if the order's key has been destroyed.
    """
    if row.key is None and recorded is None:
        recorded = row.sha256
    if recorded is None or sha256(row.content).hexdigest() != recorded:
        raise Altered()
    if row.key is None:
        return str(row.name), bytes(row.content)
    if key is None:
        raise NotFound("附件已依法销毁。", "The file has been destroyed by law.")
    try:
        return name_of(row, key), _own(row, key).open_bytes(f"content:{row.id}", row.content)
    except InvalidTag as error:
        raise Altered() from error


def recorded_in(rows: Iterable[str]) -> dict[str, str]:
    """Id → hash of the files that these rows of a journal (`changed`, JSON) name."""
    found: dict[str, str] = {}
    for changed in rows:
        if '"files"' not in changed:
            continue
        files = json.loads(changed).get("files")
        for file in files if isinstance(files, list) else ():
            if isinstance(file, Mapping) and "sha256" in file:
                found[str(file["id"])] = str(file["sha256"])
    return found


def first_altered(connection: sa.Connection, recorded: Mapping[str, str]) -> str | None:
    """Which of the files in a journal is missing or was changed, in words."""
    for file_id, hash_ in recorded.items():
        query = sa.select(t.attachment.c.content).where(t.attachment.c.id == file_id)
        content = connection.execute(query).scalar()
        if content is None:
            return f"file {file_id} is missing"
        if sha256(content).hexdigest() != hash_:
            return f"file {file_id} was changed"
    return None


def _own(row: Row, key: Key) -> Key:
    return Key(key.open_bytes(of_key(row.id), row.key))
