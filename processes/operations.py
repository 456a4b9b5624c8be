"""The platform's operations: what a service task of a diagram may ask for, by topic.

A short registered list, never code from the diagram. Each gets the command in progress, the instance and element that
ask, and the evaluated inputs; it changes the order in memory and notes it in the journal. Missing or wrong inputs are
an error that names the element.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from decisions import to_plain
from processes import due_times, running
from processes.engine.diagram import Element
from processes.engine.errors import EngineError
from processes.order import Deadline, Instance, Notice, Refused
from processes.store import Declaration

if TYPE_CHECKING:
    from processes.command import Command
    from processes.store import Transaction

Inputs = dict[str, Any]
Operation = Callable[["Command", Instance, Element, Inputs], None]


def hold_deadline(command: Command, instance: Instance, element: Element, inputs: Inputs) -> None:
    """A decision is pending: the deadline at `element` does not fire until it is released or extended."""
    deadline = _deadline(command, element, inputs)
    if deadline is not None and deadline.fired_at is None:
        running.hold(deadline, instance.id)
        command.changes.touch(deadline)
        command.note("held", [deadline.timer or deadline.element])


def release_deadline(command: Command, instance: Instance, element: Element, inputs: Inputs) -> None:
    """The decision is made and changes nothing: if the due instant has passed, it fires with its original due time."""
    deadline = _deadline(command, element, inputs)
    if deadline is not None and deadline.held_by is not None:
        running.release(command, deadline, instance.id)


def extend_deadline(command: Command, instance: Instance, element: Element, inputs: Inputs) -> None:
    """Prolong the deadline at `element` by the limit `by` (`working_days(5)`)."""
    deadline = _deadline(command, element, inputs)
    by = inputs.get("by")
    if not isinstance(by, dict) or "limit" not in by:
        raise EngineError(element.id, "延期缺少期限“by”。", 'The extension lacks the limit "by".')
    if deadline is not None:
        running.extend(command, deadline, str(by["limit"]), instance.id)


def refuse(command: Command, instance: Instance, element: Element, inputs: Inputs) -> None:
    """The application is refused by rule: recorded, and its causes told to the sender in the pack's words."""
    causes = to_plain(inputs.get("causes")) or []
    codes = tuple(str(cause) for cause in (causes if isinstance(causes, list) else [causes]))
    words = command.regulation.pack.settings.get("causes", {})
    says = str(to_plain(inputs.get("says")) or "；".join(str(words.get(code, code)) for code in codes))
    command.refused.append(Refused(codes, says))
    command.note("refused", [{"process": instance.process, "causes": list(codes), "says": says}])


def notify(command: Command, instance: Instance, element: Element, inputs: Inputs) -> None:
    """A notice to a role (in a unit) or to the petitioner, delivered after the command."""
    body = {key: to_plain(value) for key, value in inputs.items() if key not in ("to", "unit", "template")}
    order = command.order
    number = len(command.notices) + 1
    notice = Notice(
        key=f"{order.id}:{order.journal_seq + len(command.entries) + 1}:{number}",
        to=str(to_plain(inputs.get("to")) or "petitioner"),
        unit=str(to_plain(inputs["unit"])) if inputs.get("unit") else None,
        template=str(to_plain(inputs.get("template")) or element.id),
        body={"number": order.number, **body},
        at=command.now,
    )
    command.notices.append(notice)
    command.note("notified", [{"to": notice.to, "unit": notice.unit, "template": notice.template}])


def close_order(command: Command, instance: Instance, element: Element, inputs: Inputs) -> None:
    """The case is closed: from now on the retention period runs."""
    if command.order.closed_at is None:
        command.order.closed_at = command.now
        command.note("closed", True)


def archive_order(command: Command, instance: Instance, element: Element, inputs: Inputs) -> None:
    """The file is complete and kept; how many years is a deadline of the diagram, not of this row."""
    command.order.archived_at = command.now
    command.order.facts["archive_no"] = f"{command.order.number}-A"
    command.note("archived", command.order.facts["archive_no"])


def number(command: Command, instance: Instance, element: Element, inputs: Inputs) -> None:
    """The next number of a series within the year, month or ISO week that `pattern` names (`"督{year}-{seq:04d}"`) and
    `at` (by default now) lies in, set as `fact`."""
    series, fact = str(to_plain(inputs.get("series")) or ""), str(to_plain(inputs.get("fact")) or "")
    if not series or not fact:
        raise EngineError(element.id, "编号缺少“series”或“fact”。", 'Numbering lacks "series" or "fact".')
    pattern = str(to_plain(inputs.get("pattern")) or "{year}-{seq:04d}")
    parts, period = _period(pattern, _day(command, element, inputs.get("at")))
    sequence = _work(command).next_in_series(command.order.office, f"{series}:{period}")
    try:
        instance.vars[fact] = pattern.format(seq=sequence, **parts)
    except (KeyError, ValueError, IndexError) as error:
        raise EngineError(element.id, f"编号样式“{pattern}”有误。", f"The pattern {pattern!r} is wrong.") from error
    command.note("set", [{fact: instance.vars[fact]}])


