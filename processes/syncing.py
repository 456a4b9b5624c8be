"""After every move: the order's tasks, deadlines and status are brought in line with what the engine now has.

Nobody else opens or closes a task or arms a deadline, so that neither can be forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from processes import due_times, running
from processes.engine.diagram import Element
from processes.engine.run import Outcome, Run
from processes.order import OFFICE_CASE, Instance, Task

if TYPE_CHECKING:
    from processes.command import Command


def sync(command: Command, instance: Instance, run: Run) -> None:
    """Write what the engine has open and armed in this instance into the aggregate."""
    outcome = run.outcome()
    _sync_tasks(command, instance, outcome)
    _sync_deadlines(command, instance, outcome)
    running.set_task_dues(command, instance)
    named = [element.status for element in outcome.live if element.status]
    instance.status = named[-1] if named else instance.status
    if outcome.ended:
        instance.ended_at = command.now
        command.note("ended", [instance.process])
        order = command.order
        if order.kind == OFFICE_CASE and instance.process == order.process:
            order.closed_at = order.closed_at or command.now
        _let_go(command, instance)
    command.changes.touch(instance)
    _set_order_status(command)


def _let_go(command: Command, instance: Instance) -> None:
    """No deadline waits for the decision of an instance that has ended: it would never fire."""
    for deadline in command.order.deadlines.values():
        if instance.id in running.holders(deadline):
            running.release(command, deadline, instance.id)


def _sync_tasks(command: Command, instance: Instance, outcome: Outcome) -> None:
    order = command.order
    open_now = {opened.task for opened in outcome.opened}
    for task in order.tasks.values():
        if task.instance == instance.id and task.closed_at is None and task.id not in open_now:
            task.closed_at, task.outcome = command.now, "cancelled"
            command.changes.touch(task)
            command.note("cancelled", [task.element])
    for opened in outcome.opened:
        if opened.task not in order.tasks:
            task = _new_task(command, instance, opened.element, opened.task, opened.local)
            order.tasks[task.id] = task
            command.changes.add(task)
            command.note("opened", [task.element])


def _new_task(command: Command, instance: Instance, element: Element, task_id: str, local: Mapping[str, Any]) -> Task:
    unit = _text(command, instance, element, element.properties.get("unit"), local)
    if unit:
        command.involve(unit)
    return Task(
        id=task_id,
        instance=instance.id,
        process=instance.process,
        element=element.id,
        name=element.name or element.id,
        form=element.form,
        roles=element.roles,
        unit=unit,
        candidates=element.users,
        assignee=_assignee(command, instance, element, local),
        not_by=element.not_by,
        opened_at=command.now,
        local=dict(local),
    )


def _assignee(command: Command, instance: Instance, element: Element, local: Mapping[str, Any]) -> str | None:
    text = element.assignee
    if text and not text.strip().startswith(("=", "${")):
        return text
    return _text(command, instance, element, text, local)


def _text(
    command: Command, instance: Instance, element: Element, expression: str | None, local: Mapping[str, Any]
) -> str | None:
    if not expression:
        return None
    value = command.property(element, expression, instance, local)
    return None if value is None else str(value)


def _sync_deadlines(command: Command, instance: Instance, outcome: Outcome) -> None:
    order = command.order
    armed = {one.task for one in outcome.armed}
    for deadline in order.deadlines.values():
        if deadline.instance != instance.id or deadline.cancelled_at or deadline.ended_at:
            continue
        if deadline.host not in outcome.visits:
            deadline.ended_at = command.now
        if deadline.fired_at is None and deadline.task not in armed:
            if deadline.held_by is not None and deadline.due_at < command.now:
                # Handed in after the due instant while an application is pending: its decision says if in time.
                deadline.ended_at = command.now
                command.changes.touch(deadline)
                continue
            deadline.cancelled_at = command.now
            command.note("disarmed", [deadline.timer or deadline.element])
        if deadline.ended_at or deadline.cancelled_at:
            command.changes.touch(deadline)
    known = {deadline.task for deadline in order.deadlines.values()}
    fresh = [one for one in outcome.armed if one.task not in known]
    for one in due_times.parents_first(fresh, lambda one: one.element.id, lambda one: one.rule):
        deadline = due_times.compute(command, instance, one)
        order.deadlines[deadline.id] = deadline
        command.changes.add(deadline)
        command.note("armed", [{"element": deadline.element, "timer": deadline.timer, "due_at": deadline.due_at}])


def _set_order_status(command: Command) -> None:
    """That of the side process begun last, which has one; else that of the main line."""
    order = command.order
    side = sorted(
        (i for i in order.instances.values() if i.ended_at is None and i.process != order.process),
        key=lambda i: -i.seq,
    )
    main = next((i for i in order.instances.values() if i.process == order.process), None)
    named = [i.status for i in (*side, *((main,) if main else ())) if i.status]
    status = named[0] if named else order.status
    if status != order.status:
        order.status = status
        command.note("status", status)
