"""One-time passwords, packs that were uploaded and wait to be deployed, instances listed by their process."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from persistence.tables import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user", sa.Column("password_once", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "pack_upload",
        sa.Column("office", sa.String(40), nullable=False),
        sa.Column("user_id", sa.String(32), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("checked", sa.Text(), nullable=False),
        sa.Column("uploaded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["office.id"], name=op.f("fk_pack_upload_office")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_pack_upload_user_id")),
        sa.PrimaryKeyConstraint("office", "user_id", name=op.f("pk_pack_upload")),
    )
    op.create_index("ix_instance_process", "instance", ["process", "started_at"])


def downgrade() -> None:
    raise NotImplementedError("an order journal is not undone: restore a backup instead")
