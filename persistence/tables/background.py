"""What the installation keeps for itself: batches under way, what could not be done, how the master key is known."""

from __future__ import annotations

import sqlalchemy as sa

from persistence.tables.columns import Instant, metadata, partial_index

batch = sa.Table(
    "batch",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("office", sa.String(40), sa.ForeignKey("office.id"), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("what", sa.String(120), nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("last_order", sa.String(32), nullable=False),
    sa.Column("begun_by", sa.String(60), nullable=False),
    sa.Column("begun_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("until", sa.BigInteger),
    partial_index("ix_batch_open", "id", where="ended_at IS NULL"),
)

incident = sa.Table(
    "incident",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("order_id", sa.String(32)),
    sa.Column("deadline_id", sa.String(32)),
    sa.Column("what", sa.String(80), nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("first_at", Instant, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
    sa.Column("resolved_at", Instant),
    sa.Column("batch", sa.Integer, sa.ForeignKey("batch.id")),
    sa.Column("retry_at", Instant),
    sa.Column("office", sa.String(40), sa.ForeignKey("office.id")),
    sa.Column("pack", sa.String(40)),
    sa.Column("process", sa.String(80)),
    sa.Index("ix_incident_deadline", "deadline_id", "resolved_at"),
    partial_index("ix_incident_retry", "retry_at", where="resolved_at IS NULL"),
    partial_index("ix_incident_duty", "office", "pack", "process", where="resolved_at IS NULL"),
)

key_check = sa.Table(
    "key_check",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
)
