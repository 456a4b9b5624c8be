"""What expressions may ask about an order: its names, its clocks, its tables (`expressions.Asked`).

A command answers while it runs; a page that only wants to know what would be allowed asks an `Answers` of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Self

from decisions import to_plain
from processes import due_times
from processes.engine.definitions import Compiled
from processes.engine.diagram import Element
from processes.engine.errors import EngineError
from processes.expressions import CURRENT, FUNCTIONS, Rule, Scope
from processes.order import Instance, Order
from processes.people import Actor
from processes.regulation import Regulation
from processes.store import Offices
from timers.calendar import Calendar


class Answers:
    """About one order, as it stands in memory. `now`: the logical time that is asked for."""

    def __init__(
        self, order: Order, regulation: Regulation, calendar: Calendar, offices: Offices, actor: Actor, now: datetime
    ) -> None:
        self.order = order
        self.regulation = regulation
        self.calendar = calendar
        self.actor = actor
        self.now = now
        self._offices = offices
        self._asking: Instance | None = None

    @contextmanager
    def asked(self) -> Iterator[Self]:
        """While open, the functions of expressions (`limit(…)`, `done(…)`) ask this."""
        token = CURRENT.set(self)
        try:
            yield self
        finally:
            CURRENT.reset(token)

    def note(self, key: str, value: Any) -> None:
        """What an answer rests on. Who only asks keeps no journal."""

    # -- evaluating -------------------------------------------------------------------------------------------------

    def evaluate(self, expression: Compiled, instance: Instance | None, local: Mapping[str, Any] | None = None) -> Any:
        """A text of the pack as this instance sees it (None: the order). `local`: the item, for one of many."""
        with self._asked_by(instance):
            return expression.evaluate(self.scope(instance, local))

    def property(
        self, element: Element, text: str, instance: Instance | None, local: Mapping[str, Any] | None = None
    ) -> Any:
        """The value of a property of the diagram. Raises `EngineError` naming the element."""
        try:
            return self.evaluate(self.regulation.definitions.expressions[text], instance, local)
        except EngineError:
            raise
        except Exception as error:
            # Sentences of our own are quoted; others may hold what a citizen said.
            zh, en = getattr(error, "zh", type(error).__name__), getattr(error, "en", type(error).__name__)
            raise EngineError(element.id, f"表达式“{text}”出错：{zh}", f'"{text}" failed: {en}') from error

    def decide(self, table: str, instance: Instance | None, local: Mapping[str, Any] | None = None) -> Any:
        """Evaluate a table of the pack; the rules that matched are noted."""
        with self._asked_by(instance):
            decided = self.regulation.table(table).evaluate(self.scope(instance, local), functions=FUNCTIONS)
        rules = [
            {"id": rule.id, "number": rule.number, "inputs": to_plain(rule.inputs), "basis": rule.annotation}
            for rule in decided.rules
        ]
        self.note("decided", [{"table": table, "value": to_plain(decided.value), "rules": rules}])
        return decided.value

    def scope(self, instance: Instance | None, local: Mapping[str, Any] | None = None) -> Scope:
        """The names that expressions see, from this instance (None: from the order)."""
        layers = [layer for layer in (local, instance.vars if instance else None) if layer]
        return Scope(self.order, self.regulation.names(self.now, self.actor), *layers)

    @contextmanager
    def _asked_by(self, instance: Instance | None) -> Iterator[None]:
        outer, self._asking = self._asking, instance
        try:
            yield
        finally:
            self._asking = outer

    # -- domain functions of FEEL (expressions.Asked) ---------------------------------------------------------------

    def limit(self, work: str) -> Rule:
        """Row of the decision `limits` for this work: how long, of which unit, which timer of the regulation. It is
        decided with the variables of the instance that asks."""
        decided = self.decide("limits", self._asking, {"work": work})
        row = decided if isinstance(decided, Mapping) else {}
        clock = row.get("clock")
        rule: Rule = {
            "limit": f"{to_plain(row.get('value'))}{row.get('unit')}"
            + (f"@{str(to_plain(clock))[:5]}" if clock else "")
        }
        for key in ("timer", "roll", "basis", "kind", "anchor"):
            if row.get(key) is not None:
                rule[key] = to_plain(row[key])
        return rule

    def working_days_left(self, element: str) -> int | None:
        deadline = due_times.find(self.order, element)
        return None if deadline is None else due_times.working_days_between(self, self.now, deadline.due_at)

    def due_passed(self, element: str) -> bool:
        deadline = due_times.find(self.order, element)
        return deadline is not None and deadline.due_at < self.now

    def is_running(self, element: str) -> bool:
        deadline = due_times.find(self.order, element)
        return deadline is not None and deadline.fired_at is None

    def done(self, element: str) -> int:
        return int(self.order.done.get(element, {}).get("n", 0))

    def instances(self, process: str) -> int:
        return self.order.started.get(process, 0)

    def calendar_days_left(self) -> int:
        """Days from today to the end of the last year whose holidays are published."""
        return (date(max(self.calendar.years), 12, 31) - self._today()).days

    def pack_days_left(self) -> int | None:
        """Days from today to the last day of the regulation's validity; None where the text sets none."""
        last = self.regulation.effective_to
        return None if last is None else (last - self._today()).days

    def declared(self, kind: str, unit: str | None, start: datetime, end: datetime) -> bool:
        """Whether the office has declared something of this kind, of the unit or of all, that overlaps the time."""
        return self._offices.declared(self.order.office, kind, unit, start, end)

    def unit_of(self, unit: str) -> dict[str, str | None] | None:
        """A unit of the office; None if it has no such unit."""
        return self._offices.unit_of(self.order.office, unit)

    def _today(self) -> date:
        return self.now.astimezone(self.regulation.zone).date()
