"""INSERT OR REPLACE into the journal is refused on every connection of SQLite."""

from __future__ import annotations

from alembic import op

from persistence.triggers import SQLITE_REPLACE

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(SQLITE_REPLACE)


def downgrade() -> None:
    raise NotImplementedError("an order journal is not undone: restore a backup instead")
