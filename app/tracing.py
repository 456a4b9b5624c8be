"""The trace of one order: what it is, the way it went, its deadlines with their explanation, its journal.

Everything comes from the stored rows; personal values are not among them. JSON-able, instants in the office's zone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.platform import Platform
from persistence.sight import Sight
from processes.errors import NotFound
from processes.order import state_of
from processes.people import SYSTEM
from processes.regulation import Regulation
from timers.words import Line, sentences

Row = Mapping[str, Any]


class UnknownOrder(NotFound):
    """No order of any office has this number."""


def trace(platform: Platform, number: str) -> dict[str, Any]:
    """Keys `order`, `path`, `deadlines`, `journal`. Raises `UnknownOrder`."""
    order = _order(platform, number)
    regulation = platform.library.of(order["deployment"])
    tasks, journal = platform.read.tasks_of(order["id"]), platform.read.journal_of(order["id"])
    logins = {str(row["actor"]) for row in journal} | {str(row["done_by"]) for row in tasks if row["done_by"]}
    people = platform.people.names(logins) | {SYSTEM.user: SYSTEM.name}
    units = {row["id"]: row["name"] for row in platform.read.units(order["office"])}
    tell = _Teller(regulation, people, units)
    return {
        "order": tell.order(order),
        "path": [tell.task(row) for row in tasks],
        "deadlines": [tell.deadline(row) for row in platform.read.deadlines_of(order["id"])],
        "journal": [tell.entry(row) for row in journal],
    }


def _order(platform: Platform, number: str) -> Row:
    for office in platform.read.offices():
        try:
            return platform.read.order(Sight(SYSTEM, office["id"], whole_office=True), number)
        except NotFound:
            continue
    raise UnknownOrder(f"没有编号为“{number}”的工单。", f"There is no order {number!r}.")


class _Teller:
    def __init__(self, regulation: Regulation, people: Mapping[str, str], units: Mapping[str, str]) -> None:
        self._regulation, self._people, self._units = regulation, people, units
        self._names = {
            element.id: element.name for process in regulation.processes() for element in process.elements.values()
        }

    def order(self, row: Row) -> dict[str, Any]:
        return {
            "number": row["number"],
            "office": row["office"],
            "title": row["title"],
            "status": row["status"],
            "status_name": self._regulation.statuses.get(row["status"], row["status"]),
            "deployment": row["deployment"],
            "replay": row["replay"],
            "received_at": self._at(row["received_at"]),
            "closed_at": self._at(row["closed_at"]),
            "archived_at": self._at(row["archived_at"]),
            "facts": row["facts"],
        }

    def task(self, row: Row) -> dict[str, Any]:
        return {
            "element": row["element"],
            "name": row["name"],
            "process": row["process"],
            "roles": row["roles"],
            "unit": row["unit"],
            "unit_name": self._units.get(row["unit"]),
            "opened_at": self._at(row["opened_at"]),
            "due_at": self._at(row["due_at"]),
            "closed_at": self._at(row["closed_at"]),
            "outcome": row["outcome"] or "open",
            "by": row["done_by"],
            "by_name": self._people.get(row["done_by"]),
        }

    def deadline(self, row: Row) -> dict[str, Any]:
        return {
            "timer": row["timer"],
            "element": row["element"],
            "name": row["name"],
            "on": row["subject"],
            "soft": row["soft"],
            "anchor_at": self._at(row["anchor_at"]),
            "due_at": self._at(row["due_at"]),
            "extended_from": self._at(row["extended_from"]),
            "fired_at": self._at(row["fired_at"]),
            "state": state_of(row),
            "provisional": row["provisional"],
            "calendar": row["calendar"],
            "basis": row["rule"].get("basis"),
            "explanation": sentences(Line(code, params) for code, params in row["explanation"]),
        }

    def entry(self, row: Row) -> dict[str, Any]:
        return {
            "seq": row["seq"],
            "happened_at": self._at(row["happened_at"]),
            "due_at": self._at(row["due_at"]),
            "actor": row["actor"],
            "actor_name": self._people.get(row["actor"]),
            "act": row["act"],
            "element": row["element"],
            "name": self._names.get(row["element"]),
            "changed": json.loads(row["changed"]),
            "why": row["why"],
            "hash": row["hash"],
        }

    def _at(self, at: datetime | None) -> str | None:
        return at.astimezone(self._regulation.zone).isoformat() if at else None
