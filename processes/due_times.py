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
ALSO = "also_held_by"
"""Where the rule of a deadline keeps the holders after the first."""
LATE = "handed_in_late"
"""The message that the platform sends when work proves to have been handed in late."""


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


def hold(deadline: Deadline, instance: str) -> None:
    """An application is pending: the deadline waits for its decision, and for that of every other that is pending."""
    if deadline.held_by is None:
        deadline.held_by = instance
    elif instance not in holders(deadline):
        deadline.rule = {**deadline.rule, ALSO: [*deadline.rule.get(ALSO, ()), instance]}


def holders(deadline: Deadline) -> list[str]:
    """The instances whose decisions it waits for, the first one first."""
    return [deadline.held_by, *deadline.rule.get(ALSO, ())] if deadline.held_by is not None else []


def _let_go(deadline: Deadline, instance: str) -> None:
    left = [one for one in holders(deadline) if one != instance]
    deadline.held_by = left[0] if left else None
    deadline.rule = {key: value for key, value in deadline.rule.items() if key != ALSO}
    if left[1:]:
        deadline.rule[ALSO] = left[1:]


def extend(command: Command, deadline: Deadline, by: str, instance: str) -> None:
    """Prolong a deadline by a limit; the instance that decided it lets go. What depends on it moves along."""
    old = deadline.due_at
    deadline.rule = {**deadline.rule, "extended_by": [*deadline.rule.get("extended_by", ()), by]}
    deadline.extended_from = deadline.extended_from or old
    _let_go(deadline, instance)
    _recompute(command, deadline, command.calendar)
    command.note("extended", [_moved(deadline, old) | {"by": by}])
    if not _settled(command, deadline):
        move_dependants(command, deadline)


def release(command: Command, deadline: Deadline, instance: str) -> None:
    """The decision of an instance is made and changes nothing: the deadline runs on, and fires if it has passed and
    waits for no other decision."""
    _let_go(deadline, instance)
    command.changes.touch(deadline)
    command.note("released", [deadline.timer or deadline.element])
    _settled(command, deadline)


def _settled(command: Command, deadline: Deadline) -> bool:
    """Work that was handed in while a decision was pending is, after the last one, known to have been in time or not.

    Its activity is over, so the branch of its boundary event cannot run; a process that starts with the message
    `handed_in_late` does what is to be done then.
    """
    if deadline.ended_at is None:
        return False
    if deadline.held_by is not None:
        return True
    name = deadline.timer or deadline.element
    if deadline.ended_at > deadline.due_at:
        deadline.fired_at = command.happened_at
        command.note("overdue", [{"timer": name, "due_at": deadline.due_at, "handed_in_at": deadline.ended_at}])
        if LATE in command.regulation.definitions.starters:
            command.send(LATE, {"late_element": deadline.element, "late_timer": deadline.timer}, command.actor.user)
    else:
        deadline.cancelled_at = deadline.ended_at
    command.changes.touch(deadline)
    return True


def recalculate(command: Command, calendar: Calendar) -> list[dict[str, Any]]:
    """Recompute every running deadline with a new calendar. Returns what moved: element, timer, old, new."""
    moved = []
    for deadline in _parents_first(d for d in command.order.deadlines.values() if d.is_running):
        old, was_provisional = deadline.due_at, deadline.provisional
        _recompute(command, deadline, calendar)
        if deadline.due_at != old or deadline.provisional != was_provisional:
            moved.append(_moved(deadline, old))
    return moved


def move_dependants(command: Command, parent: Deadline) -> None:
    """Recompute what hangs on a deadline that moved or is capped by it, and what hangs on that; arm again what has
    fired and would now be ahead."""
    order, moved = command.order, {parent.id}
    live = [d for d in order.deadlines.values() if not d.ended_at and d.cancelled_at is None and d is not parent]
    for deadline in _parents_first(live):
        hangs = _moved_with(order, deadline, deadline.depends_on, moved)
        if deadline.fired_at is not None:
            if hangs and _due(command, deadline, command.calendar).at > command.now:
                rearm(command, deadline)
        elif hangs or _moved_with(order, deadline, deadline.rule.get("never_after"), moved):
            old = deadline.due_at
            _recompute(command, deadline, command.calendar)
            if deadline.due_at != old:
                moved.add(deadline.id)
                command.note("moved", [_moved(deadline, old)])


def _parents_first(deadlines: Iterable[Deadline]) -> list[Deadline]:
    return parents_first(deadlines, lambda one: one.element, lambda one: one.rule)


def _moved_with(order: Order, deadline: Deadline, element: str | None, moved: set[str]) -> bool:
    """Whether what the deadline finds at this element is among what has moved."""
    found = find(order, element, deadline.instance) if element is not None else None
    return found is not None and found.id in moved


def rearm(command: Command, deadline: Deadline) -> None:
    """Arm a fired boundary once more on the activity it watches; `sync` then writes the new deadline."""
    instance = command.order.instances[deadline.instance]
    run = command.run(instance)
    if run.rearm(deadline.host, deadline.element) is not None:
        deadline.ended_at = command.now
        command.changes.touch(deadline)
        command.sync(instance, run)


def set_task_dues(command: Command, instance: Instance) -> None:
    """Each open task shows the limit it works under: the earliest on itself, else on the activity around it, also
    where that one calls the process of the task."""
    order = command.order
    limits = [
        d
        for d in order.deadlines.values()
        if d.instance == instance.id and d.depends_on is None and not d.soft and not d.cancelled_at and not d.ended_at
    ]
    around = command.regulation.definitions.around(instance.process)
    for task in order.tasks.values():
        if task.instance != instance.id or task.closed_at is not None:
            continue
        due_at, subjects = None, {task.element}
        seen: set[str] = set()
        while due_at is None and subjects:
            due_at = min((d.due_at for d in limits if d.subject in subjects), default=None)
            seen |= subjects
            subjects = {outer for inner in subjects for outer in around.get(inner, ())} - seen
        if due_at != task.due_at:
            task.due_at = due_at
            command.changes.touch(task)


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


def _recompute(command: Command, deadline: Deadline, calendar: Calendar) -> None:
    due = _due(command, deadline, calendar)
    deadline.due_at, deadline.provisional, deadline.calendar = due.at, due.provisional, due.calendar
    deadline.explanation = [[line.code, dict(line.params)] for line in due.lines]
    command.changes.touch(deadline)
    instance = command.order.instances.get(deadline.instance)
    if instance is not None:
        set_task_dues(command, instance)


def _due(command: Command, deadline: Deadline, calendar: Calendar) -> Due:
    return due_of(command, deadline.instance, deadline.element, deadline.rule, deadline.anchor_at, calendar)


def _moved(deadline: Deadline, old: datetime) -> dict[str, Any]:
    return {"element": deadline.element, "timer": deadline.timer, "from": old, "to": deadline.due_at}
