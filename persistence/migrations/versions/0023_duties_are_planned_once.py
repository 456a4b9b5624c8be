"""Each deployment's duties are planned once, a duty knows its last occurrence, and one that fails has an incident."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from persistence.tables import Instant
from timers.clock import system_clock

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("recurrence", sa.Column("last_at", Instant(), nullable=True))
    op.create_table(
        "planned",
        sa.Column("deployment", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["deployment"], ["deployment.number"], name=op.f("fk_planned_deployment")),
        sa.PrimaryKeyConstraint("deployment", name=op.f("pk_planned")),
    )
    # What is in force was planned by the version before: planning it again would open what was opened long ago.
    now = sa.literal(system_clock.now(), Instant())
    deployment = sa.table("deployment", sa.column("number"), sa.column("effective_from", Instant()))
    in_force = sa.select(deployment.c.number).where(deployment.c.effective_from <= now)
    op.execute(sa.insert(sa.table("planned", sa.column("deployment"))).from_select(["deployment"], in_force))
    with op.batch_alter_table("incident") as incident:
        incident.add_column(sa.Column("office", sa.String(40), nullable=True))
        incident.add_column(sa.Column("pack", sa.String(40), nullable=True))
        incident.add_column(sa.Column("process", sa.String(80), nullable=True))
        incident.create_foreign_key(op.f("fk_incident_office"), "office", ["office"], ["id"])
    unresolved = sa.text("resolved_at IS NULL")
    op.create_index(
        "ix_incident_duty",
        "incident",
        ["office", "pack", "process"],
        sqlite_where=unresolved,
        postgresql_where=unresolved,
    )


def downgrade() -> None:
    raise NotImplementedError("an order journal is not undone: restore a backup instead")
