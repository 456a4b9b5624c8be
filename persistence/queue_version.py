"""The queue's tables belong to a version of the library: the one they were made or migrated with is a comment on them.

What the library has changed since is run as the owner, file by file, before anybody works with the new version.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from persistence.jobs import SWEEPING
from persistence.store import Database

STATE = sa.text("""
    SELECT obj_description(c.oid, 'pg_class'), pg_has_role(c.relowner, 'USAGE') FROM pg_class c
    WHERE c.relname = 'procrastinate_jobs' AND c.relnamespace = ANY (SELECT to_regnamespace(s)::oid
          FROM unnest(current_schemas(false)) s)
""")
SAYS = "Procrastinate "

Version = tuple[int, ...]


class QueueOutdated(Exception):
    """The queue's tables are older than the library, and this role may not change them."""

    def __init__(self, theirs: str, ours: str) -> None:
        self.zh = f"任务队列的表还是 {theirs} 版的，程序用的是 {ours}：请以所有者运行 jieban database upgrade。"
        self.en = f"The queue's tables are of version {theirs}, the library is {ours}: run jieban database upgrade."
        super().__init__(f"{self.zh} / {self.en}")


def bring_up_to(database: Database, ours: str, changes: Sequence[tuple[Version, str]]) -> None:
    """Let the queue's tables be those of version `ours`. `changes`: the library's migrations in order, with the version
    each came with. Raises `QueueOutdated`."""
    with database.transaction() as work:
        run = work.connection.execute
        run(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": SWEEPING})
        comment, is_owner = run(STATE).one()
        theirs = str(comment or "").removeprefix(SAYS)
        if theirs == ours:
            return
        # Tables without a comment are of the version that was first released with us, which is this one.
        pending = [text for version, text in changes if theirs and version_of(theirs) < version <= version_of(ours)]
        if not is_owner:
            if pending:
                raise QueueOutdated(theirs, ours)
            return
        for text in pending:
            work.connection.execution_options(no_parameters=True).exec_driver_sql(text)
        work.connection.exec_driver_sql(f"COMMENT ON TABLE procrastinate_jobs IS '{SAYS}{ours}'")


def version_of(text: str) -> Version:
    """`3.10.0` → (3, 10, 0); what is no number ends it."""
    numbers: list[int] = []
    for part in text.split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)
