"""Files that were handed in with a form."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from persistence.tables import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("office", sa.String(40), nullable=False),
        sa.Column("order_id", sa.String(32), nullable=True),
        sa.Column("field", sa.String(80), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("mime", sa.String(127), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_by", sa.String(60), nullable=False),
        sa.Column("uploaded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["office.id"], name=op.f("fk_attachment_office")),
        sa.ForeignKeyConstraint(["order_id"], ["work_order.id"], name=op.f("fk_attachment_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index("ix_attachment_order", "attachment", ["order_id", "uploaded_at"])


def downgrade() -> None:
    raise NotImplementedError("an order journal is not undone: restore a backup instead")
