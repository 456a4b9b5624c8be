"""Notices that are delivered, work in batches, people's e-mail addresses, orders of a demo."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from persistence.tables import Instant, Json

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nothing was delivered until now; what was written then is no news any more.
    op.add_column("outbox", sa.Column("state", sa.String(10), nullable=False, server_default="kept"))
    op.add_column("outbox", sa.Column("next_at", Instant(), nullable=True))
    op.add_column("outbox", sa.Column("left", Json(), nullable=True))
    op.add_column("outbox", sa.Column("error", sa.Text(), nullable=True))
    op.drop_index("ix_outbox_unsent", "outbox")
    _partial_index("ix_outbox_next", "outbox", "next_at", "state = 'waiting'")
    op.create_index("ix_outbox_state", "outbox", ["state", "id"])
    op.add_column("office", sa.Column("staff_by", sa.String(10), nullable=False, server_default="email"))
    op.add_column("office", sa.Column("petitioner_by", sa.String(10), nullable=False, server_default="webhook"))
    op.add_column("user", sa.Column("email", sa.String(200), nullable=True))
    op.add_column("work_order", sa.Column("demo", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("office", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("what", sa.String(120), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("last_order", sa.String(32), nullable=False),
        sa.Column("begun_by", sa.String(60), nullable=False),
        sa.Column("begun_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["office"], ["office.id"], name=op.f("fk_batch_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    _partial_index("ix_batch_open", "batch", "id", "ended_at IS NULL")
    with op.batch_alter_table("incident") as incident:
        incident.add_column(sa.Column("batch", sa.Integer(), nullable=True))
        incident.add_column(sa.Column("retry_at", Instant(), nullable=True))
        incident.create_foreign_key(op.f("fk_incident_batch"), "batch", ["batch"], ["id"])
    _partial_index("ix_incident_retry", "incident", "retry_at", "resolved_at IS NULL")


def _partial_index(name: str, table: str, column: str, where: str) -> None:
    op.create_index(name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    raise NotImplementedError("an order journal is not undone: restore a backup instead")
