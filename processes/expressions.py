"""The words that diagrams and tables may use: scopes and domain functions of FEEL.

A name is looked up in the item of a multi-instance task, then in the instance's variables, then in the order's facts.
`order.x` is always the order's; `now` is the logical time of the command, `actor` the id and `actor_name` the name of
who acts, `parameter.x` a value of the pack. The functions below are all there is. Limits come out as small dictionaries
(a *rule*), which the door turns into due times: `{"limit": "10wd"}`, `{"before": "handle_overdue", "limit": "1wd"}`.

Functions that ask about the order find it through `CURRENT`: whoever answers sets it while it is asked (`answers.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from datetime import datetime, tzinfo
from typing import Any, Protocol

from decisions import Expression, FeelError, compile_expression, to_plain
from decisions.temporal import parse_datetime
from processes.order import Order

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
    def pack_days_left(self) -> int | None: ...
    def declared(self, kind: str, unit: str | None, start: datetime, end: datetime) -> bool: ...
    def unit_of(self, unit: str) -> dict[str, str | None] | None: ...


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


def _at_clock(limit: Any, clock: Any) -> Rule:
    rule = _rule(limit)
    return {**rule, "limit": f"{rule['limit']}@{str(to_plain(clock))[:5]}"}


def _declared(kind: Any, unit: Any, start: Any, end: Any) -> bool:
    return CURRENT.get().declared(str(kind), None if unit is None else str(unit), _instant(start), _instant(end))


def _instant(value: Any) -> datetime:
    """An instant as FEEL has it, or as a fact keeps it: with an offset, with `@` and a zone."""
    at = value if isinstance(value, datetime) else parse_datetime(str(to_plain(value)))
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise FeelError(f"“{value}”不是带时区的时间。", f"{value!r} is no instant with a zone.")
    return at


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
    "at_clock": _at_clock,
    "limit": lambda work: CURRENT.get().limit(str(work)),
    "working_days_left": lambda element: CURRENT.get().working_days_left(str(element)),
    "due_passed": lambda element: CURRENT.get().due_passed(str(element)),
    "is_running": lambda element: CURRENT.get().is_running(str(element)),
    "done": lambda element: CURRENT.get().done(str(element)),
    "instances": lambda process: CURRENT.get().instances(str(process)),
    "calendar_days_left": lambda: CURRENT.get().calendar_days_left(),
    "pack_days_left": lambda: CURRENT.get().pack_days_left(),
    "declared": _declared,
    "unit_of": lambda unit: None if unit is None else CURRENT.get().unit_of(str(unit)),
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
    """Names an expression can see. `layers` are searched in order, then the order, then `names` (those of the
    regulation); nothing is copied. Instants are in the zone of `now`."""

    __slots__ = ("_fixed", "_layers")

    def __init__(self, order: Order, names: Mapping[str, Any], *layers: Mapping[str, Any]) -> None:
        self._layers = (*layers, order.facts)
        self._fixed = {"order": OrderView(order, names["now"].tzinfo), **names}

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
