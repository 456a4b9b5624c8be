"""A task that several roles may do is found by each of them, not by the first alone."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE task SET role = NULL WHERE roles LIKE '%,%'")


def downgrade() -> None:
    raise NotImplementedError("an order journal is not undone: restore a backup instead")
