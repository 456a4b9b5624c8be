"""Statements of the hot path, handed to the driver without SQLAlchemy's execution of them.

SQLAlchemy takes longer to execute a small statement than PostgreSQL takes to answer it. What every command runs is
therefore compiled once per dialect and goes straight to psycopg or sqlite3, inside the transaction that SQLAlchemy
began; errors come out as SQLAlchemy's own, and whoever listens to the engine's statements hears of these too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from persistence import tables as t

POSTGRESQL = "postgresql"
_DIALECTS: dict[str, Callable[[], Dialect]] = {
    POSTGRESQL: lambda: postgresql.dialect(paramstyle="numeric_dollar"),  # type: ignore[no-untyped-call]
    "sqlite": lambda: sqlite.dialect(paramstyle="qmark"),
}
Row = dict[str, Any]


class Query:
    """A SELECT with parameters, or one for each dialect; its rows come as dictionaries by column name."""

    def __init__(self, statement: sa.Select[Any] | Mapping[str, sa.Select[Any]]) -> None:
        self._statements = statement if isinstance(statement, Mapping) else dict.fromkeys(_DIALECTS, statement)
        self._compiled: dict[str, tuple[str, list[str], list[tuple[str, Callable[[Any], Any] | None]]]] = {}

    def rows(self, connection: sa.Connection, **parameters: Any) -> list[Row]:
        """All rows, values as the columns' types make them."""
        name = connection.dialect.name
        if name not in self._compiled:
            self._compiled[name] = self._compile(name)
        text, order, columns = self._compiled[name]
        found = run(connection, text, [parameters[one] for one in order])
        return [
            {column: value if make is None else make(value) for (column, make), value in zip(columns, row, strict=True)}
            for row in found
        ]

    def _compile(self, name: str) -> tuple[str, list[str], list[tuple[str, Callable[[Any], Any] | None]]]:
        statement, dialect = self._statements[name], _DIALECTS[name]()
        compiled: Any = statement.compile(dialect=dialect)
        columns = [(column.name, maker(column.type, dialect)) for column in statement.selected_columns]
        return compiled.string, list(compiled.positiontup), columns


def maker(kind: sa.types.TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """What turns a value of the database into one of ours; None if it is one already."""
    if isinstance(kind, sa.Boolean):
        return bool  # SQLite has 0 and 1
    if isinstance(kind, t.Instant | t.Json):
        return lambda value: kind.process_result_value(value, dialect)
    return None


def run(connection: sa.Connection, text: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement in the connection's transaction; its rows. Parameters are numbered in the dialect's way."""
    if not connection.in_transaction():
        connection.begin()
    raw: Any = connection.connection.driver_connection
    cursor: Any = psycopg.RawCursor(raw) if connection.dialect.name == POSTGRESQL else raw.cursor()
    if connection._has_events or connection.engine._has_events:
        connection.dispatch.before_cursor_execute(connection, cursor, text, parameters, None, False)
    with _errors(connection, text):
        found: list[tuple[Any, ...]] = cursor.execute(text, parameters).fetchall()
    cursor.close()
    return found


@contextmanager
def _errors(connection: sa.Connection, text: str) -> Iterator[None]:
    """The driver's errors as SQLAlchemy's, without the (personal) parameters; a dead connection leaves the pool."""
    driver: Any = connection.dialect.dbapi
    try:
        yield
    except driver.Error as error:
        raw: Any = connection.connection.driver_connection
        gone = connection.dialect.is_disconnect(error, raw, None)
        if gone:
            connection.invalidate(error)
        raise sa.exc.DBAPIError.instance(
            text,
            None,
            error,
            driver.Error,
            hide_parameters=True,
            connection_invalidated=gone,
            dialect=connection.dialect,
        ) from error
