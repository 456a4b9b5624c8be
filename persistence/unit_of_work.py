"""One transaction on SQLAlchemy: load an order, save an order, chain its journal.

An aggregate is loaded in two statements; on PostgreSQL it is saved in one, on SQLite in one per table that changed.
Whatever fails inside a transaction throws the aggregate away with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from persistence import offices, sealed_files
from persistence import tables as t
from persistence.direct import Query
from persistence.family import ORDER, aggregate, made
from persistence.figures import figures
from persistence.keys import OrderKey
from persistence.statements import write
from persistence.writes import ADD_JOURNAL, Writes, journal_row
from processes.changes import Changes
from processes.errors import InHand, NotFound
from processes.journal import GENESIS, chain
from processes.order import Entry, Notice, Order
from processes.store import Declaration

if TYPE_CHECKING:
    from persistence.store import Database

_KEY: sa.BindParameter[Any] = sa.bindparam("key", type_=sa.String)
_ROW = sa.select(*(t.work_order.c[name] for name in ORDER)).with_for_update()
LOAD_ORDER = Query(_ROW.where(t.work_order.c.id == _KEY))
LOAD_FREE_ORDER = Query(_ROW.where(t.work_order.c.id == _KEY).with_for_update(skip_locked=True))
LOAD_BY_TASK = Query(
    _ROW.where(t.work_order.c.id == sa.select(t.task.c.order_id).where(t.task.c.id == _KEY).scalar_subquery())
)
LOAD_KEY = sa.select(t.order_key.c.wrapped).where(t.order_key.c.order_id == _KEY)
NEXT_IN_SERIES = sa.text(
    "INSERT INTO counter (office, series, value) VALUES (:office, :series, 1) "
    "ON CONFLICT (office, series) DO UPDATE SET value = counter.value + 1 RETURNING value"
)
"""One statement, so that two who begin a series at once don't both begin it."""


