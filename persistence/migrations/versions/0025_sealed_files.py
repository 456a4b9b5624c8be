"""Files are sealed, and nobody changes those of an order.

Those of orders from before stay in clear (`key` is null): the master key is not at hand here. Those that wait for a
form to be sent again are dropped; their form asks for them once more.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from persistence import triggers

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM attachment WHERE order_id IS NULL")
    op.add_column("attachment", sa.Column("sealed_name", sa.LargeBinary(), nullable=True))
    op.add_column("attachment", sa.Column("key", sa.LargeBinary(), nullable=True))
    for statement in triggers.of_files(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("an order journal is not undone: restore a backup instead")
