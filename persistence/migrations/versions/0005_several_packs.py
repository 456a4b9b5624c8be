"""Several regulations in one office; declarations of the office; masked values confirmed by name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from persistence.tables import Instant, Json

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Until now the office was named after its one pack.
    op.add_column("deployment", sa.Column("pack", sa.String(40), nullable=False, server_default=""))
    op.execute("UPDATE deployment SET pack = office")
    op.drop_index("ix_deployment_office", "deployment")
    op.create_index("ix_deployment_office", "deployment", ["office", "pack", "effective_from"])
    op.create_index("ix_work_order_deployment", "work_order", ["deployment", "kind", "received_at"])
    _recurrences_by_pack()
    op.create_table(
        "declaration",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("office", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("unit", sa.String(60), nullable=True),
        sa.Column("begins_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("declared_by", sa.String(60), nullable=False),
        sa.Column("declared_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["office.id"], name=op.f("fk_declaration_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declaration")),
    )
    op.create_index("ix_declaration_office", "declaration", ["office", "kind", "ends_at"])
    op.create_table(
        "confirmation",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("office", sa.String(40), nullable=False),
        sa.Column("pack", sa.String(40), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("value", Json(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confirmed_by", sa.String(60), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["office.id"], name=op.f("fk_confirmation_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmation")),
    )
    op.create_index("ix_confirmation_pack", "confirmation", ["office", "pack", "name"])


def _recurrences_by_pack() -> None:
    """The key of a duty now names its pack; neither database changes a primary key alike, so the table is made anew."""
    op.drop_index("ix_recurrence_due", "recurrence")
    op.rename_table("recurrence", "recurrence_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE recurrence_before RENAME CONSTRAINT pk_recurrence TO pk_recurrence_before")
        op.execute("ALTER TABLE recurrence_before RENAME CONSTRAINT fk_recurrence_office TO fk_recurrence_before")
    op.create_table(
        "recurrence",
        sa.Column("office", sa.String(40), nullable=False),
        sa.Column("pack", sa.String(40), nullable=False),
        sa.Column("process", sa.String(80), nullable=False),
        sa.Column("interval", sa.String(80), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("retry_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["office"], ["office.id"], name=op.f("fk_recurrence_office")),
        sa.PrimaryKeyConstraint("office", "pack", "process", name=op.f("pk_recurrence")),
    )
    columns = "office, {pack}process, interval, due_at, retry_at"
    op.execute(
        f"INSERT INTO recurrence ({columns.format(pack='pack, ')}) "
        f"SELECT {columns.format(pack='office, ')} FROM recurrence_before"
    )
    op.drop_table("recurrence_before")
    op.create_index("ix_recurrence_due", "recurrence", ["due_at"])


def downgrade() -> None:
    raise NotImplementedError("an order journal is not undone: restore a backup instead")
