"""Who may see and who may do what: the one place that decides it, for the web, the command line and the timers alike.

What an actor may not see is not found. What may be done follows from what the diagram says: roles, the unit the duty
sits in, named candidates, and four eyes (`not_by`).
"""

from __future__ import annotations

from processes.answers import Answers
from processes.engine.diagram import Process
from processes.errors import Confidential, NotFound, NotNow, NotYourDuty, TakenByAnother
from processes.order import OFFICE_CASE, Order, Task
from processes.people import Actor
from processes.regulation import Regulation
from processes.settings import REVEALS

KEPT_SECRET = ("confidential", "anonymous")
"""Answers to the question `identity_mode` with which name and contact are kept."""


def sees_office(actor: Actor, regulation: Regulation) -> bool:
    """True if one of the actor's roles sees every order of the office (`sees = "office"` in the pack)."""
    return any(
        regulation.roles.get(role, {}).get("sees", "unit") == "office" for role in actor.roles(regulation.office)
    )


def may_see(actor: Actor, order: Order, regulation: Regulation) -> bool:
    return actor.is_system or sees_office(actor, regulation) or bool(actor.units(order.office) & set(order.units))


def require_sight(actor: Actor, order: Order, regulation: Regulation) -> None:
    """Raises `NotFound`: what one may not see does not exist."""
    if not may_see(actor, order, regulation):
        raise NotFound()


def may_reveal(actor: Actor, order: Order, regulation: Regulation) -> bool:
    """Whether the actor may look at name and contact of who made the request.

    Of petitioners who asked for confidentiality or stay anonymous only the roles with `reveals_confidential` may; where
    a regulation (one deployed before there was the key) names none, those that see every order of the office.
    """
    if order.facts.get("identity_mode") not in KEPT_SECRET:
        return True
    named = {role for role, said in regulation.roles.items() if said.get(REVEALS)}
    return bool(actor.roles(order.office) & named) if named else sees_office(actor, regulation)


def require_reveal(actor: Actor, order: Order, regulation: Regulation) -> None:
    """Raises `Confidential`."""
    if not may_reveal(actor, order, regulation):
        raise Confidential()


def may_do(actor: Actor, order: Order, task: Task) -> bool:
    """True if the actor's duties and four eyes allow the task, and no colleague has taken it."""
    return may_take(actor, order, task) and is_free(actor, task)


def may_take(actor: Actor, order: Order, task: Task) -> bool:
    """True if the actor may do the task, or take it over from the colleague who has it."""
    try:
        require_candidacy(actor, order, task)
    except NotYourDuty:
        return False
    return True


def require_duty(actor: Actor, order: Order, task: Task) -> None:
    """May the actor do the task as it stands? Raises `NotYourDuty`, `TakenByAnother`."""
    require_candidacy(actor, order, task)
    require_free(actor, task)


def require_candidacy(actor: Actor, order: Order, task: Task) -> None:
    """Whoever has taken it: raises `NotYourDuty` with the reason."""
    named = actor.user in task.candidates or actor.user == task.assignee
    if not named and not actor.holds(order.office, task.roles, task.unit):
        raise NotYourDuty()
    require_other_eyes(actor, order, task.not_by)


def require_free(actor: Actor, task: Task) -> None:
    """Raises `TakenByAnother`."""
    if not is_free(actor, task):
        raise TakenByAnother()


def is_free(actor: Actor, task: Task) -> bool:
    """Whether no colleague has taken it."""
    return not task.assignee or task.assignee == actor.user


def is_shared(task: Task) -> bool:
    """Whether others than its assignee could do it."""
    return bool(task.roles or task.candidates)


def require_other_eyes(actor: Actor, order: Order, elements: tuple[str, ...]) -> None:
    """Who applied never reviews. Raises `NotYourDuty`."""
    for element in elements:
        if actor.user in order.done.get(element, {}).get("by", ()):
            raise NotYourDuty(
                "您是申请人或经办人，不能审核自己的事项，请由他人办理。",
                "You did the work under review; somebody else must review it.",
            )


def require_start(answers: Answers, process: Process, actor: Actor) -> None:
    """May the actor send the message that starts this side process now? Raises `NotYourDuty`, `NotNow`.

    Returns, extensions, supervision… happen to citizens' orders; a case of the office has none of them.
    """
    if answers.order.kind == OFFICE_CASE:
        raise NotNow()
    start = process.start
    unit = start.properties.get("unit")
    where = answers.property(start, unit, None) if unit else None
    if unit and where is None:
        raise NotNow()
    if not actor.holds(answers.order.office, process.starters, where and str(where)):
        raise NotYourDuty()
    require_other_eyes(actor, answers.order, start.not_by)
    when = start.properties.get("when")
    if when and answers.property(start, when, None) is not True:
        raise NotNow()
