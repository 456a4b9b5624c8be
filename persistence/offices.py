"""What rules may ask about an office: what it has declared for a time (a network outage), and its units."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from persistence import tables as t
from processes.store import Declaration


def declare(connection: sa.Connection, declaration: Declaration) -> None:
    """Enter a declaration. Rows are only added."""
    connection.execute(t.declaration.insert(), asdict(declaration))


def declared(
    connection: sa.Connection, office: str, kind: str, unit: str | None, start: datetime, end: datetime
) -> bool:
    """Whether one about the unit, or about the whole office, overlaps the time from `start` to `end`."""
    c = t.declaration.c
    about = sa.or_(c.unit.is_(None), c.unit == unit)
    query = sa.select(c.id).where(c.office == office, c.kind == kind, about, c.begins_at <= end, c.ends_at >= start)
    return connection.execute(query.limit(1)).scalar() is not None


def unit_of(connection: sa.Connection, office: str, unit: str) -> dict[str, str | None] | None:
    """`name`, `level`, `kind`, `parent` of a unit as the office keeps it now; None if there is no such unit."""
    c = t.unit.c
    query = sa.select(c.name, c.level, c.kind, c.parent).where(c.office == office, c.id == unit)
    row = connection.execute(query).mappings().first()
    return dict(row) if row else None
