"""The verbs: what a person or the platform can do to an order. Each is one command through the door.

Values come validated from the room of forms. Personal ones are sealed by the store and leave only their hash in the
journal; for rules there is a fact `has_<field>` that says whether one was given. `files` are the ids of files that
came with the form and become the order's with the command (`Stale` if one is no longer there).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from processes import duties, running
from processes.answers import Answers
from processes.command import Command
from processes.door import Door, Result
from processes.errors import AlreadyHandled, AlreadySent, NoReason, NotFound, NotNow, NotYourDuty
from processes.handing_in import HandedIn, hand_in
from processes.order import OFFICE_CASE, Entry, Facts, Order, Task
from processes.people import SYSTEM, Actor
from processes.regulation import Regulation
from processes.store import Declaration, Transaction
from timers.calendar import Calendar

Values = Mapping[str, Any]
LEAST_REASON = 4
"""Letters of a reason; a Chinese character counts as two."""


def receive(
    door: Door,
    actor: Actor,
    office: str,
    values: Values,
    now: datetime,
    *,
    personal: Collection[str] = (),
    files: Collection[str] = (),
    pack: str | None = None,
    regulation: Regulation | None = None,
    order_id: str | None = None,
) -> Result:
    """A request comes in: number it and start the main line. `values`: fields of the intake form.

    The order runs on the regulation in force when it was received, of the `pack` named where the office has several,
    unless a regulation is given (replays), and then is marked.
    `order_id` (32 hex digits) is given by whoever may come twice, or must be able to ask later whether it was received.
    Raises `AlreadySent` if there is an order with this id.
    """
    received_at = _instant(values.get("received_at")) or now
    given = regulation is not None
    in_force = regulation or door.regulations.in_force(office, received_at, pack)
    main = in_force.definitions.processes[in_force.main]
    if not actor.is_system and not actor.holds(office, main.starters, None):
        raise NotYourDuty()
    handed_in = HandedIn.of(values, personal, files)

    def order_of(work: Transaction) -> Order:
        day = received_at.astimezone(in_force.zone)
        # An office with one regulation is named after it, and its series were before there could be several.
        series = "order" if in_force.name == office else f"order:{in_force.name}"
        number = work.next_in_series(office, f"{series}:{day:%Y%m%d}")
        # Now that the series is locked, the same order cannot be under way in another transaction.
        _require_new(work, order_id)
        return Order(
            id=order_id or uuid4().hex,
            office=office,
            number=in_force.order_number(received_at, number),
            deployment=in_force.number or 0,
            status="registered",
            title=str(values.get("title") or ""),
            received_at=received_at,
            facts=dict(handed_in.facts),
            process=in_force.main,
            replay=given or _before(in_force, received_at),
        )

    with (
        door.receipt(order_of, in_force, actor, now) as (command, work),
        command.acting("receive", at=now, actor=actor, element=main.start.id) as notes,
    ):
        hand_in(command, work, notes, main.start.id, handed_in)
        command.start(in_force.main, command.order.facts, actor.user)
    return _result(command)


def open_case(
    door: Door,
    actor: Actor,
    office: str,
    process_id: str,
    values: Values,
    now: datetime,
    *,
    at: datetime | None = None,
    pack: str | None = None,
    personal: Collection[str] = (),
    files: Collection[str] = (),
    claim: Callable[[], None] | None = None,
    order_id: str | None = None,
) -> Result:
    """Open a case of the office itself: a register, a knowledge entry, or a duty whose time has come round.

    `at`: the instant it belongs to, if that is before now. `pack`: which regulation, where the office has several.
    `claim` is called inside the transaction; it raises `AlreadyHandled` if another opened this occurrence.
    `order_id` as for `receive`.
    """
    at = at or now
    regulation = door.regulations.in_force(office, at, pack)
    process = regulation.definitions.processes.get(process_id)
    if process is None or not regulation.is_office_case(process):
        raise NotFound(f"没有可以开立的事务“{process_id}”。", f"There is no office case {process_id!r}.")
    if not actor.is_system and not actor.holds(office, process.starters, None):
        raise NotYourDuty()
    handed_in = HandedIn.of(values, personal, files)

    def order_of(work: Transaction) -> Order:
        if claim is not None:
            claim()
        day = at.astimezone(regulation.zone)
        number = work.next_in_series(office, f"case:{process_id}:{day:%Y%m%d}")
        _require_new(work, order_id)
        return Order(
            id=order_id or uuid4().hex,
            office=office,
            number=f"{process_id.upper().replace('_', '-')}-{day:%Y%m%d}-{number:02d}",
            deployment=regulation.number or 0,
            status="registered",
            title=str(values.get("title") or process.name),
            received_at=at,
            facts=dict(handed_in.facts),
            process=process_id,
            kind=OFFICE_CASE,
        )

    with (
        door.receipt(order_of, regulation, actor, now) as (command, work),
        command.acting("open", at=at, actor=actor, element=process.start.id) as notes,
    ):
        hand_in(command, work, notes, process.start.id, handed_in)
        for duty in actor.duties:
            # Who opens a case for a unit sees what becomes of it.
            if duty.office == office and duty.unit and duty.role in process.starters:
                command.involve(duty.unit)
        command.start(process_id, command.order.facts, actor.user)
    return _result(command)


def complete(
    door: Door,
    actor: Actor,
    task_id: str,
    values: Values,
    now: datetime,
    *,
    personal: Collection[str] = (),
    files: Collection[str] = (),
) -> Result:
    """A person finishes a task with the values of its form.

    Raises `NotFound`, `NotYourDuty`, `AlreadyHandled`, `TakenByAnother`.
    """
    with door.command(lambda work: work.order_of_task(task_id), actor, now) as (command, work):
        order, task = command.order, _open_task(command, actor, task_id)
        duties.require_duty(actor, order, task)
        instance = order.instances[task.instance]
        before = instance.vars if task.element in order.done else {}
        handed_in = HandedIn.of(values, personal, files, before)
        with command.acting("complete", at=now, actor=actor, element=task.element) as notes:
            notes["instance"] = instance.id
            hand_in(command, work, notes, task.element, handed_in)
            if task.local:
                # One of many: each adds its answer to the list named after the element.
                instance.vars.setdefault(task.element, []).append({**task.local, **handed_in.values, "by": actor.user})
            else:
                instance.vars.update(handed_in.facts)
            instance.vars[f"{task.element}_by"] = actor.user
            task.closed_at, task.outcome, task.done_by = now, "completed", actor.user
            command.changes.touch(task)
            _involve(command, handed_in.values)
            run = command.run(instance)
            run.complete(task_id)
            command.sync(instance, run)
    return _result(command)


def send(
    door: Door,
    actor: Actor,
    order_id: str,
    message: str,
    values: Values,
    now: datetime,
    *,
    personal: Collection[str] = (),
    files: Collection[str] = (),
    instance_id: str | None = None,
) -> Result:
    """A person starts a side process of the order (an application, an urgent report…) by its message.

    `instance_id` (32 hex digits) is given by whoever may come twice: raises `AlreadySent` if it has been started.
    """
    with door.command(lambda work: work.order(order_id), actor, now) as (command, work):
        duties.require_sight(actor, command.order, command.regulation)
        _require_new(work, instance_id)
        process = command.regulation.definitions.starters.get(message)
        if process is None or not process.starters:
            raise NotFound(f"没有可以发起的“{message}”。", f"Nothing can be started with {message!r}.")
        with command.asked():
            duties.require_start(command, process, actor)
        handed_in = HandedIn.of(values, personal, files)
        unit = next(iter(sorted(actor.units(command.order.office))), None)
        variables: Facts = {
            **handed_in.facts,
            "applicant": actor.user,
            "applicant_unit": unit,
            "applied_at": now.isoformat(),
        }
        with command.acting("send", at=now, actor=actor, element=process.start.id) as notes:
            notes["message"] = message
            hand_in(command, work, notes, process.start.id, handed_in)
            instance = command.start(process.id, variables, actor.user, instance_id)
            notes["instance"] = instance.id
    return _result(command)


def may_send(answers: Answers, actor: Actor) -> list[str]:
    """Messages that the actor could send now, in the order of the pack's processes. Reads only."""
    offered = []
    with answers.asked():
        for process in answers.regulation.processes():
            message = process.start.message
            if not message or not process.starters:
                continue
            try:
                duties.require_start(answers, process, actor)
            except (NotYourDuty, NotNow):
                continue
            offered.append(message)
    return offered