def _period(pattern: str, day: date) -> tuple[dict[str, int], str]:
    """The parts of a day that a pattern of numbers may use, and the period in which its sequence runs."""
    if "{week" in pattern:
        year, week, _ = day.isocalendar()
        return {"year": year, "week": week}, f"{year}-W{week:02d}"
    if "{month" in pattern:
        return {"year": day.year, "month": day.month}, f"{day:%Y-%m}"
    return {"year": day.year}, str(day.year)


def _day(command: Command, element: Element, value: Any) -> date:
    """The local day of an input, by default that of the command."""
    written = to_plain(value)
    if written is None:
        return command.now.astimezone(command.regulation.zone).date()
    try:
        found = datetime.fromisoformat(str(written).partition("@")[0])
    except ValueError as error:
        raise EngineError(element.id, f"“{written}”不是日期。", f"{written!r} is no date.") from error
    return (found.astimezone(command.regulation.zone) if found.tzinfo else found).date()


def declare(command: Command, instance: Instance, element: Element, inputs: Inputs) -> None:
    """The office declares something that rules may ask for (`declared(…)`), such as a network outage of a unit."""
    said = {key: to_plain(inputs.get(key)) for key in ("kind", "unit", "from", "to", "cause")}
    try:
        begins, ends = (datetime.fromisoformat(str(said[key]).partition("@")[0]) for key in ("from", "to"))
    except ValueError as error:
        raise EngineError(element.id, "申明的起止时间无效。", "A declaration needs two instants.") from error
    zone = command.regulation.zone
    declaration = Declaration(
        office=command.order.office,
        kind=str(said["kind"]),
        unit=str(said["unit"]) if said["unit"] else None,
        begins_at=begins if begins.tzinfo else begins.replace(tzinfo=zone),
        ends_at=ends if ends.tzinfo else ends.replace(tzinfo=zone),
        cause=str(said["cause"] or ""),
        declared_by=command.actor.user,
        declared_at=command.now,
    )
    _work(command).declare(declaration)
    command.note("declared", [said])


def freeze_figures(command: Command, instance: Instance, element: Element, inputs: Inputs) -> None:
    """A snapshot of the office's indices from the date `from` to the date `to`, set as `fact`: appeals refer to it."""
    fact = str(to_plain(inputs.get("fact")) or "figures")
    try:
        first, last = (date.fromisoformat(str(to_plain(inputs.get(key)))) for key in ("from", "to"))
    except ValueError as error:
        raise EngineError(element.id, "统计期间应为日期。", "The period should be two dates.") from error
    zone = command.regulation.zone
    start = datetime.combine(first, time(), zone)
    end = datetime.combine(last + timedelta(days=1), time(), zone)
    figures = _work(command).figures(command.order.office, command.regulation.name, start, end)
    instance.vars[fact] = {"from": first.isoformat(), "to": last.isoformat(), **figures}
    command.note("set", [{fact: instance.vars[fact]}])


def publish(command: Command, instance: Instance, element: Element, inputs: Inputs) -> None:
    """What the public sees of the order: `text`, with every name of `masked` blanked out."""
    text = str(to_plain(inputs.get("text")) or "")
    for name in to_plain(inputs.get("masked")) or []:
        if name:
            text = text.replace(str(name), "＊" * len(str(name)))
    command.order.facts["published"] = {"text": text, "at": command.now.isoformat()}
    command.note("published", text)


OPERATIONS: dict[str, Operation] = {
    "hold_deadline": hold_deadline,
    "release_deadline": release_deadline,
    "extend_deadline": extend_deadline,
    "refuse": refuse,
    "notify": notify,
    "close_order": close_order,
    "archive_order": archive_order,
    "number": number,
    "freeze_figures": freeze_figures,
    "publish": publish,
    "declare": declare,
}


def _work(command: Command) -> Transaction:
    if command.work is None:
        raise RuntimeError("an operation outside a transaction")
    return command.work


def _deadline(command: Command, element: Element, inputs: Inputs) -> Deadline | None:
    """The deadline named by the input `element`; None if it is not running (work already handed in)."""
    name = to_plain(inputs.get("element"))
    if not name:
        raise EngineError(element.id, "缺少时限名“element”。", 'The name "element" of the deadline is missing.')
    return due_times.find(command.order, str(name))
