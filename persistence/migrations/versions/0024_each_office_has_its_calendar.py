"""Each office has its own calendar, and a batch waits for what was under way when it began."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from persistence.tables import Instant, Json

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

CONTENT = ("version", "content", "imported_at", "imported_by", "source")


def upgrade() -> None:
    op.add_column("batch", sa.Column("until", sa.BigInteger(), nullable=True))
    connection = op.get_bind()
    before = connection.execute(sa.text(f"SELECT {', '.join(CONTENT)} FROM calendar ORDER BY id")).mappings().all()
    op.drop_table("calendar")
    table = op.create_table(
        "calendar",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("office", sa.String(40), nullable=False),
        sa.Column("version", sa.String(80), nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.Column("imported_at", Instant(), nullable=False),
        sa.Column("imported_by", sa.String(60), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["office.id"], name=op.f("fk_calendar_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar")),
    )
    op.create_index("ix_calendar_office", "calendar", ["office", "id"])
    # What was imported until now was in force for every office.
    raw = sa.table(table.name, *(sa.column(name) for name in ("office", *CONTENT)))
    for office in connection.execute(sa.text("SELECT id FROM office ORDER BY id")).scalars().all():
        for row in before:
            connection.execute(sa.insert(raw).values({"office": office, **row}))


def downgrade() -> None:
    raise NotImplementedError("an order journal is not undone: restore a backup instead")
