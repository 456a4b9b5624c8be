"""When nothing is under way any more that began before some moment.

PostgreSQL gives ids and answers questions before the commit: what a transaction wrote, or computed from what it read,
is seen only when it is over. SQLite has one writer, who is over when the next one begins.
"""

from __future__ import annotations

import sqlalchemy as sa

_HORIZON = sa.text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
_OLDEST = sa.text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")


def horizon(connection: sa.Connection) -> int:
    """Every transaction that has written anything by now is before this; 0 where there is nothing to wait for."""
    return int(connection.execute(_HORIZON).scalar() or 0) if connection.dialect.name == "postgresql" else 0


def is_over(connection: sa.Connection, until: int) -> bool:
    """Whether every transaction before `until` is over."""
    return until <= 0 or int(connection.execute(_OLDEST).scalar() or 0) >= until
