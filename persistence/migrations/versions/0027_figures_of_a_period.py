"""Indexes with which the figures of a month read that month, and not every deadline there ever was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_deadline_period": ("deadline", ["element", "due_at"], "element IN ('sign_for_overdue', 'handle_overdue')"),
    "ix_work_order_closed": ("work_order", ["office", "closed_at"], "closed_at IS NOT NULL"),
}


def upgrade() -> None:
    for name, (table, columns, where) in INDEXES.items():
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    raise NotImplementedError("an order journal is not undone: restore a backup instead")
