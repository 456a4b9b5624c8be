"""Cases of the office itself, and duties that come round."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from persistence.tables import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recurrence",
        sa.Column("office", sa.String(40), nullable=False),
        sa.Column("process", sa.String(80), nullable=False),
        sa.Column("interval", sa.String(80), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("retry_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["office"], ["office.id"], name=op.f("fk_recurrence_office")),
        sa.PrimaryKeyConstraint("office", "process", name=op.f("pk_recurrence")),
    )
    op.create_index("ix_recurrence_due", "recurrence", ["due_at"])
    # Until now every work order was an order on the main line, which all packs so far call `main`.
    op.add_column("work_order", sa.Column("kind", sa.String(10), nullable=False, server_default="order"))
    op.add_column("work_order", sa.Column("process", sa.String(80), nullable=False, server_default="main"))
    op.drop_index("ix_work_order_received", "work_order")
    op.drop_index("ix_work_order_status", "work_order")
    op.create_index("ix_work_order_received", "work_order", ["office", "kind", "received_at"])
    op.create_index("ix_work_order_status", "work_order", ["office", "kind", "status", "received_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("work_order", "number", type_=sa.String(60))


def downgrade() -> None:
    raise NotImplementedError("an order journal is not undone: restore a backup instead")
