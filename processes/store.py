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

from processes.changes import Changes
from processes.order import Entry, Notice, Order


@dataclass(frozen=True, slots=True)
class DeploymentRow:
    """A deployment as listed. `digest` addresses its content."""

    number: int
    office: str
    pack: str
    digest: str
    title: str
    document: str
    effective_from: datetime
    deployed_at: datetime
    deployed_by: str
    note: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """Something the office has stated for a time: a network outage of a unit. `unit` None: of the whole office."""

    office: str
    kind: str
    unit: str | None
    begins_at: datetime
    ends_at: datetime
    cause: str
    declared_by: str
    declared_at: datetime


class Offices(Protocol):
    """Who knows what the offices have declared, and their units."""

    def declared(self, office: str, kind: str, unit: str | None, start: datetime, end: datetime) -> bool:
        """Whether a declaration about the unit or the whole office overlaps the time."""
        ...

    def unit_of(self, office: str, unit: str) -> dict[str, str | None] | None:
        """`name`, `level`, `kind`, `parent` of a unit; None if the office has no such unit."""
        ...


class Transaction(Offices, Protocol):
    """One unit of work. Lookups raise `NotFound`."""

    def order(self, order_id: str, *, wait: bool = True) -> Order:
        """Raises `InHand` if somebody else has it and this is not to `wait`."""
        ...

    def order_of_task(self, task_id: str) -> Order: ...
    def made(self, made_id: str) -> str | None:
        """The order that has this id, or has an instance with it; None if nothing has been made under it."""
        ...

    def next_in_series(self, office: str, series: str) -> int: ...
    def seal(self, order: Order, values: Mapping[str, Any]) -> dict[str, str]:
        """Keep personal values encrypted; returns field → keyed hash for the journal."""
        ...

    def attach(self, order: Order, files: Collection[str], user: str) -> list[dict[str, Any]]:
        """Give the order the files with these ids that `user` has handed in. Returns of each what the journal keeps:
        `id`, `size` (bytes), `sha256`. Raises `FileGone`, also when saving.
        """
        ...

    def save(self, order: Order, changes: Changes, entries: Sequence[Entry], notices: Sequence[Notice]) -> None: ...
    def declare(self, declaration: Declaration) -> None: ...
    def figures(self, office: str, pack: str, start: datetime, end: datetime) -> dict[str, Any]:
        """The indices of one regulation of the office over a period, as they stand now: counts, rates, hours."""
        ...

    def record(self, office: str, entries: Sequence[Entry], deployment: int | None = None) -> None:
        """Append to the office's own chain."""
        ...


class Store(Protocol):
    def transaction(self) -> AbstractContextManager[Transaction]: ...
