"""What the processes need of a store. `persistence` implements it; tests of processes use the real one on SQLite.

A *transaction* is one command: it locks the order, hands out the aggregate, and saves it together with the entries of
the journal, or nothing at all. Entries are an argument of saving, so no state can be saved without one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from processes.order import Entry, Notice, Order


@dataclass(frozen=True, slots=True)
class DeploymentRow:
    """A deployment as listed. `digest` addresses its content."""

    number: int
    office: str
    digest: str
    title: str
    document: str
    effective_from: datetime
    deployed_at: datetime
    deployed_by: str
    note: str


class Transaction(Protocol):
    """One unit of work. Lookups raise `NotFound`."""

    def order(self, order_id: str) -> Order: ...
    def order_of_task(self, task_id: str) -> Order: ...
    def order_of_deadline(self, deadline_id: str) -> Order: ...
    def next_in_series(self, office: str, series: str) -> int: ...
    def seal(self, order: Order, values: Mapping[str, Any]) -> dict[str, str]:
        """Keep personal values encrypted; returns field → keyed hash for the journal."""
        ...

    def attach(self, order: Order, files: Collection[str], user: str) -> None:
        """Give the order the files with these ids that `user` has handed in; saving raises `Stale` if one is gone."""
        ...

    def save(self, order: Order, changes: Any, entries: Sequence[Entry], notices: Sequence[Notice]) -> None: ...
    def figures(self, office: str, start: datetime, end: datetime) -> dict[str, Any]:
        """The office's indices over a period, as they stand now: counts, rates, hours."""
        ...

    def record(self, office: str, entries: Sequence[Entry], deployment: int | None = None) -> None:
        """Append to the office's own chain."""
        ...


class Store(Protocol):
    def transaction(self) -> AbstractContextManager[Transaction]: ...
