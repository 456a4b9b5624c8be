"""Counters of one element, archive numbers, and the orders of a unit of one office are read from an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ARCHIVE_NUMBER = {"sqlite": "json_extract(facts, '$.archive_no')", "postgresql": "CAST(facts AS json) ->> 'archive_no'"}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.add_column("work_order", sa.Column("archive_no", sa.String(120), nullable=True))
    op.execute(f"UPDATE work_order SET archive_no = {ARCHIVE_NUMBER[dialect]} WHERE archived_at IS NOT NULL")
    if dialect == "postgresql":
        op.execute(
            "CREATE INDEX ix_work_order_archive_no ON work_order (office, archive_no text_pattern_ops) "
            "WHERE archive_no IS NOT NULL"
        )
    op.add_column("order_unit", sa.Column("office", sa.String(40), nullable=True))
    op.execute(
        "UPDATE order_unit SET office = (SELECT office FROM work_order WHERE work_order.id = order_unit.order_id)"
    )
    op.drop_index("ix_order_unit_received", "order_unit")
    op.create_index("ix_order_unit_received", "order_unit", ["office", "unit", "received_at"])
    still_open = sa.text("closed_at IS NULL")
    op.create_index(
        "ix_task_element",
        "task",
        ["office", "element", "role", "unit", "due_at", "opened_at", "id"],
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def downgrade() -> None:
    raise NotImplementedError("an order journal is not undone: restore a backup instead")
