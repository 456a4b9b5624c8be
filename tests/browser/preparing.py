"""Orders that took hours or weeks to get where a test begins: played through the real door on the live database.

Each step is done by the first demo person whose duty it is, with a checked form, at the time it is told.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.demo.people import demo_people
from app.platform import Platform
from processes import duties, verbs
from processes.order import Order
from tests.browser.desk import REQUEST, RESULT

OFFICE = "nanchang"
Step = tuple[timedelta, str, Mapping[str, Any]]
"""How long ago, the element that is completed, the answers to its form."""

ACCEPT: dict[str, Any] = {"decision": "accept"}
CLOSE: dict[str, Any] = {"decision": "close"}
DISSATISFIED: dict[str, Any] = {
    "mode": "manual",
    "reached": True,
    "solved": "no",
    "satisfaction": "not",
    "comment": "几天后又回到老样子",
}


def days(number: float) -> timedelta:
    """So many days ago."""
    return timedelta(days=number)


def to_unit(unit: str, **more: Any) -> dict[str, Any]:
    """The dispatch form filled in."""
    return {"lead_unit": unit, "basis": "权责清单 3-2", "urgency": "none", **more}


def prepared(platform: Platform, title: str, received_ago: timedelta, *steps: Step) -> Order:
    """An order with this title as it stands after the steps."""
    now = datetime.now(UTC).replace(microsecond=0)
    regulation = platform.library.in_force(OFFICE, now)
    people = demo_people(platform, OFFICE)
    agent = next(one for one in people if one.user == "call_agent")
    at = now - received_ago
    form = regulation.definitions.processes[regulation.main].start.form
    asked = {**REQUEST, "title": title, "received_at": at.isoformat()}
    values, personal = platform.check(regulation, form, asked, {"now": at, "actor": agent.user})
    order = verbs.receive(platform.door, agent, OFFICE, values, at, personal=personal).order
    for ago, element, answers in steps:
        at = now - ago
        task = next(task for task in order.tasks.values() if task.element == element and task.closed_at is None)
        actor = next(one for one in people if one.user != "stand_in" and duties.may_do(one, order, task))
        scope = platform.scope(order, order.instances[task.instance], actor, at)
        values, personal = platform.check(regulation, task.form, answers, scope)
        order = verbs.complete(platform.door, actor, task.id, values, at, personal=personal).order
    return order


def handled_twice_in_vain(platform: Platform, title: str, unit: str) -> Order:
    """Handled, done again, and the petitioner dissatisfied both times: ready for a review one level up."""
    return prepared(
        platform,
        title,
        days(20),
        (days(20), "accept", ACCEPT),
        (days(20), "dispatch", to_unit(unit)),
        (days(20), "sign_for", {}),
        (days(17), "handle", RESULT),
        (days(16), "review_completion", CLOSE),
        (days(15), "callback", DISSATISFIED),
        (days(15), "triage", {"triage": "redo", "triage_reason": "有办理空间，未到现场夜查"}),
        (days(12), "redo", RESULT),
        (days(11), "review_completion", CLOSE),
        (days(10), "callback", DISSATISFIED),
    )
