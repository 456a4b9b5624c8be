"""Indexes with which the cost of no page grows with the number of orders, and the search of titles."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from persistence import search
from persistence.tables import Instant

revision = "0020"
down_revision = "0007"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_work_order_overdue": (
        "work_order",
        ["office", "kind", "received_at"],
        "overdue IS {true} AND closed_at IS NULL",
    ),
    "ix_work_order_archived": ("work_order", ["office", "archived_at"], "archived_at IS NOT NULL"),
    "ix_order_unit_received": ("order_unit", ["unit", "received_at"], ""),
    "ix_instance_process_open": ("instance", ["process", "started_at"], "ended_at IS NULL"),
    "ix_task_open": ("task", ["office", "role", "unit", "due_at", "opened_at", "id"], "closed_at IS NULL"),
    "ix_task_assigned": ("task", ["assignee"], "closed_at IS NULL AND assignee IS NOT NULL"),
    "ix_task_candidates": ("task", ["office"], "closed_at IS NULL AND candidates != '[]'"),
    "ix_deadline_running": (
        "deadline",
        ["process", "due_at"],
        "ended_at IS NULL AND cancelled_at IS NULL AND held_by IS NULL",
    ),
    "ix_deadline_retry": ("deadline", ["retry_at"], "retry_at IS NOT NULL"),
}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.add_column("order_unit", sa.Column("received_at", Instant(), nullable=True))
    op.execute(
        "UPDATE order_unit SET received_at = "
        "(SELECT received_at FROM work_order WHERE work_order.id = order_unit.order_id)"
    )
    op.drop_index("ix_task_open", "task")
    for name, (table, columns, where) in INDEXES.items():
        only = sa.text(where.format(true="1" if dialect == "sqlite" else "true")) if where else None
        op.create_index(name, table, columns, sqlite_where=only, postgresql_where=only)
    if dialect == "postgresql":
        for statement in search.POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("an order journal is not undone: restore a backup instead")
