"""The life of a deadline that runs: held while an application is pending, released, extended, computed anew, re-armed.

When it is due is a matter of `due_times.py`; that it fires, the door sees to.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from processes.due_times import due_of, find, parents_first
from processes.order import Deadline, Instance, Order
from timers.calendar import Calendar
from timers.due import Due

if TYPE_CHECKING:
    from processes.command import Command

ALSO = "also_held_by"
"""Where the rule of a deadline keeps the holders after the first."""
LATE = "handed_in_late"
"""The message that the platform sends when work proves to have been handed in late."""


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
