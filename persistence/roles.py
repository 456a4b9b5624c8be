"""The least-privilege role of PostgreSQL: what servers and workers may do, and what only the owner may.

The owner makes and migrates the tables. The application's role reads and writes rows; of the journal it may only add
rows and read them, of a file only say whose it is; the schema it may not touch at all, and the triggers that guard the
journal and the files of orders are not its own.
"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

from persistence.store import Database

ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
ADD_ONLY = ("journal",)
ONLY_COLUMNS = {"attachment": ("order_id", "key")}
"""Tables of which nothing else may be updated."""
READ_ONLY = ("alembic_version",)


class CannotGrant(Exception):
    """The role cannot be set up. Sentences in `zh` and `en`."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(f"{zh} / {en}")


def statements(role: str, tables: list[str]) -> list[str]:
    """What gives an existing role its rights; may be run again after every migration."""
    whole = [name for name in tables if name not in (*ADD_ONLY, *READ_ONLY, *ONLY_COLUMNS)]
    return [
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"REVOKE ALL ON SCHEMA public FROM {role}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(map(_quoted, whole))} TO {role}",
        *(f"GRANT SELECT, INSERT ON {_quoted(name)} TO {role}" for name in ADD_ONLY if name in tables),
        *(
            f"GRANT SELECT, INSERT, DELETE, UPDATE ({', '.join(map(_quoted, columns))}) ON {_quoted(name)} TO {role}"
            for name, columns in ONLY_COLUMNS.items()
            if name in tables
        ),
        *(f"GRANT SELECT ON {_quoted(name)} TO {role}" for name in READ_ONLY if name in tables),
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    ]


def grant(database: Database, role: str, password: str | None = None) -> list[str]:
    """Make the role if it does not exist (then with a password), or give it the password, and exactly its rights.

    Run as the owner of the tables. Returns the statements that were run, without the password. Raises `CannotGrant`.
    """
    if database.engine.dialect.name != "postgresql":
        raise CannotGrant("只有 PostgreSQL 有数据库角色。", "Only PostgreSQL has roles.")
    if not ROLE.fullmatch(role):
        raise CannotGrant(f"角色名“{role}”无效。", f"Bad role name {role!r}.")
    try:
        return _grant(database, role, password)
    except sa.exc.DBAPIError as error:
        # Its first line only, and nothing of the statement.
        why = (str(error.orig).strip().splitlines() or ["?"])[0][:300]
        raise CannotGrant(f"数据库拒绝：{why}", f"The database refused: {why}") from None


def _grant(database: Database, role: str, password: str | None) -> list[str]:
    with database.transaction() as work:
        run = work.connection.exec_driver_sql
        me = work.connection.execute(sa.text("SELECT current_user")).scalar()
        if me == role:
            raise CannotGrant("请用表的所有者运行，不要用应用角色。", "Run this as the owner, not as the role itself.")
        is_known = sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role")
        known = work.connection.execute(is_known, {"role": role}).scalar()
        if known is None and password is None:
            raise CannotGrant(f"没有角色 {role}；新建需要口令。", f"There is no role {role}: a password is needed.")
        if known is None:
            run(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE")
        if password is not None:
            run(f"ALTER ROLE {role} PASSWORD '{_verifier(work.connection, role, password)}'")
        tables = sorted(sa.inspect(work.connection).get_table_names())
        given = statements(role, tables)
        for statement in given:
            run(statement)
    return given


def _quoted(name: str) -> str:
    return f'"{name}"'


def _verifier(connection: sa.Connection, role: str, password: str) -> str:
    """What the server checks the password with, made here: the password is in no statement, and in no log of one."""
    if "\x00" in password:
        raise CannotGrant("口令不能含空字符。", "The password may hold no NUL.")
    driver: Any = connection.connection.driver_connection
    verifier: bytes = driver.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    return verifier.decode("ascii")
