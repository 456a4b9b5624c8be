"""The tables, for SQLite and PostgreSQL alike.

Instants are aware UTC datetimes outside, `timestamptz` in PostgreSQL, sortable text in SQLite. Engine state, facts and
everything else that is JSON is stored as text: the engine depends on the order of keys, and a hash on every byte.
The journal is append-only: triggers of the database refuse UPDATE and DELETE (`triggers.py`).
"""

from __future__ import annotations

from persistence.tables.background import batch, incident, key_check
from persistence.tables.columns import Instant, Json, encode, metadata
from persistence.tables.office import (
    blob,
    calendar,
    confirmation,
    counter,
    declaration,
    deployment,
    deployment_file,
    duty,
    office,
    pack_upload,
    planned,
    recurrence,
    unit,
    user,
)
from persistence.tables.orders import (
    DEADLINE_RUNS,
    DEADLINE_WAITS,
    attachment,
    deadline,
    instance,
    journal,
    order_key,
    order_unit,
    outbox,
    personal,
    task,
    work_order,
)

__all__ = [
    "DEADLINE_RUNS",
    "DEADLINE_WAITS",
    "Instant",
    "Json",
    "attachment",
    "batch",
    "blob",
    "calendar",
    "confirmation",
    "counter",
    "deadline",
    "declaration",
    "deployment",
    "deployment_file",
    "duty",
    "encode",
    "incident",
    "instance",
    "journal",
    "key_check",
    "metadata",
    "office",
    "order_key",
    "order_unit",
    "outbox",
    "pack_upload",
    "personal",
    "planned",
    "recurrence",
    "task",
    "unit",
    "user",
    "work_order",
]