def fire_due(door: Door, order_id: str, now: datetime, *, wait: bool = True) -> Result:
    """Fire every deadline of the order that lies before `now`. Nothing happens twice. Raises `InHand` if somebody else
    is at the order and this is not to `wait` (on SQLite, which has one writer, it always waits)."""
    with door.command(lambda work: work.order(order_id, wait=wait), SYSTEM, now) as (command, _):
        pass
    return _result(command)


def recalculate(door: Door, actor: Actor, order_id: str, calendar: Calendar, now: datetime) -> Result:
    """Recompute the order's running deadlines with a new calendar, and journal what moved."""
    with (
        door.command(lambda work: work.order(order_id), actor, now) as (command, _),
        command.acting("recalculate", at=now, actor=actor) as notes,
    ):
        notes["calendar"] = calendar.version
        command.calendar = calendar
        notes["moved"] = running.recalculate(command, calendar)
    return _result(command)


def reveal(door: Door, actor: Actor, order_id: str, fields: Collection[str], why: str, now: datetime) -> Result:
    """Somebody looks at masked personal values, with a reason, and journalled: who sees the order, unless it is kept
    confidential (`duties.may_reveal`). Raises `Confidential`, `NoReason`.
    """
    with door.command(lambda work: work.order(order_id), actor, now) as (command, _):
        duties.require_sight(actor, command.order, command.regulation)
        duties.require_reveal(actor, command.order, command.regulation)
        if not _is_reason(why):
            raise NoReason()
        with command.acting("reveal", at=now, actor=actor) as notes:
            notes["fields"] = sorted(fields)
            notes["why"] = why
    return _result(command)


