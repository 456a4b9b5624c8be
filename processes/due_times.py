"""From what a diagram says is due to the row that says when.

A *rule* is the plain dictionary that a timer's expression gives: `{"limit": "10wd"}`, `{"before": "handle_overdue",
"limit": "1wd"}`, `{"after": …}`, `{"share": …, "fraction": 0.25}` or `{"at": instant}`; with `timer` (the regulation's
id), `anchor` (when it begins, if not now), `roll`, `never_after` (another timer's element) and, once extended,
`extended_by`. The calendar arithmetic is `timers.due`; here rules find their parents and rows get their words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from decisions import to_plain
from decisions.temporal import parse_datetime
from processes.engine.diagram import Element
from processes.engine.errors import EngineError
from processes.engine.run import Armed
from processes.order import Deadline, Instance, Order
from timers import due as counting_rules
from timers.calendar import Calendar
from timers.due import Due
from timers.limits import Limit, parse_limit

if TYPE_CHECKING:
    from processes.answers import Answers
    from processes.command import Command
    from processes.host import InstanceHost

Rule = dict[str, Any]
T = TypeVar("T")
ARMED = "armed_at"
"""Where the rule of a deadline that hangs on another keeps when it was armed."""


def parent_of(rule: Mapping[str, Any]) -> str | None:
    """Element of the deadline that this rule hangs on, if it does."""
    for key in ("before", "after", "share"):
        if key in rule:
            return str(rule[key])
    return None


def parents_first(found: Iterable[T], element: Callable[[T], str], rule: Callable[[T], Mapping[str, Any]]) -> list[T]:
    """In an order in which what a rule asks of others comes before it: the deadline that it hangs on, and its cap."""
    waiting: dict[str, list[T]] = {}
    for one in found:
        waiting.setdefault(element(one), []).append(one)
    placed: list[T] = []

    def place(name: str) -> None:
        # Taken out before its parents are placed: rules that ask in a circle end somewhere.
        for one in waiting.pop(name, ()):
            for parent in (parent_of(rule(one)), rule(one).get("never_after")):
                if parent is not None:
                    place(parent)
            placed.append(one)

    for name in list(waiting):
        place(name)
    return placed


def find(order: Order, element: str, instance: str | None = None) -> Deadline | None:
    """The order's deadline at this element: of the given instance if it has one, the latest otherwise."""
    found = [d for d in order.deadlines.values() if d.element == element and d.cancelled_at is None]
    own = [d for d in found if d.instance == instance]
    return max(own or found, key=lambda d: d.anchor_at, default=None)


def rule_of(host: InstanceHost, element: Element, value: Any) -> Rule:
    """The rule of an armed timer: what its expression gave, completed by the properties of the element."""
    rule: Rule
    if isinstance(value, Mapping):
        rule = dict(to_plain(value))
    elif isinstance(value, datetime):
        rule = {"at": value.isoformat()}
    elif isinstance(value, str):
        rule = {"limit": value}
    else:
        raise EngineError(
            element.id,
            f"定时器的表达式应给出期限，却得到 {value!r}。",
            f"The timer's expression should give a limit, not {value!r}.",
        )
    properties = element.properties
    if "timer" in properties and "timer" not in rule:
        rule["timer"] = properties["timer"]
    if "roll" in properties:
        rule["roll"] = properties["roll"] == "true"
    if "never_after" in properties:
        rule["never_after"] = properties["never_after"]
    if anchor := properties.get("anchor"):
        rule["anchor"] = to_plain(host.command.property(element, anchor, host.instance))
    return rule


def compute(command: Command, instance: Instance, armed: Armed) -> Deadline:
    """The deadline of a timer that was just armed."""
    element, rule = armed.element, armed.rule
    anchor = _anchor(command, element, rule["anchor"]) if rule.get("anchor") else command.now
    due = due_of(command, instance.id, element.id, rule, anchor)
    if parent_of(rule) is not None:
        # Its anchor is the instant of another deadline; when it began to run must be known too.
        rule = {**rule, ARMED: command.now.isoformat()}
    return Deadline(
        id=uuid4().hex,
        instance=instance.id,
        process=instance.process,
        element=element.id,
        name=element.name or element.id,
        timer=rule.get("timer"),
        task=armed.task,
        subject=element.attached_to or element.id,
        host=armed.visit,
        rule=rule,
        anchor_at=due.anchor,
        due_at=due.at,
        provisional=due.provisional,
        calendar=due.calendar,
        explanation=[[line.code, dict(line.params)] for line in due.lines],
        soft=element.properties.get("soft") == "true",
        depends_on=parent_of(rule),
    )


