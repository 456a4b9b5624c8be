"""The tables, for SQLite and PostgreSQL alike.

Instants are aware UTC datetimes outside, `timestamptz` in PostgreSQL, sortable text in SQLite. Engine state, facts and
everything else that is JSON is stored as text: the engine depends on the order of keys, and a hash on every byte.
The journal is append-only: triggers of the database refuse UPDATE and DELETE (`triggers.py`).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware datetime in UTC. Naive values are refused: they would mean the server's zone."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.DateTime(timezone=True))
        return dialect.type_descriptor(sa.String(26))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive instant {value}")
        if dialect.name == "postgresql":
            return value
        return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return datetime.fromisoformat(value).replace(tzinfo=UTC)


# One encoder for all: making one costs as much as a small value takes to write.
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Json(TypeDecorator[Any]):
    """JSON as text, keys in the order given."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else encode(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.String(32), primary_key=True)


work_order = sa.Table(
    "work_order",
    metadata,
    _id(),
    sa.Column("office", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("process", sa.String(80), nullable=False),
    sa.Column("number", sa.String(60), nullable=False),
    sa.Column("deployment", sa.Integer, sa.ForeignKey("deployment.number"), nullable=False),
    sa.Column("status", sa.String(40), nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("request_type", sa.String(40)),
    sa.Column("category", sa.String(80)),
    sa.Column("region", sa.String(80)),
    sa.Column("channel", sa.String(40)),
    sa.Column("lead_unit", sa.String(60)),
    sa.Column("overdue", sa.Boolean, nullable=False),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("closed_at", Instant),
    sa.Column("archived_at", Instant),
    sa.Column("next_due_at", Instant),
    sa.Column("facts", Json, nullable=False),
    sa.Column("units", Json, nullable=False),
    sa.Column("done", Json, nullable=False),
    sa.Column("started", Json, nullable=False),
    sa.Column("ended_instances", sa.Integer, nullable=False),
    sa.Column("replay", sa.Boolean, nullable=False),
    sa.Column("demo", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("journal_seq", sa.Integer, nullable=False),
    sa.Column("journal_head", sa.String(64), nullable=False),
    sa.UniqueConstraint("office", "number"),
    sa.Index("ix_work_order_received", "office", "kind", "received_at"),
    sa.Index("ix_work_order_status", "office", "kind", "status", "received_at"),
    sa.Index(
        "ix_work_order_overdue",
        "office",
        "kind",
        "received_at",
        sqlite_where=sa.text("overdue IS 1 AND closed_at IS NULL"),
        postgresql_where=sa.text("overdue IS true AND closed_at IS NULL"),
    ),
    sa.Index(
        "ix_work_order_archived",
        "office",
        "archived_at",
        sqlite_where=sa.text("archived_at IS NOT NULL"),
        postgresql_where=sa.text("archived_at IS NOT NULL"),
    ),
    sa.Index("ix_work_order_deployment", "deployment", "kind", "received_at"),
)

order_unit = sa.Table(
    "order_unit",
    metadata,
    sa.Column("unit", sa.String(60), primary_key=True),
    sa.Column("order_id", sa.String(32), sa.ForeignKey("work_order.id"), primary_key=True),
    sa.Column("received_at", Instant),
    sa.Index("ix_order_unit_received", "unit", "received_at"),
)

instance = sa.Table(
    "instance",
    metadata,
    _id(),
    sa.Column("order_id", sa.String(32), sa.ForeignKey("work_order.id"), nullable=False),
    sa.Column("process", sa.String(80), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("vars", Json),
    sa.Column("status", sa.String(40)),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("started_by", sa.String(60), nullable=False),
    sa.Column("ended_at", Instant),
    sa.Index("ix_instance_order", "order_id", "ended_at"),
    sa.Index("ix_instance_process", "process", "started_at"),
    sa.Index(
        "ix_instance_process_open",
        "process",
        "started_at",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)

task = sa.Table(
    "task",
    metadata,
    _id(),
    sa.Column("order_id", sa.String(32), sa.ForeignKey("work_order.id"), nullable=False),
    sa.Column("office", sa.String(40), nullable=False),
    sa.Column("instance", sa.String(32), sa.ForeignKey("instance.id"), nullable=False),
    sa.Column("process", sa.String(80), nullable=False),
    sa.Column("element", sa.String(80), nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("form", sa.String(80)),
    sa.Column("roles", Json, nullable=False),
    sa.Column("role", sa.String(60)),
    sa.Column("unit", sa.String(60)),
    sa.Column("candidates", Json, nullable=False),
    sa.Column("assignee", sa.String(60)),
    sa.Column("not_by", Json, nullable=False),
    sa.Column("local", Json, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("due_at", Instant),
    sa.Column("closed_at", Instant),
    sa.Column("outcome", sa.String(20)),
    sa.Column("done_by", sa.String(60)),
    sa.Index("ix_task_order", "order_id", "closed_at"),
    sa.Index(
        "ix_task_open",
        "office",
        "role",
        "unit",
        "due_at",
        "opened_at",
        "id",
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
    sa.Index(
        "ix_task_assigned",
        "assignee",
        sqlite_where=sa.text("closed_at IS NULL AND assignee IS NOT NULL"),
        postgresql_where=sa.text("closed_at IS NULL AND assignee IS NOT NULL"),
    ),
    sa.Index(
        "ix_task_candidates",
        "office",
        sqlite_where=sa.text("closed_at IS NULL AND candidates != '[]'"),
        postgresql_where=sa.text("closed_at IS NULL AND candidates != '[]'"),
    ),
    sa.Index("ix_task_done_by", "done_by", "closed_at"),
)

deadline = sa.Table(
    "deadline",
    metadata,
    _id(),
    sa.Column("order_id", sa.String(32), sa.ForeignKey("work_order.id"), nullable=False),
    sa.Column("instance", sa.String(32), sa.ForeignKey("instance.id"), nullable=False),
    sa.Column("process", sa.String(80), nullable=False),
    sa.Column("element", sa.String(80), nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("timer", sa.String(40)),
    sa.Column("task", sa.String(32), nullable=False),
    sa.Column("subject", sa.String(80), nullable=False),
    sa.Column("host", sa.String(32), nullable=False),
    sa.Column("rule", Json, nullable=False),
    sa.Column("anchor_at", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("provisional", sa.Boolean, nullable=False),
    sa.Column("calendar", sa.String(80), nullable=False),
    sa.Column("explanation", Json, nullable=False),
    sa.Column("soft", sa.Boolean, nullable=False),
    sa.Column("depends_on", sa.String(80)),
    sa.Column("held_by", sa.String(32)),
    sa.Column("extended_from", Instant),
    sa.Column("fired_at", Instant),
    sa.Column("cancelled_at", Instant),
    sa.Column("ended_at", Instant),
    sa.Column("retry_at", Instant),
    sa.Index("ix_deadline_order", "order_id", "ended_at"),
    sa.Index(
        "ix_deadline_due",
        "due_at",
        sqlite_where=sa.text("fired_at IS NULL AND cancelled_at IS NULL AND held_by IS NULL"),
        postgresql_where=sa.text("fired_at IS NULL AND cancelled_at IS NULL AND held_by IS NULL"),
    ),
    sa.Index(
        "ix_deadline_running",
        "process",
        "due_at",
        sqlite_where=sa.text("ended_at IS NULL AND cancelled_at IS NULL AND held_by IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL AND cancelled_at IS NULL AND held_by IS NULL"),
    ),
    sa.Index(
        "ix_deadline_retry",
        "retry_at",
        sqlite_where=sa.text("retry_at IS NOT NULL"),
        postgresql_where=sa.text("retry_at IS NOT NULL"),
    ),
    sa.Index(
        "ix_deadline_calendar",
        "calendar",
        sqlite_where=sa.text("fired_at IS NULL AND cancelled_at IS NULL"),
        postgresql_where=sa.text("fired_at IS NULL AND cancelled_at IS NULL"),
    ),
)

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("order_id", sa.String(32), sa.ForeignKey("work_order.id")),
    sa.Column("office", sa.String(40), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("actor", sa.String(60), nullable=False),
    sa.Column("act", sa.String(40), nullable=False),
    sa.Column("element", sa.String(80)),
    sa.Column("instance", sa.String(32)),
    sa.Column("deployment", sa.Integer),
    sa.Column("due_at", Instant),
    sa.Column("happened_at", Instant, nullable=False),
    sa.Column("changed", sa.Text, nullable=False),
    sa.Column("why", sa.Text),
    sa.Column("prev_hash", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.UniqueConstraint("order_id", "seq"),
    sa.Index(
        "ux_journal_office",
        "office",
        "seq",
        unique=True,
        sqlite_where=sa.text("order_id IS NULL"),
        postgresql_where=sa.text("order_id IS NULL"),
    ),
)

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

counter = sa.Table(
    "counter",
    metadata,
    sa.Column("office", sa.String(40), primary_key=True),
    sa.Column("series", sa.String(60), primary_key=True),
    sa.Column("value", sa.Integer, nullable=False),
)

order_key = sa.Table(
    "order_key",
    metadata,
    sa.Column("order_id", sa.String(32), sa.ForeignKey("work_order.id"), primary_key=True),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
)

personal = sa.Table(
    "personal",
    metadata,
    sa.Column("order_id", sa.String(32), sa.ForeignKey("work_order.id"), primary_key=True),
    sa.Column("field", sa.String(80), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("key", sa.String(120), nullable=False, unique=True),
    sa.Column("order_id", sa.String(32), sa.ForeignKey("work_order.id"), nullable=False),
    sa.Column("to", sa.String(60), nullable=False),
    sa.Column("unit", sa.String(60)),
    sa.Column("template", sa.String(80), nullable=False),
    sa.Column("body", Json, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("sent_at", Instant),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("next_at", Instant),
    sa.Column("left", Json),
    sa.Column("error", sa.Text),
    sa.Index("ix_outbox_order", "order_id"),
    sa.Index(
        "ix_outbox_next",
        "next_at",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    ),
    sa.Index("ix_outbox_state", "state", "id"),
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
    sa.Index("ix_incident_deadline", "deadline_id", "resolved_at"),
    sa.Index(
        "ix_incident_retry",
        "retry_at",
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    ),
)

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
    sa.Index(
        "ix_batch_open", "id", sqlite_where=sa.text("ended_at IS NULL"), postgresql_where=sa.text("ended_at IS NULL")
    ),
)

blob = sa.Table(
    "blob",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
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

deployment_file = sa.Table(
    "deployment_file",
    metadata,
    sa.Column("deployment", sa.Integer, sa.ForeignKey("deployment.number"), primary_key=True),
    sa.Column("path", sa.String(200), primary_key=True),
    sa.Column("sha256", sa.String(64), sa.ForeignKey("blob.sha256"), nullable=False),
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

calendar = sa.Table(
    "calendar",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("version", sa.String(80), nullable=False, unique=True),
    sa.Column("content", Json, nullable=False),
    sa.Column("imported_at", Instant, nullable=False),
    sa.Column("imported_by", sa.String(60), nullable=False),
    sa.Column("source", sa.Text, nullable=False),
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

attachment = sa.Table(
    "attachment",
    metadata,
    _id(),
    sa.Column("office", sa.String(40), sa.ForeignKey("office.id"), nullable=False),
    sa.Column("order_id", sa.String(32), sa.ForeignKey("work_order.id")),
    sa.Column("field", sa.String(80), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("mime", sa.String(127), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("uploaded_by", sa.String(60), nullable=False),
    sa.Column("uploaded_at", Instant, nullable=False),
    sa.Index("ix_attachment_order", "order_id", "uploaded_at"),
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
