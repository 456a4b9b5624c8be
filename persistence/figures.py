"""The office's indices over a period, counted from the record: the figures of a monthly notice, frozen by it.

The regulations name the indices and give no formulas; ours are defaults and stand in `docs/figures.md`. What counts as
sign-for and handling is named by the elements of their deadlines, ratings by the facts of the callback form, so nothing
here knows a city.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from persistence import tables as t
from processes.order import ORDER

SIGN_FOR, HANDLE = "sign_for_overdue", "handle_overdue"
_NAMES: dict[str, sa.ColumnElement[str]] = {name: sa.literal_column(f"'{name}'") for name in (SIGN_FOR, HANDLE)}
"""Not parameters: a plan for any element could not use `ix_deadline_period`. SQLite wants its whole condition."""
SATISFIED = ("satisfied", "basically")


@dataclass(slots=True)
class _Last:
    """The last deadline of an order at an element."""

    subject: str
    due_at: datetime
    fired: bool
    left: bool
    anchor_at: datetime


def figures(connection: sa.Connection, office: str, pack: str, start: datetime, end: datetime) -> dict[str, Any]:
    """Counts, rates (0–1, None without a base) and hours for orders of `office` under `pack` in [start, end)."""
    its = _its(office, pack)
    signing = _last(connection, its, SIGN_FOR, start, end)
    handling = _last(connection, its, HANDLE, start, end)
    signed = _signed(connection, [order for order, one in signing.items() if one.left and not one.fired])
    in_time = sum(1 for one in signing.values() if one.left and not one.fired)
    settled = [one for one in handling.values() if one.fired or one.left]
    done_in_time = sum(1 for one in settled if not one.fired)
    closed = _closed(connection, its, start, end)
    rated = [facts for _, facts in closed if facts.get("satisfaction") and not _excluded(facts)]
    happy = sum(1 for facts in rated if facts["satisfaction"] in SATISFIED)
    asked = [facts for facts in rated if facts.get("solved")]
    solved = sum(1 for facts in asked if facts["solved"] == "yes")
    hours = [hours for hours, _ in closed if hours is not None]
    return {
        "received": _received(connection, its, start, end),
        "dispatched": len(signing),
        "signed_in_time": signed,
        "returned_in_time": in_time - signed,
        "timely_response_rate": _rate(in_time, len(signing)),
        "due": len(settled),
        "completed_in_time": done_in_time,
        "on_time_completion_rate": _rate(done_in_time, len(settled)),
        "closed": len(closed),
        "long_overdue": sum(1 for _, facts in closed if facts.get("long_overdue")),
        "average_processing_hours": round(sum(hours) / len(hours), 1) if hours else None,
        "rated": len(rated),
        "satisfied": happy,
        "satisfaction_rate": _rate(happy, len(rated)),
        "solved": solved,
        "resolution_rate": _rate(solved, len(asked)),
    }


def _its(office: str, pack: str) -> sa.ColumnElement[bool]:
    """The orders of one regulation of the office, whatever its deployment."""
    o, d = t.work_order.c, t.deployment.c
    deployments = sa.select(d.number).where(d.office == office, d.pack == pack)
    return sa.and_(o.office == office, o.kind == ORDER, o.deployment.in_(deployments))


def _last(
    connection: sa.Connection, its: sa.ColumnElement[bool], element: str, start: datetime, end: datetime
) -> dict[str, _Last]:
    c, o = t.deadline.c, t.work_order.c
    query = (
        sa.select(c.order_id, c.subject, c.due_at, c.fired_at, c.cancelled_at, c.ended_at, c.anchor_at)
        .join(t.work_order, o.id == c.order_id)
        .where(its, c.element == _NAMES[element], c.element.in_(_NAMES.values()), c.due_at >= start, c.due_at < end)
        .order_by(c.anchor_at)
    )
    return {
        row.order_id: _Last(
            row.subject, row.due_at, row.fired_at is not None, bool(row.cancelled_at or row.ended_at), row.anchor_at
        )
        for row in connection.execute(query)
    }


def _signed(connection: sa.Connection, orders: list[str]) -> int:
    """How many of the orders had their sign-for done by a person (the others were returned unsigned)."""
    c, d = t.task.c, t.deadline.c
    subject = sa.select(d.subject).where(d.order_id == c.order_id, d.element == SIGN_FOR).limit(1).scalar_subquery()
    signed: set[str] = set()
    for first in range(0, len(orders), 500):
        query = sa.select(c.order_id).where(
            c.order_id.in_(orders[first : first + 500]), c.outcome == "completed", c.element == subject
        )
        signed.update(connection.execute(query).scalars())
    return len(signed)


def _received(connection: sa.Connection, its: sa.ColumnElement[bool], start: datetime, end: datetime) -> int:
    o = t.work_order.c
    where = (its, o.received_at >= start, o.received_at < end)
    return int(connection.execute(sa.select(sa.func.count()).select_from(t.work_order).where(*where)).scalar() or 0)


def _closed(
    connection: sa.Connection, its: sa.ColumnElement[bool], start: datetime, end: datetime
) -> list[tuple[float | None, dict[str, Any]]]:
    """Hours from dispatch to closing, and the facts, of orders closed in the period."""
    o, c = t.work_order.c, t.deadline.c
    begun = sa.select(sa.func.min(c.anchor_at)).where(c.order_id == o.id, c.element == HANDLE).scalar_subquery()
    query = sa.select(o.closed_at, begun.label("begun"), o.facts).where(its, o.closed_at >= start, o.closed_at < end)
    found: list[tuple[float | None, dict[str, Any]]] = []
    for row in connection.execute(query):
        hours = (row.closed_at - row.begun).total_seconds() / 3600 if row.begun else None
        found.append((hours, row.facts))
    return found


def _excluded(facts: dict[str, Any]) -> bool:
    """True if the rating is left out by the regulation's exclusions (the callback table says so)."""
    eligibility = facts.get("eligibility")
    return isinstance(eligibility, dict) and eligibility.get("rate") is False


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