def claim(door: Door, actor: Actor, task_id: str, now: datetime, *, why: str | None = None) -> Result:
    """Take a task for oneself; with a reason also from a colleague who has it. What is one's own already stays so.

    Raises `AlreadyHandled`, `NotYourDuty`, `TakenByAnother` where no reason is given, `NoReason` where it says nothing.
    """
    with door.command(lambda work: work.order_of_task(task_id), actor, now) as (command, _):
        task = _open_task(command, actor, task_id)
        duties.require_candidacy(actor, command.order, task)
        if task.assignee == actor.user:
            return _result(command)
        if why is None:
            duties.require_free(actor, task)
        elif task.assignee and not _is_reason(why):
            raise NoReason("请写明接手原因，至少两个汉字或四个字母。", "Say why, in four letters at least.")
        with command.acting("claim", at=now, actor=actor, element=task.element) as notes:
            if task.assignee:
                notes["from"], notes["why"] = task.assignee, why
            task.assignee = actor.user
            command.changes.touch(task)
    return _result(command)


def release(door: Door, actor: Actor, task_id: str, now: datetime) -> Result:
    """Give back a task that one had taken: whoever has the duty may do it. Raises `AlreadyHandled`, `NotNow`."""
    with door.command(lambda work: work.order_of_task(task_id), actor, now) as (command, _):
        task = _open_task(command, actor, task_id)
        if task.assignee != actor.user:
            raise AlreadyHandled()
        if not duties.is_shared(task):
            raise NotNow("该任务指定由您办理，不能放回。", "The task is assigned to you alone.")
        with command.acting("release", at=now, actor=actor, element=task.element):
            task.assignee = None
            command.changes.touch(task)
    return _result(command)


def declare(door: Door, actor: Actor, declaration: Declaration, now: datetime) -> None:
    """The office states something for a time (a network outage of a unit), and its chain keeps it."""
    with door.store.transaction() as work:
        work.declare(declaration)
        said = {
            "kind": declaration.kind,
            "unit": declaration.unit,
            "from": declaration.begins_at,
            "to": declaration.ends_at,
        }
        entry = Entry(actor.user, "declare", now, changed=said, why=declaration.cause or None)
        work.record(declaration.office, [entry])


def record(door: Door, actor: Actor, office: str, act: str, changed: Values, now: datetime, why: str = "") -> None:
    """An entry in the office's own chain: what belongs to no order (a deployment, a calendar, a refusal of rights)."""
    with door.store.transaction() as work:
        work.record(office, [Entry(actor.user, act, now, changed=dict(changed), why=why or None)])


def _open_task(command: Command, actor: Actor, task_id: str) -> Task:
    """Raises `NotFound` (no sight), `AlreadyHandled`."""
    duties.require_sight(actor, command.order, command.regulation)
    task = command.order.tasks.get(task_id)
    if task is None or task.closed_at is not None:
        raise AlreadyHandled()
    return task


def _require_new(work: Transaction, made_id: str | None) -> None:
    """Raises `AlreadySent`."""
    there = work.made(made_id) if made_id is not None else None
    if there is not None:
        raise AlreadySent(there)


def _is_reason(text: str) -> bool:
    """Words, not dots: a Chinese character says as much as two letters."""
    return sum(2 if char > "\u2e7f" else 1 for char in text if char.isalpha()) >= LEAST_REASON


def _involve(command: Command, values: Values) -> None:
    """Units named by dispatch see the order, also before they have a task."""
    lead = values.get("lead_unit")
    if isinstance(lead, str) and lead:
        command.involve(lead)
    for unit in values.get("co_units") or []:
        command.involve(str(unit))


def _instant(value: Any) -> datetime | None:
    if isinstance(value, str) and value:
        return datetime.fromisoformat(value)
    return value if isinstance(value, datetime) else None


def _before(regulation: Regulation, received_at: datetime) -> bool:
    effective = regulation.effective_from
    return effective is not None and received_at < effective


def _result(command: Command) -> Result:
    opened = tuple(task for task in command.changes.new_tasks.values() if task.closed_at is None)
    return Result(command.order, opened, tuple(command.refused), tuple(command.fired))
