"""What a step does, through the real door: the same checks in the same order as in the app, then one verb.

Each act returns what the rules refused by themselves (`Refused`), or raises the `Refusal` of the platform. Names that
the pack does not know are faults of the file, so that a slip of the pen never passes for a refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app import calendar_import
from app.scenarios.errors import Unsupported
from app.scenarios.holidays import notice_of
from app.scenarios.lines import Node
from app.scenarios.moments import read_instant
from app.scenarios.packs import Packs
from app.scenarios.stage import Stage
from app.scenarios.story import Act, Fields, Step
from forms.specs import FieldSpec
from persistence.confirmations import Confirmed
from processes import duties, verbs
from processes.errors import AlreadyHandled, NotFound, NotNow
from processes.order import Order, Refused, Task
from processes.people import SYSTEM, Actor
from processes.regulation import Regulation
from processes.store import Declaration

PLAIN = {"source_level": "self", "identity_mode": "real", "petitioner_kind": "person"}
PHONE = "13800000000"
Refusals = tuple[Refused, ...]


def carry_out(stage: Stage, step: Step, act: Act, packs: Packs) -> Refusals:
    """Do it now. Raises `Refusal`, `BadScenario`, `Unsupported`."""
    doing = ACTS.get(act.kind)
    if doing is None:
        raise Unsupported(act.what.where, act.kind)
    return doing(stage, step, act, packs)


def receive_order(stage: Stage, name: str, fields: Node, actor: Actor) -> Refusals:
    """A request comes in and is known by this name from now on."""
    regulation = stage.regulation
    main = regulation.definitions.processes[regulation.main]
    values = _answers(stage, regulation, main.start.form, fields.mapping())
    if main.start.form is not None:
        specs = stage.platform.form(regulation, main.start.form).fields
        values |= _supplied(stage, name, specs, values)
    scope = regulation.names(stage.now, actor)
    checked, personal = stage.platform.check(regulation, main.start.form, values, scope)
    result = verbs.receive(stage.platform.door, actor, stage.office, checked, stage.now, personal=personal)
    stage.orders[name] = result.order.id
    return result.refused


def _receive(stage: Stage, step: Step, act: Act, packs: Packs) -> Refusals:
    name = step.order.text() if step.order else ""
    if name in stage.orders:
        node = step.order or act.what
        raise node.wrong("已有工单，请用“order”给新工单另取名称", "there is an order; name the new one with order")
    return receive_order(stage, name, act.what, stage.actor(step.who) if step.who else stage.receiver())


def _complete(stage: Stage, step: Step, act: Act, packs: Packs) -> Refusals:
    actor = _who(stage, step)
    order_id = order_of(stage, step)
    order, regulation = stage.load(order_id)
    element = act.what.text()
    form = _form_of_task(regulation, element, act.what)
    answers = _answers(stage, regulation, form, act.values)
    task = _task(stage, order, element, actor)
    duties.require_sight(actor, order, regulation)
    duties.require_duty(actor, order, task)
    with stage.answers(order, regulation, actor).asked():
        scope = stage.platform.scope(order, order.instances[task.instance], actor, stage.now)
        values, personal = stage.platform.check(regulation, task.form, answers, scope)
    return verbs.complete(stage.platform.door, actor, task.id, values, stage.now, personal=personal).refused


def _send(stage: Stage, step: Step, act: Act, packs: Packs) -> Refusals:
    actor = _who(stage, step)
    order_id = order_of(stage, step)
    order, regulation = stage.load(order_id)
    message = act.what.text()
    process = regulation.definitions.starters.get(message)
    if process is None:
        known = "、".join(sorted(regulation.definitions.starters))
        raise act.what.wrong(
            f"规程中没有以消息“{message}”开始的流程，有：{known}",
            f"no process of the pack starts with {message!r}: {known}",
        )
    answers = _answers(stage, regulation, process.start.form, act.values)
    duties.require_sight(actor, order, regulation)
    if not process.starters:
        raise NotFound(f"没有可以发起的“{message}”。", f"Nothing can be started with {message!r}.")
    with stage.answers(order, regulation, actor).asked() as asked:
        duties.require_start(asked, process, actor)
        scope = stage.platform.scope(order, None, actor, stage.now)
        values, personal = stage.platform.check(regulation, process.start.form, answers, scope)
    return verbs.send(stage.platform.door, actor, order_id, message, values, stage.now, personal=personal).refused


def _start(stage: Stage, step: Step, act: Act, packs: Packs) -> Refusals:
    """A case of the office is opened by hand; later steps mean it by `of`."""
    actor, regulation, name = _who(stage, step), stage.regulation, act.what.text()
    process = regulation.definitions.processes.get(name)
    if process is None or not regulation.is_office_case(process):
        known = "、".join(sorted(one.id for one in regulation.office_cases()))
        raise act.what.wrong(
            f"规程中没有可单独开立的流程“{name}”，有：{known}", f"no process of the office {name!r}: {known}"
        )
    answers = _answers(stage, regulation, process.start.form, act.values)
    scope = regulation.names(stage.now, actor)
    values, personal = stage.platform.check(regulation, process.start.form, answers, scope)
    result = verbs.open_case(stage.platform.door, actor, stage.office, name, values, stage.now, personal=personal)
    return result.refused


def _deploy(stage: Stage, step: Step, act: Act, packs: Packs) -> Refusals:
    regulation = packs.revised(act.what, stage.office, stage.folder)
    stage.put_in_force(regulation, act.effective_from or stage.now, stage.actor(step.who) if step.who else SYSTEM)
    return ()


def _calendar(stage: Stage, step: Step, act: Act, packs: Packs) -> Refusals:
    actor = stage.actor(step.who) if step.who else SYSTEM
    for notice in notice_of(act.what, lambda: stage.platform.calendars.current(stage.office)):
        calendar_import.apply(stage.platform, notice, actor, stage.office, stage.now)
    return ()


def _confirm(stage: Stage, step: Step, act: Act, packs: Packs) -> Refusals:
    """Masked values of the pack are confirmed, by name; the step's person says where they have them from."""
    actor = stage.actor(step.who) if step.who else SYSTEM
    for name, value in act.what.mapping().items():
        confirmed = Confirmed(name, value.plain())
        stage.platform.library.confirm(stage.told.pack, confirmed, actor=actor, now=stage.now)
    return ()


