"""Databases in memory that begin as a copy: cheap worlds for scenarios.

The engine stays, and with it every statement it has compiled; only the content is put back.
"""

from __future__ import annotations

import sqlite3

from persistence.store import Database


def content_of(database: Database) -> bytes:
    """The whole content of an SQLite database. Nothing may be writing to it."""
    return _connection(database).serialize()


def put_back(database: Database, content: bytes) -> None:
    """Make the content of a database in memory what `content_of` gave; what was in it is gone."""
    _connection(database).deserialize(content)
    database.kept.forget()


def _connection(database: Database) -> sqlite3.Connection:
    borrowed = database.engine.raw_connection()
    connection = borrowed.driver_connection
    borrowed.close()  # given back to the pool, which keeps the one connection of a database in memory open
    if not isinstance(connection, sqlite3.Connection):
        raise TypeError("only databases in memory can be put back")
    return connection
