"""What an office is: its people and units, the packs it deployed, its calendar and what it declared."""

from __future__ import annotations

import sqlalchemy as sa

from persistence.tables.columns import Instant, Json, metadata

office = sa.Table(
    "office",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("journal_seq", sa.Integer, nullable=False),
    sa.Column("journal_head", sa.String(64), nullable=False),
    sa.Column("staff_by", sa.String(10), nullable=False, server_default="email"),
    sa.Column("petitioner_by", sa.String(10), nullable=False, server_default="webhook"),
)

unit = sa.Table(
    "unit",
    metadata,
    sa.Column("office", sa.String(40), sa.ForeignKey("office.id"), primary_key=True),
    sa.Column("id", sa.String(60), primary_key=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("level", sa.String(20), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("parent", sa.String(60)),
)

user = sa.Table(
    "user",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("login", sa.String(60), nullable=False, unique=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("demo", sa.Boolean, nullable=False),
    sa.Column("failed_attempts", sa.Integer, nullable=False),
    sa.Column("locked_until", Instant),
    sa.Column("session_epoch", sa.Integer, nullable=False),
    sa.Column("password_once", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("email", sa.String(200)),
)

duty = sa.Table(
    "duty",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("user_id", sa.String(32), sa.ForeignKey("user.id"), nullable=False),
    sa.Column("office", sa.String(40), sa.ForeignKey("office.id"), nullable=False),
    sa.Column("role", sa.String(60), nullable=False),
    sa.Column("unit", sa.String(60)),
    sa.Index("ix_duty_user", "user_id"),
    sa.UniqueConstraint("user_id", "office", "role", "unit"),
)

counter = sa.Table(
    "counter",
    metadata,
    sa.Column("office", sa.String(40), primary_key=True),
    sa.Column("series", sa.String(60), primary_key=True),
    sa.Column("value", sa.Integer, nullable=False),
)

recurrence = sa.Table(
    "recurrence",
    metadata,
    sa.Column("office", sa.String(40), sa.ForeignKey("office.id"), primary_key=True),
    sa.Column("pack", sa.String(40), primary_key=True),
    sa.Column("process", sa.String(80), primary_key=True),
    sa.Column("interval", sa.String(80), nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("retry_at", Instant),
    sa.Column("last_at", Instant),
    sa.Index("ix_recurrence_due", "due_at"),
)

declaration = sa.Table(
    "declaration",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("office", sa.String(40), sa.ForeignKey("office.id"), nullable=False),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("unit", sa.String(60)),
    sa.Column("begins_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("declared_by", sa.String(60), nullable=False),
    sa.Column("declared_at", Instant, nullable=False),
    sa.Index("ix_declaration_office", "office", "kind", "ends_at"),
)

confirmation = sa.Table(
    "confirmation",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("office", sa.String(40), sa.ForeignKey("office.id"), nullable=False),
    sa.Column("pack", sa.String(40), nullable=False),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("value", Json, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("confirmed_by", sa.String(60), nullable=False),
    sa.Column("confirmed_at", Instant, nullable=False),
    sa.Index("ix_confirmation_pack", "office", "pack", "name"),
)

calendar = sa.Table(
    "calendar",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("office", sa.String(40), sa.ForeignKey("office.id"), nullable=False),
    sa.Column("version", sa.String(80), nullable=False),
    sa.Column("content", Json, nullable=False),
    sa.Column("imported_at", Instant, nullable=False),
    sa.Column("imported_by", sa.String(60), nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Index("ix_calendar_office", "office", "id"),
)

deployment = sa.Table(
    "deployment",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("office", sa.String(40), sa.ForeignKey("office.id"), nullable=False),
    sa.Column("pack", sa.String(40), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("document", sa.String(120), nullable=False),
    sa.Column("effective_from", Instant, nullable=False),
    sa.Column("deployed_at", Instant, nullable=False),
    sa.Column("deployed_by", sa.String(60), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Index("ix_deployment_office", "office", "pack", "effective_from"),
)

planned = sa.Table(
    "planned",
    metadata,
    sa.Column("deployment", sa.Integer, sa.ForeignKey("deployment.number"), primary_key=True, autoincrement=False),
)

deployment_file = sa.Table(
    "deployment_file",
    metadata,
    sa.Column("deployment", sa.Integer, sa.ForeignKey("deployment.number"), primary_key=True),
    sa.Column("path", sa.String(200), primary_key=True),
    sa.Column("sha256", sa.String(64), sa.ForeignKey("blob.sha256"), nullable=False),
)

blob = sa.Table(
    "blob",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

pack_upload = sa.Table(
    "pack_upload",
    metadata,
    sa.Column("office", sa.String(40), sa.ForeignKey("office.id"), primary_key=True),
    sa.Column("user_id", sa.String(32), sa.ForeignKey("user.id"), primary_key=True),
    sa.Column("file_name", sa.String(200), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("checked", Json, nullable=False),
    sa.Column("uploaded_at", Instant, nullable=False),
)