def _declare(stage: Stage, step: Step, act: Act, packs: Packs) -> Refusals:
    """An admin states something for a time, such as a network outage of a unit."""
    actor = stage.actor(step.who) if step.who else SYSTEM
    said = act.what.mapping()
    declaration = Declaration(
        office=stage.office,
        kind=said["kind"].text(),
        unit=said["unit"].text() if "unit" in said else None,
        begins_at=read_instant(said["from"]),
        ends_at=read_instant(said["to"]),
        cause=said["cause"].text() if "cause" in said else "",
        declared_by=actor.user,
        declared_at=stage.now,
    )
    verbs.declare(stage.platform.door, actor, declaration, stage.now)
    return ()


def plan_outage(stage: Stage, act: Act) -> None:
    """The scheduler will be off for a while. Known before time passes to the step, which may lie after the outage."""
    window = act.what.mapping()
    begins, ends = read_instant(window["from"]), read_instant(window["to"])
    if begins < stage.now:
        raise window["from"].wrong("停机早于前一步的时间", "the outage begins before the time of the step before")
    stage.outages.append((begins, ends))


def _down(stage: Stage, step: Step, act: Act, packs: Packs) -> Refusals:
    return ()  # planned already: nobody does an outage


ACTS: dict[str, Callable[[Stage, Step, Act, Packs], Refusals]] = {
    "receive": _receive,
    "complete": _complete,
    "send": _send,
    "start": _start,
    "deploy": _deploy,
    "calendar": _calendar,
    "down": _down,
    "confirm": _confirm,
    "declare": _declare,
}
"""Acts that this version of the platform can play."""


def order_of(stage: Stage, step: Step) -> str:
    """The order or office case that a step means. Raises `BadScenario`."""
    return stage.case_id(step.of) if step.of is not None else stage.order_id(step.order, step.node)


def _who(stage: Stage, step: Step) -> Actor:
    assert step.who is not None  # files.py requires "as" for these acts
    return stage.actor(step.who)


def _form_of_task(regulation: Regulation, element: str, node: Node) -> str | None:
    """The form of a user task of the pack. Raises `BadScenario` where no process has such a task."""
    for process in regulation.processes():
        found = process.elements.get(element)
        if found is not None and found.type == "userTask":
            return found.form
    raise node.wrong(f"规程中没有用户任务“{element}”", f"the pack has no user task {element!r}")


def _task(stage: Stage, order: Order, element: str, actor: Actor) -> Task:
    """The open task at an element, the actor's own where it is one of many.

    Raises `AlreadyHandled` if it was open before, `NotNow` if it never was.
    """
    found = [task for task in order.tasks.values() if task.element == element and task.closed_at is None]
    if not found:
        was_open = any(row["element"] == element for row in stage.platform.read.tasks_of(order.id))
        raise AlreadyHandled() if was_open else NotNow()
    return next((task for task in found if duties.may_do(actor, order, task)), found[0])


def _answers(stage: Stage, regulation: Regulation, form: str | None, fields: Fields) -> dict[str, Any]:
    """The answers of `with` as plain values. Raises `BadScenario` for a field that the form does not have."""
    known = {spec.key for spec in stage.platform.form(regulation, form).fields} if form else set()
    for key, value in fields.items():
        if key not in known:
            raise value.wrong(f"表单“{form or '—'}”没有字段“{key}”", f"the form {form or '—'} has no field {key!r}")
    return {key: value.plain() for key, value in fields.items()}


def _supplied(stage: Stage, name: str, specs: tuple[FieldSpec, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    """What the story may leave out of a request because it is always the same."""
    anonymous = given.get("identity_mode") == "anonymous"
    found: dict[str, Any] = {}
    for spec in specs:
        if spec.key in given:
            continue
        if spec.key == "received_at":
            found[spec.key] = stage.shown(stage.now)
        elif spec.kind == "phone" and not anonymous:
            found[spec.key] = PHONE
        elif spec.key in PLAIN and PLAIN[spec.key] in {option.value for option in spec.options}:
            found[spec.key] = PLAIN[spec.key]
    of = f"order {name}" if name else "order"
    stage.supplied += [f"{of}: {key} = {value}" for key, value in found.items()]
    return found
