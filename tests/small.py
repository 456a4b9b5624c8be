"""Driving the small pack (`tests/packs/small`) through the real door, with few words.

`Small(url)` deploys it into a database; verbs take elements instead of task ids. Times are local:
`at("2026-09-28T10:00")`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.platform import Platform
from persistence import tables as t
from processes import verbs
from processes.door import Result
from processes.order import Deadline, Order, Task
from processes.pack import pack_of, read_pack
from processes.people import Actor, Duty

FOLDER = Path(__file__).parent / "packs" / "small"
SECRET = "a secret of the tests"
MEMORY = "sqlite://"
ADMIN = Actor("admin", "管理员")
EVERY_TABLE = tuple(t.metadata.tables.values())


def at(text: str) -> datetime:
    """A local instant of the office."""
    return datetime.fromisoformat(f"{text}+08:00")


LONG_AGO = at("2020-01-01T00:00")
MONDAY = at("2026-09-28T10:00")
"""A working day before the National Day holiday; 1 to 7 October are off, 27 September and 10 October are worked."""


def person(role: str, unit: str | None = None, user: str | None = None) -> Actor:
    """Somebody with one duty; the same words give the same person."""
    return Actor(user or f"{role}_{unit or 'centre'}", role, (Duty("small", role, unit),))


AGENT, DISPATCHER, REVIEWER = person("agent"), person("dispatcher"), person("reviewer")
HANDLER, STRANGER = person("handler", "housing"), person("handler", "water")
DOES = {
    "accept": AGENT,
    "dispatch": DISPATCHER,
    "sign_for": HANDLER,
    "handle": HANDLER,
    "rework": HANDLER,
    "review": REVIEWER,
    "decide_extension": REVIEWER,
}
"""Who does what when a test does not say."""


class Small:
    """`change(files)` may change the files of the pack before they are deployed."""

    def __init__(
        self, url: str = MEMORY, *, change: Callable[[dict[str, bytes]], None] | None = None, deploy: bool = True
    ) -> None:
        self.platform = Platform(url, SECRET)
        self.door, self.read, self.database = self.platform.door, self.platform.read, self.platform.database
        if deploy:
            self.deploy(change=change)
        self.regulation = self.platform.library.in_force("small", MONDAY)

    def deploy(
        self,
        *,
        change: Callable[[dict[str, bytes]], None] | None = None,
        effective_from: datetime = LONG_AGO,
        now: datetime = LONG_AGO,
    ) -> int:
        """Freeze the pack; returns the number of the deployment."""
        files = dict(read_pack(FOLDER).files)
        if change is not None:
            change(files)
        pack = pack_of(files, "small")
        row = self.platform.library.deploy(pack, effective_from=effective_from, actor=ADMIN, note="test", now=now)
        return row.number

    def close(self) -> None:
        self.database.engine.dispose()

    def forget(self) -> None:
        """As after a restart: the next command loads everything."""
        self.database.kept.forget()

    # -- verbs --------------------------------------------------------------------------------------------------------

    def receive(self, now: datetime = MONDAY, actor: Actor = AGENT, **values: Any) -> str:
        """Id of a new order, a complaint unless `values` say more."""
        given = {"request_type": "complaint", "title": "积水", "content": "车库积水", "phone": "13800138000", **values}
        checked, personal = self.platform.check(self.regulation, "intake", given, {"now": now})
        return verbs.receive(self.door, actor, "small", checked, now, personal=personal).order.id

    def do(
        self, order_id: str, element: str, now: datetime = MONDAY, actor: Actor | None = None, **values: Any
    ) -> Result:
        """Complete the open task at the element."""
        order = self.order(order_id)
        task = self.task(order_id, element)
        who = actor or DOES[element]
        scope = self.platform.scope(order, order.instances[task.instance], who, now)
        checked, personal = self.platform.check(self.regulation_of(order), task.form, values, scope)
        return self.complete_task(task.id, element, checked, now, personal, who)

    def complete_task(
        self,
        task_id: str,
        element: str,
        values: Mapping[str, Any],
        now: datetime,
        personal: Collection[str] = (),
        actor: Actor | None = None,
    ) -> Result:
        """The verb alone, nothing read before it."""
        return verbs.complete(self.door, actor or DOES[element], task_id, values, now, personal=personal)

    def dispatched(self, now: datetime = MONDAY, **values: Any) -> str:
        """Id of a new order that waits for the housing bureau to sign for it."""
        order_id = self.receive(now, **values)
        self.do(order_id, "accept", now, decision="accept")
        self.do(order_id, "dispatch", now, lead_unit="housing")
        return order_id

    def handling(self, now: datetime = MONDAY, **values: Any) -> str:
        """Id of a new order that the housing bureau works on."""
        order_id = self.dispatched(now, **values)
        self.do(order_id, "sign_for", now)
        return order_id

    def apply(self, order_id: str, now: datetime, actor: Actor = HANDLER, **values: Any) -> Result:
        """Send in an application for extension."""
        given = {"days": 5, "reason": "要协调", **values}
        return verbs.send(self.door, actor, order_id, "request_extension", given, now)

    def give_back(self, order_id: str, now: datetime = MONDAY, actor: Actor = HANDLER) -> Result:
        return verbs.send(self.door, actor, order_id, "give_back", {}, now)

    def wait(self, order_id: str, until: datetime) -> Result:
        return verbs.fire_due(self.door, order_id, until)

    # -- what stands --------------------------------------------------------------------------------------------------

    def order(self, order_id: str) -> Order:
        with self.database.transaction() as work:
            return work.order(order_id)

    def regulation_of(self, order: Order) -> Any:
        return self.platform.library.of(order.deployment)

    def task(self, order_id: str, element: str) -> Task:
        return next(task for task in self.order(order_id).tasks.values() if task.element == element)

    def open(self, order_id: str) -> list[str]:
        return sorted(task.element for task in self.order(order_id).tasks.values())

    def deadline(self, order_id: str, element: str) -> Deadline:
        """The live deadline at the element."""
        return next(d for d in self.order(order_id).deadlines.values() if d.element == element)

    def deadlines(self, order_id: str) -> dict[str, list[Mapping[str, Any]]]:
        """Element → rows of every deadline there, as stored, by due time."""
        rows: dict[str, list[Mapping[str, Any]]] = {}
        for row in self.read.deadlines_of(order_id):
            rows.setdefault(row["element"], []).append(row)
        return rows

    def acts(self, order_id: str) -> list[tuple[str, str]]:
        """(act, element) of the order's journal."""
        return [(row["act"], row["element"]) for row in self.read.journal_of(order_id)]

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of all tables, to show that nothing was written."""
        with self.database.reading() as connection:
            return {
                table.name: sorted((tuple(row) for row in connection.execute(sa.select(table))), key=repr)
                for table in EVERY_TABLE
            }
