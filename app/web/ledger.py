"""台账: every instance of the side process whose ledger the regulation keeps, on a page and as a file.

Which process that is and what its columns are says the pack (`processes.ledger`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from app.web import context
from app.web.language import _
from app.web.paging import paging, wanted_page
from app.web.story import Teller
from app.web.table_files import csv_file
from app.web.words import exact_moment, short_moment
from forms import FieldSpec
from persistence import registers
from persistence.reading import PAGE, Row
from processes import verbs
from processes.errors import NotFound
from processes.ledger import VARIABLE, Column, Ledger, ledger_of, value_of
from processes.regulation import Regulation

blueprint = Blueprint("ledger", __name__, url_prefix="/ledger")

STATES = ("", registers.OPEN, registers.OVERDUE, registers.CLOSED)
MOST_LINES = 20_000


@blueprint.get("/")
def index() -> str:
    """A page of the ledger, filtered by state."""
    kept = _kept()
    state, page = _state(), wanted_page()
    rows = registers.ledger(
        context.platform().read, context.sight(), kept.process.id, context.now(), state=state, page=page
    )
    return render_template(
        "ledger/index.html",
        title=kept.title,
        tabs=_tabs(kept, state),
        columns=[column.label for column in kept.columns],
        lines=Lines(kept, short_moment).of(rows[:PAGE]),
        page=paging("ledger.index", {"state": state or None}, page, rows),
        file=url_for("ledger.file", state=state or None),
        state=state,
    )


@blueprint.get("/ledger.csv")
def file() -> Response:
    """The ledger as the filter shows it, all pages. The office's journal keeps who took how much of it away."""
    kept, state = _kept(), _state()
    rows = registers.ledger(
        context.platform().read, context.sight(), kept.process.id, context.now(), state=state, size=MOST_LINES
    )
    head = [_("编号"), _("标题"), *(column.label for column in kept.columns), _("立账时间"), _("销账时间"), _("状态")]
    lines = Lines(kept, lambda at, zone, now: exact_moment(at, zone)[:16]).of(rows[:MOST_LINES])
    if request.method == "GET":
        exported = {"process": kept.process.id, "state": state or "all", "lines": min(len(rows), MOST_LINES)}
        verbs.record(context.platform().door, context.me(), context.office(), "export_ledger", exported, context.now())
    zone = context.in_force().zone
    return csv_file(
        f"ledger-{context.now().astimezone(zone):%Y%m%d}",
        head,
        [[one["number"], one["title"], *one["cells"], one["opened"], one["closed"], one["words"]] for one in lines],
    )


class Lines:
    """Rows of the ledger as words. `moment(at, zone, now)`: how an instant is written."""

    def __init__(self, kept: Ledger, moment: Any) -> None:
        self._kept, self._moment = kept, moment
        self._tellers: dict[int, tuple[Teller, Mapping[str, FieldSpec]]] = {}
        self._people: dict[str, str] = {}

    def of(self, rows: list[Row]) -> Iterator[dict[str, Any]]:
        """One line per row: `number`, `title`, `cells`, `opened`, `closed`, `lamp`, `href`."""
        read, ids = context.platform().read, [row["id"] for row in rows]
        times: dict[tuple[str, str], datetime] = {}
        for due in registers.deadlines_of_instances(read, ids):
            times[due["instance"], due["element"]] = due["due_at"]
        for task in registers.finished_tasks_of_instances(read, ids):
            times[task["instance"], task["element"]] = task["closed_at"]
        who = [column for column in self._kept.columns if column.is_person]
        self._people = context.people_names(str(_value(column, row)) for row in rows for column in who)
        for row in rows:
            yield self._line(row, times)

    def _line(self, row: Row, times: Mapping[tuple[str, str], datetime]) -> dict[str, Any]:
        lamp = {"state": "held", "words": _("办理中")}
        if row["ended_at"]:
            lamp = {"state": "done", "words": self._kept.closed or _("已销账")}
        elif row["late"]:
            lamp = {"state": "late", "words": _("已逾期")}
        return {
            "number": row["order_number"],
            "title": row["order_title"],
            "href": url_for("orders.show", number=row["order_number"]),
            "cells": [self._cell(column, row, times) for column in self._kept.columns],
            "opened": self._at(row["started_at"]),
            "closed": self._at(row["ended_at"]),
            "lamp": lamp,
            "words": lamp["words"],
        }

    def _cell(self, column: Column, row: Row, times: Mapping[tuple[str, str], datetime]) -> str:
        if column.kind != VARIABLE:
            return self._at(times.get((row["id"], column.name)))
        teller, specs = self._teller(row["order_deployment"])
        value = _value(column, row)
        if value in (None, "", []):
            return ""
        if isinstance(value, bool):
            return _("是") if value else _("否")
        if column.is_person:
            return teller.actor(str(value))
        spec = specs.get(column.question)
        return teller.value(spec, value) if spec is not None else str(value)

    def _teller(self, deployment: int) -> tuple[Teller, Mapping[str, FieldSpec]]:
        if deployment not in self._tellers:
            regulation = context.platform().library.of(deployment)
            teller = Teller(regulation, self._people, context.unit_names(), {}, context.now())
            self._tellers[deployment] = (teller, _specs(regulation, self._kept.process.id))
        return self._tellers[deployment]

    def _at(self, at: datetime | None) -> str:
        return self._moment(at, context.in_force().zone, context.now()) if at else ""


def _value(column: Column, row: Row) -> Any:
    return value_of(column, row["order_facts"] if row["vars"] is None else row["vars"])


def _specs(regulation: Regulation, process: str) -> dict[str, FieldSpec]:
    """The questions of every form, by key; those of the process come first, in the order of its drawing."""
    found = regulation.definitions.processes.get(process)
    own = [str(element.form) for element in found.elements.values() if element.form] if found else []
    specs: dict[str, FieldSpec] = {}
    for form in dict.fromkeys([*own, *regulation.forms]):
        if form in regulation.forms:
            for spec in context.platform().form(regulation, form).fields:
                specs.setdefault(spec.key, spec)
    return specs


def _kept() -> Ledger:
    """The ledger of the regulation in force. Raises `NotFound` where it keeps none."""
    found = ledger_of(context.in_force())
    if found is None:
        raise NotFound()
    return found


def _state() -> str:
    state = request.args.get("state", "")
    return state if state in STATES else ""


def _tabs(kept: Ledger, state: str) -> list[dict[str, Any]]:
    counts = registers.count_ledger(context.platform().read, context.sight(), kept.process.id, context.now())
    words = {
        "": _("全部"),
        registers.OPEN: _("办理中"),
        registers.OVERDUE: _("逾期"),
        registers.CLOSED: kept.closed or _("已销账"),
    }
    return [
        {
            "label": words[key],
            "count": counts.get(key, 0),
            "href": url_for("ledger.index", state=key or None),
            "current": key == state,
        }
        for key in STATES
    ]