class UnitOfWork:
    """One transaction (processes.store.Transaction). `writes`: the collector of the group it is a part of, if any."""

    def __init__(self, connection: sa.Connection, database: Database, writes: Writes | None = None) -> None:
        self.connection = connection
        self.database = database
        self._writes = writes or Writes()
        self._at_once = writes is None
        self._taken: list[Order] = []

    # -- loading ----------------------------------------------------------------------------------------------------

    def order(self, order_id: str, *, wait: bool = True) -> Order:
        if (order := self._in_hand(order_id)) is not None:
            return order
        try:
            return self._load(LOAD_ORDER if wait else LOAD_FREE_ORDER, order_id)
        except NotFound as missing:
            raise missing if wait else InHand() from missing

    def order_of_task(self, task_id: str) -> Order:
        return self._in_hand(self._writes.tasks.get(task_id)) or self._load(LOAD_BY_TASK, task_id)

    def made(self, made_id: str) -> str | None:
        return made(self.connection, made_id)

    def _in_hand(self, order_id: str | None) -> Order | None:
        order = self._writes.orders.get(order_id) if order_id else None
        if order is not None:
            self._taken.append(order)
        return order

    def _load(self, query: Query, key: str) -> Order:
        rows = query.rows(self.connection, key=key)
        if not rows:
            raise NotFound()
        (row,) = rows
        if (order := self._in_hand(row["id"])) is not None:
            return order
        kept = self.database.kept.take(row["id"])
        # The head, too: after a restored backup another history may have come to the same version.
        same = kept is not None and (kept.version, kept.journal_head) == (row["version"], row["journal_head"])
        order = kept if kept is not None and same else aggregate(self.connection, row)
        self._taken.append(order)
        self._writes.have(order)
        return order

    # -- saving -----------------------------------------------------------------------------------------------------

    def save(self, order: Order, changes: Changes, entries: Sequence[Entry], notices: Sequence[Notice]) -> None:
        """Write what changed, with its journal entries. Raises `Stale` if the version moved."""
        rows = chain(
            entries,
            order_id=order.id,
            office=order.office,
            deployment=order.deployment,
            seq=order.journal_seq,
            head=order.journal_head or GENESIS,
        )
        order.journal_seq, order.journal_head = rows[-1].seq, rows[-1].hash
        order.ended_instances += sum(1 for i in order.instances.values() if i.ended_at is not None)
        stored = order.version
        order.version += 1
        self._writes.add(order, stored, changes, rows, notices)
        if self._at_once:
            self._writes.flush(self.connection)
            if notices and self.database.queue is not None and not order.replay:
                self.database.queue.announce_notices(self.connection, [notice.key for notice in notices])
        self._taken.append(order)

    def forget_history(self) -> None:
        """The command is through: what is history leaves the aggregates."""
        for order in self._taken:
            _forget_history(order)

    def keep(self) -> None:
        """The commit is through: keep the aggregates for the next command."""
        for order in self._taken:
            self.database.kept.keep(order)

    # -- personal values --------------------------------------------------------------------------------------------

    def seal(self, order: Order, values: Mapping[str, Any]) -> dict[str, str]:
        """Encrypt personal values under the order's key; they are written with `save`. Returns their hashes."""
        key = self._key(order)
        for field, value in values.items():
            self._writes.add_personal(order.id, field, key.seal(field, value))
        return {field: key.digest(field, value) for field, value in values.items()}

    def attach(self, order: Order, files: Collection[str], user: str) -> list[dict[str, Any]]:
        """Give waiting files to the order; written with `save`. Raises `FileGone`, as `save` does."""
        if not files:
            return []
        found = sealed_files.waiting(self.connection, order.office, user, files)
        key = self._key(order)
        for row in found:
            file_key = self.database.master.unwrap(sealed_files.of_key(row.id), row.key)
            self._writes.attach(order, user, row.id, key.seal_bytes(sealed_files.of_key(row.id), file_key.plain))
        return [{"id": row.id, "size": row.size, "sha256": row.sha256} for row in found]

    def _key(self, order: Order) -> OrderKey:
        key = self._writes.keys.get(order.id)
        if key is None:
            wrapped = None
            if order.version:
                wrapped = self.connection.execute(LOAD_KEY, {"key": order.id}).scalar()
            if wrapped is None:
                key = OrderKey.new()
                self._writes.add_key(order, self.database.master.wrap(order.id, key))
            else:
                key = self.database.master.unwrap(order.id, wrapped)
            self._writes.keys[order.id] = key
        return key

    # -- offices ----------------------------------------------------------------------------------------------------

    def next_in_series(self, office: str, series: str) -> int:
        """The next number of a series (order numbers of a day, ledger numbers of a year), without gaps or doubles."""
        found = self.connection.execute(NEXT_IN_SERIES, {"office": office, "series": series}).scalar_one()
        return int(found)

    def figures(self, office: str, pack: str, start: datetime, end: datetime) -> dict[str, Any]:
        return figures(self.connection, office, pack, start, end)

    def declare(self, declaration: Declaration) -> None:
        offices.declare(self.connection, declaration)

    def declared(self, office: str, kind: str, unit: str | None, start: datetime, end: datetime) -> bool:
        return offices.declared(self.connection, office, kind, unit, start, end)

    def unit_of(self, office: str, unit: str) -> dict[str, str | None] | None:
        return offices.unit_of(self.connection, office, unit)

    def record(self, office: str, entries: Sequence[Entry], deployment: int | None = None) -> None:
        """Append to the office's own chain."""
        c = t.office.c
        query = sa.select(c.journal_seq, c.journal_head).where(c.id == office).with_for_update()
        head = self.connection.execute(query).one()
        rows = chain(
            entries,
            order_id=None,
            office=office,
            deployment=deployment,
            seq=head.journal_seq,
            head=head.journal_head or GENESIS,
        )
        write(self.connection, [(ADD_JOURNAL, [journal_row(row) for row in rows])])
        values = {"journal_seq": rows[-1].seq, "journal_head": rows[-1].hash}
        self.connection.execute(t.office.update().where(c.id == office).values(values))


def _forget_history(order: Order) -> None:
    order.tasks = {k: v for k, v in order.tasks.items() if v.closed_at is None}
    order.deadlines = {k: v for k, v in order.deadlines.items() if not v.cancelled_at and (not v.ended_at or v.held_by)}
    for one in [i for i in order.instances.values() if i.ended_at is not None]:
        del order.instances[one.id]
        order.runs.pop(one.id, None)
