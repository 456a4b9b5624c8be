"""What a command writes: INSERTs and UPDATEs by id, on PostgreSQL all of them in one statement.

There, every one is a `WITH` part: one round trip, planned once for each shape (how many rows of which kind). The parts
see the database as it was before, which is right for them: no two touch the same row, and foreign keys are checked
when all is done. Values go as text, so that the statement of a shape is the same whatever is null. SQLite, which has
no round trips, and groups of many commands take one statement per kind, with many rows each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from persistence import tables as t
from persistence.direct import POSTGRESQL, run

MOST_ROWS = 60
"""More rows than this are a group of commands: they go kind by kind."""


@dataclass(frozen=True)
class Insert:
    """New rows of a table. `over`: the columns of the key on which a row that exists takes the new values."""

    table: sa.Table
    columns: tuple[str, ...]
    over: tuple[str, ...] = ()

    def part(self, count: int, first: int) -> str:
        width = len(self.columns)
        rows = ", ".join(_numbers(first + row * width, width) for row in range(count))
        conflict = ""
        if self.over:
            taken = ", ".join(f"{_q(name)} = excluded.{_q(name)}" for name in self.columns if name not in self.over)
            conflict = f" ON CONFLICT ({', '.join(map(_q, self.over))}) DO UPDATE SET {taken}"
        return f"INSERT INTO {_q(self.table.name)} ({', '.join(map(_q, self.columns))}) VALUES {rows}{conflict}"


@dataclass(frozen=True)
class Update:
    """Rows of a table by id; with `version`, only one that has still the version it was read with."""

    table: sa.Table
    columns: tuple[str, ...]
    version: bool = False

    def part(self, first: int) -> str:
        changes = ", ".join(f"{_q(name)} = ${first + n}" for n, name in enumerate(self.columns))
        where = f"id = ${first + len(self.columns)}"
        if self.version:
            where += f" AND version = ${first + len(self.columns) + 1} RETURNING 1"
        return f"UPDATE {_q(self.table.name)} SET {changes} WHERE {where}"


Write = Insert | Update
Work = Sequence[tuple[Write, Sequence[Mapping[str, Any]]]]
"""Rows by column name; those of an update with a version name the old one `old_version`."""


def write(connection: sa.Connection, work: Work) -> bool:
    """Write it all. False if a row was no longer of the version that it was read with."""
    work = [(kind, rows) for kind, rows in work if rows]
    if not work:
        return True
    if connection.dialect.name == POSTGRESQL and sum(len(rows) for _, rows in work) <= MOST_ROWS:
        return _write_together(connection, work)
    return all([_write_kind(connection, kind, rows) for kind, rows in work])


def _write_kind(connection: sa.Connection, kind: Write, rows: Sequence[Mapping[str, Any]]) -> bool:
    if isinstance(kind, Insert):
        connection.execute(_alone(kind), list(rows))
        return True
    names = [name for name, _ in _parameters(kind)]
    changed = [{f"new_{name}": row[name] for name in names} for row in rows]
    if not kind.version:
        connection.execute(_alone(kind), changed)
        return True
    return all([connection.execute(_alone(kind), one).rowcount == 1 for one in changed])


@lru_cache(maxsize=64)
def _alone(kind: Write) -> sa.Executable:
    """The statement for one kind of rows. Built once: building a statement costs more than running it."""
    if isinstance(kind, Update):
        values: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in kind.columns}
        update = kind.table.update().where(kind.table.c.id == sa.bindparam("new_id")).values(values)
        return update.where(kind.table.c.version == sa.bindparam("new_old_version")) if kind.version else update
    if not kind.over:
        return kind.table.insert()
    text = re.sub(r"\$(\d+)", lambda found: f":{kind.columns[int(found[1]) - 1]}", kind.part(1, 1))
    return sa.text(text)


def _write_together(connection: sa.Connection, work: Work) -> bool:
    text = _statement(tuple((kind, len(rows)) for kind, rows in work))
    parameters = [
        None if (value := row[name]) is None else make(value)
        for kind, rows in work
        for row in rows
        for name, make in _parameters(kind)
    ]
    ((expected, found),) = run(connection, text, parameters)
    return bool(expected == found)


@lru_cache(maxsize=512)
def _statement(shape: tuple[tuple[Write, int], ...]) -> str:
    parts, versioned, first = [], [], 1
    for kind, count in shape:
        if isinstance(kind, Insert):
            parts.append(kind.part(count, first))
        else:
            for row in range(count):
                if kind.version:
                    versioned.append(f"SELECT 1 FROM w{len(parts)}")
                parts.append(kind.part(first + row * len(_parameters(kind))))
        first += count * len(_parameters(kind))
    named = ", ".join(f"w{number} AS ({part})" for number, part in enumerate(parts))
    found = f"(SELECT count(*) FROM ({' UNION ALL '.join(versioned)}) v)" if versioned else "0"
    return f"WITH {named} SELECT {len(versioned)}, {found}"


@lru_cache(maxsize=64)
def _parameters(kind: Write) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    """Names of the values of a row in the order of the statement, and what makes each text."""
    names: list[tuple[str, Callable[[Any], Any]]] = [(name, _text(kind.table.c[name])) for name in kind.columns]
    if isinstance(kind, Update):
        names.append(("id", str))
        if kind.version:
            names.append(("old_version", str))
    return tuple(names)


def _text(column: sa.Column[Any]) -> Callable[[Any], Any]:
    if isinstance(column.type, t.Instant):
        return _instant
    if isinstance(column.type, t.Json):
        return t.encode
    return bytes if isinstance(column.type, sa.LargeBinary) else str


def _instant(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError(f"naive instant {at}")
    return at.isoformat()


def _numbers(first: int, count: int) -> str:
    return "(" + ", ".join(f"${first + n}" for n in range(count)) + ")"


def _q(name: str) -> str:
    return f'"{name}"'
