"""What a worker needs of its installation."""

from __future__ import annotations


class NeedsPostgresql(Exception):
    """Workers need a queue, and SQLite has none: there the server itself does the work."""

    def __init__(self) -> None:
        self.zh = "jieban worker 需要 PostgreSQL；用 SQLite 时由 jieban serve 自己完成这些工作。"
        self.en = "jieban worker needs PostgreSQL; with SQLite, jieban serve does its own work."
        super().__init__(f"{self.zh} / {self.en}")
