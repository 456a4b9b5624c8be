"""The words that diagrams and tables may use: scopes and domain functions of FEEL.

A name is looked up in the item of a multi-instance task, then in the instance's variables, then in the order's facts.
`order.x` is always the order's; `now` is the logical time of the command, `actor` the id and `actor_name` the name of
who acts. The functions below are all there is. Limits come out as small dictionaries (a *rule*), which the door turns
into due times: `{"limit": "10wd"}`, `{"before": "handle_overdue", "limit": "1wd"}`.

Functions that ask about the order find it through `CURRENT`, which the door sets for the length of a command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from datetime import datetime, tzinfo
from typing import Any, Protocol

from decisions import Expression, compile_expression
from processes.order import Order
from processes.people import Actor

Rule = dict[str, Any]


class Asked(Protocol):
    """What domain functions may ask of the command in progress."""

    def limit(self, work: str) -> Rule: ...
    def working_days_left(self, element: str) -> int | None: ...
    def due_passed(self, element: str) -> bool: ...
    def is_running(self, element: str) -> bool: ...
    def done(self, element: str) -> int: ...
    def instances(self, process: str) -> int: ...
    def calendar_days_left(self) -> int: ...


CURRENT: ContextVar[Asked] = ContextVar("command in progress")


def _counted(unit: str) -> Callable[[Any], Rule]:
    def make(n: Any) -> Rule:
        return {"limit": f"{int(n)}{unit}"}

    return make


def _before(element: Any, limit: Any) -> Rule:
    return {**_rule(limit), "before": str(element)}


def _after(element: Any, limit: Any) -> Rule:
    return {**_rule(limit), "after": str(element)}


def _share(element: Any, fraction: Any) -> Rule:
    return {"share": str(element), "fraction": float(fraction)}


def _rule(limit: Any) -> Rule:
    return dict(limit) if isinstance(limit, Mapping) else {"limit": str(limit)}


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "working_days": _counted("wd"),
    "natural_days": _counted("d"),
    "hours": _counted("h"),
    "minutes": _counted("min"),
    "months": _counted("month"),
    "years": _counted("y"),
    "before": _before,
    "after": _after,
    "share": _share,
    "limit": lambda work: CURRENT.get().limit(str(work)),
    "working_days_left": lambda element: CURRENT.get().working_days_left(str(element)),
    "due_passed": lambda element: CURRENT.get().due_passed(str(element)),
    "is_running": lambda element: CURRENT.get().is_running(str(element)),
    "done": lambda element: CURRENT.get().done(str(element)),
    "instances": lambda process: CURRENT.get().instances(str(process)),
    "calendar_days_left": lambda: CURRENT.get().calendar_days_left(),
}
"""Name → function. Durations of limits: working days, natural days, hours, minutes, months, years."""


def compile_text(text: str) -> Expression:
    """A FEEL text of a diagram or form, with the domain functions. Raises `decisions.FeelError`."""
    return compile_expression(text, functions=FUNCTIONS)


class OrderView(Mapping[str, Any]):
    """`order.x` in expressions: what the platform knows of the order, then its facts."""

    KNOWN = ("number", "status", "received_at", "closed_at", "office", "title")

    def __init__(self, order: Order, zone: tzinfo | None) -> None:
        self._order = order
        self._zone = zone

    def __getitem__(self, name: str) -> Any:
        if name in self.KNOWN:
            known = getattr(self._order, name)
            return known.astimezone(self._zone) if isinstance(known, datetime) else known
        return self._order.facts[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.KNOWN
        yield from self._order.facts

    def __len__(self) -> int:
        return len(self.KNOWN) + len(self._order.facts)


class Scope(Mapping[str, Any]):
    """Names an expression can see. `layers` are searched in order; nothing is copied. Instants are in `now`'s zone."""

    __slots__ = ("_fixed", "_layers")

    def __init__(self, order: Order, now: datetime, actor: Actor, *layers: Mapping[str, Any]) -> None:
        self._layers = (*layers, order.facts)
        self._fixed = {
            "order": OrderView(order, now.tzinfo),
            "now": now,
            "actor": actor.user,
            "actor_name": actor.name,
        }

    def __getitem__(self, name: str) -> Any:
        for layer in self._layers:
            if name in layer:
                return layer[name]
        return self._fixed[name]

    def __contains__(self, name: object) -> bool:
        return any(name in layer for layer in self._layers) or name in self._fixed

    def __iter__(self) -> Iterator[str]:
        seen: set[str] = set()
        for layer in (*self._layers, self._fixed):
            for name in layer:
                if name not in seen:
                    seen.add(name)
                    yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)
