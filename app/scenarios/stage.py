"""The stage: a throw-away platform in memory, its virtual clock, and the orders of the story by name.

Time passes as it does in the server: the earliest deadline fires first, through the same verb that the scheduler uses,
just after its due instant; during an outage nothing fires, and when it is over what was missed fires at once, each
deadline with its own logical time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from app.platform import Platform
from app.recurring import Duties
from app.scenarios.lines import Node
from app.scenarios.moments import Forward, shown
from app.scenarios.story import Who
from processes import verbs
from processes.answers import Answers
from processes.errors import EngineFault
from processes.order import Order
from processes.people import SYSTEM, Actor, Duty
from processes.regulation import Regulation

TICK = timedelta(microseconds=1)


class Stage:
    """One scenario's world. `told`: the regulation that the story is about; `now`: virtual time; `supplied`: what was
    filled in for the story; `folder`: where the relative folders of its file begin."""

    def __init__(
        self,
        platform: Platform,
        regulation: Regulation,
        start: datetime,
        folder: Path | None,
        duties: set[str],
    ) -> None:
        self.platform = platform
        self.told = regulation
        self.office = regulation.office
        self.zone = regulation.zone
        self.now = start
        self.folder = folder
        self.orders: dict[str, str] = {}
        self.outages: list[tuple[datetime, datetime]] = []
        in_force = bool(platform.library.rows(regulation.office))
        self.supplied = [
            f"confirmed: {one.name} = {one.value}"
            for one in regulation.parameters.values()
            if in_force and one.must_be_confirmed
        ]
        self.seen_notices = 0
        self.duties = Duties(platform, duties)
        if in_force:
            self.duties.plan_all(self.office, start)

    # -- regulation and people --------------------------------------------------------------------------------------

    @property
    def regulation(self) -> Regulation:
        """The one in force now."""
        return self.platform.library.in_force(self.office, self.now)

    def put_in_force(self, regulation: Regulation, effective_from: datetime, actor: Actor) -> None:
        """Deploy a compiled pack; it is not compiled again."""
        library = self.platform.library
        row = library.deploy(regulation.pack, effective_from=effective_from, actor=actor, note="", now=self.now)
        library.keep_compiled(row, regulation)

    def actor(self, who: Who) -> Actor:
        """The person with the duty that the step names. Raises `BadScenario`: no such role or unit."""
        roles = self.told.roles
        if who.role not in roles:
            raise who.node.wrong(
                f"规程中没有岗位“{who.role}”，有：{'、'.join(roles)}",
                f"the pack has no role {who.role!r}; it has: {', '.join(roles)}",
            )
        if who.unit is not None and who.unit not in {str(row["id"]) for row in self.platform.read.units(self.office)}:
            raise who.node.wrong(f"没有单位“{who.unit}”", f"there is no unit {who.unit!r}")
        return Actor(who.user, who.user, (Duty(self.office, who.role, who.unit),))

    def receiver(self) -> Actor:
        """Who takes requests when the story does not say: the first role that may, or the platform."""
        regulation = self.regulation
        starters = regulation.definitions.processes[regulation.main].starters
        return Actor(starters[0], starters[0], (Duty(self.office, starters[0]),)) if starters else SYSTEM

    # -- orders -----------------------------------------------------------------------------------------------------

    def order_id(self, name: Node | None, needed_by: Node) -> str:
        """The order that a step means. Raises `BadScenario`: unknown, or not said where there are several."""
        if name is not None:
            wanted = name.text()
            if wanted not in self.orders:
                raise name.wrong(f"没有名为“{wanted}”的工单", f"there is no order {wanted!r}")
            return self.orders[wanted]
        if "" in self.orders:
            return self.orders[""]
        if len(self.orders) == 1:
            return next(iter(self.orders.values()))
        if not self.orders:
            raise needed_by.wrong("还没有工单", "there is no order yet")
        raise needed_by.wrong("有多个工单，请用“order”指明", "there are several orders: say which with order")

    def case_id(self, of: Node) -> str:
        """The latest case of an office process. Raises `BadScenario`: none was opened."""
        cases = self.platform.read.cases_of(self.office, of.text())
        if not cases:
            raise of.wrong(f"没有开立过“{of.text()}”事务", f"no case of {of.text()!r} was opened")
        return str(cases[0]["id"])

    def load(self, order_id: str) -> tuple[Order, Regulation]:
        """The aggregate and its regulation, for asking only."""
        order = self.platform.read.aggregate(self.platform.read.by_id(order_id))
        return order, self.platform.library.of(order.deployment)

    def answers(self, order: Order, regulation: Regulation, actor: Actor) -> Answers:
        """What expressions may ask about the order as it stands now."""
        calendar = self.platform.calendars.current(self.office)
        return Answers(order, regulation, calendar, self.platform.read, actor, self.now)

    def remember_notices(self, seen: str) -> None:
        """What has been sent so far is told; the next expectation asks for what comes after."""
        known = {*self.orders.values(), seen}
        told = [row["id"] for order_id in known for row in self.platform.read.notices_of(order_id)]
        self.seen_notices = max(told, default=self.seen_notices)

    # -- time -------------------------------------------------------------------------------------------------------

    def moment(self, at: datetime | Forward) -> datetime:
        """When a step happens."""
        return (
            at.after(self.now, self.platform.calendars.current(self.office), self.zone)
            if isinstance(at, Forward)
            else at
        )

    def pass_until(self, at: datetime) -> None:
        """Let time pass: every deadline due strictly before `at` fires and every duty comes round, the earliest
        first."""
        last: tuple[str, datetime] | None = None
        while True:
            due = self.platform.read.due_orders(at, 1)
            due_at = self.platform.read.next_due() if due else None
            fires = due_at + TICK if due_at is not None else None
            comes = self.duties.next_due()
            if comes is not None and comes <= at and (fires is None or comes < fires):
                self.now = self._running_at(max(comes, self.now))
                self.duties.open_due(self.now)
                continue
            if fires is None:
                break
            happens = self._running_at(max(fires, self.now))
            if happens > at:
                break
            if (due[0], fires) == last:
                raise EngineFault("时限到期却没有触发。", "A deadline is due but does not fire.", order=due[0])
            last = due[0], fires
            self.now = happens
            verbs.fire_due(self.platform.door, due[0], happens)
        self.now = at

    def _running_at(self, at: datetime) -> datetime:
        """The first instant from `at` on at which the scheduler runs."""
        for begins, ends in sorted(self.outages):
            if begins <= at < ends:
                at = ends
        return at

    def shown(self, at: datetime) -> str:
        return shown(at, self.zone)
