"""The aggregate of an order's row: what belongs to it and is alive (instances, open tasks, deadlines), read in one
statement.

Each of the three comes as one JSON array: a round trip costs more than making and reading the text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from persistence import tables as t
from persistence.direct import POSTGRESQL, Query, Row
from persistence.writes import DEADLINE, INSTANCE, TASK
from processes.order import Deadline, Instance, Order, Task

ORDER = (
    "id", "office", "kind", "process", "number", "deployment", "status", "title", "received_at", "facts", "version",
    "closed_at", "archived_at", "journal_seq", "journal_head", "replay", "units", "done", "started", "ended_instances",
)  # fmt: skip
_KEY: sa.BindParameter[Any] = sa.bindparam("key", type_=sa.String)
_i, _k, _d = t.instance.c, t.task.c, t.deadline.c
_LIVE: dict[str, tuple[sa.Table, tuple[sa.ColumnElement[bool], ...]]] = {
    "instances": (t.instance, (_i.order_id == _KEY, _i.ended_at.is_(None))),
    "tasks": (t.task, (_k.order_id == _KEY, _k.closed_at.is_(None))),
    "deadlines": (
        t.deadline,
        (_d.order_id == _KEY, _d.cancelled_at.is_(None), sa.or_(_d.ended_at.is_(None), _d.held_by.is_not(None))),
    ),
}


def _query(of_one: Any, of_all: Any) -> sa.Select[Any]:
    """`of_one`, `of_all`: the dialect's functions for a row as a JSON array and for an array of rows."""
    columns = []
    for name, (table, where) in _LIVE.items():
        columns.append(sa.select(of_all(of_one(*map(_plain, table.c)))).where(*where).scalar_subquery().label(name))
    return sa.select(*columns)


def _maker(column: sa.Column[Any]) -> Callable[[Any], Any] | None:
    if isinstance(column.type, t.Instant):
        return _instant
    if isinstance(column.type, t.Json):
        return json.loads
    return bool if isinstance(column.type, sa.Boolean) else None


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _plain(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """The column as it is stored: its type makes nothing of it before it is in the array."""
    return sa.type_coerce(column, sa.Text) if isinstance(column.type, t.Json) else column


_READ = Query(
    {
        POSTGRESQL: _query(sa.func.json_build_array, lambda one: sa.cast(sa.func.json_agg(one), sa.Text)),
        "sqlite": _query(sa.func.json_array, sa.func.json_group_array),
    }
)
_COLUMNS = {name: [(column.name, _maker(column)) for column in table.c] for name, (table, _) in _LIVE.items()}


def aggregate(connection: sa.Connection, row: Mapping[str, Any]) -> Order:
    """The order of this row of `work_order` with what is alive of it.

    That are instances and open tasks, in the order in which they began, and the deadlines that run, wait for a
    decision, or were missed by work that goes on.
    """
    order = Order(**{name: row[name] for name in ORDER})
    (found,) = _READ.rows(connection, key=order.id)
    instances, tasks, deadlines = (_rows(found[name], _COLUMNS[name]) for name in _LIVE)
    for one in sorted(instances, key=lambda one: int(one["seq"])):
        values = {name: one[name] for name in INSTANCE}
        if values["vars"] is None:
            values["vars"] = order.facts  # the main line's variables are the order's facts
        order.instances[one["id"]] = Instance(**values)
    for one in sorted(tasks, key=lambda one: (one["opened_at"], one["id"])):
        order.tasks[one["id"]] = Task(
            **{name: one[name] for name in TASK},
            roles=tuple(one["roles"]),
            candidates=tuple(one["candidates"]),
            not_by=tuple(one["not_by"]),
        )
    for one in deadlines:
        order.deadlines[one["id"]] = Deadline(**{name: one[name] for name in DEADLINE})
    return order


_MADE = sa.union_all(
    sa.select(t.work_order.c.id).where(t.work_order.c.id == _KEY), sa.select(_i.order_id).where(_i.id == _KEY)
)


def made(connection: sa.Connection, made_id: str) -> str | None:
    """The order that has this id, or has an instance with it."""
    found: str | None = connection.execute(_MADE, {"key": made_id}).scalar()
    return found


def _rows(array: str | None, columns: list[tuple[str, Callable[[Any], Any] | None]]) -> list[Row]:
    return [
        {
            name: value if make is None or value is None else make(value)
            for (name, make), value in zip(columns, row, strict=True)
        }
        for row in json.loads(array or "[]")
    ]