def due_of(
    command: Command, instance: str, element: str, rule: Rule, anchor: datetime, calendar: Calendar | None = None
) -> Due:
    """When a rule ends that begins at `anchor`. Raises `EngineError` naming the element if it can't be counted."""
    calendar = calendar or command.calendar
    counting = command.regulation.counting
    try:
        if "at" in rule:
            at = datetime.fromisoformat(rule["at"])
            return Due(at, Limit(1, "min"), anchor, False, calendar.version, tell=tuple)
        limit = _limit(rule)
        if (parent := parent_of(rule)) is None:
            due = counting_rules.due(limit, anchor, calendar, counting)
        else:
            due = _dependent(command, instance, element, parent, rule, limit, calendar)
        for by in rule.get("extended_by", ()):
            due = _extended(due, counting_rules.extend(due.at, parse_limit(by), calendar, counting))
        if latest := rule.get("never_after"):
            cap = find(command.order, latest, instance)
            if cap is not None:
                due = counting_rules.capped(due, cap.due_at, counting)
        return due
    except (ValueError, ArithmeticError) as error:
        zh, en = getattr(error, "zh", str(error)), getattr(error, "en", str(error))
        raise EngineError(element, f"期限无法计算：{zh}", f"The limit can't be counted: {en}") from error


def _anchor(command: Command, element: Element, written: str) -> datetime:
    """The instant that a rule begins at, as FEEL writes it: with an offset, with `@` and a zone, or local."""
    at = parse_datetime(written)
    if not isinstance(at, datetime):
        raise EngineError(element.id, f"起算时间“{written}”无效。", f"{written!r} is no instant to count from.")
    return at if at.tzinfo else at.replace(tzinfo=command.regulation.zone)


def happens_at(deadline: Deadline) -> datetime:
    """The logical time at which it fires: its due instant, or that of its arming if that was later."""
    armed = deadline.rule.get(ARMED)
    return max(deadline.due_at, datetime.fromisoformat(armed) if armed else deadline.anchor_at)


def working_days_between(command: Answers, start: datetime, end: datetime) -> int:
    """Whole working days from the local day of `start` (not counted) to that of `end`; negative if `end` is before."""
    zone = command.regulation.zone
    first: date = start.astimezone(zone).date()
    last: date = end.astimezone(zone).date()
    if last < first:
        return -command.calendar.working_between(last.toordinal(), first.toordinal())
    return command.calendar.working_between(first.toordinal(), last.toordinal())


def _extended(due: Due, by: Due) -> Due:
    """The prolonged due time with the explanation of both parts."""
    return replace(
        by,
        anchor=due.anchor,
        provisional=due.provisional or by.provisional,
        tell=lambda: (*due.lines, *by.lines),
    )


def _limit(rule: Rule) -> Limit:
    if "limit" not in rule:
        return Limit(1, "min")
    limit = parse_limit(str(rule["limit"]))
    return replace(limit, roll=bool(rule["roll"])) if rule.get("roll") is not None else limit


def _dependent(
    command: Command, instance: str, element: str, parent: str, rule: Rule, limit: Limit, calendar: Calendar
) -> Due:
    of = find(command.order, parent, instance)
    if of is None:
        raise EngineError(
            element,
            f"所依附的时限“{parent}”没有在计时。",
            f"The deadline {parent!r} that it depends on is not running.",
        )
    counting = command.regulation.counting
    if "before" in rule:
        return counting_rules.before(of.due_at, limit, calendar, counting)
    if "after" in rule:
        return counting_rules.after(of.due_at, limit, calendar, counting)
    whole = _limit(of.rule)
    return counting_rules.share(of.anchor_at, of.due_at, rule["fraction"], whole, calendar, counting)
