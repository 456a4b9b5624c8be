"""事务: the office's own cases, those that may be opened by hand, and the duties that come round.

A case is a work order of its own process; its page is that of an order.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.web import attachments, context
from app.web.clocks import lamp_until
from app.web.form_pages import is_refresh
from app.web.language import _, language
from app.web.once import id_to_make
from app.web.orders import tell
from app.web.paging import paging, wanted_page, wanted_text
from app.web.strip import short_name
from app.web.words import moment, short_moment
from forms import BoundForm
from persistence.reading import PAGE, Row
from persistence.recurrences import Recurrence, Recurrences
from processes import verbs
from processes.engine.diagram import Process
from processes.errors import NotFound, NotYourDuty
from processes.order import OFFICE_CASE

blueprint = Blueprint("cases", __name__, url_prefix="/cases")


@blueprint.get("/")
def index() -> str:
    """The cases, the latest first; what can be opened; what comes round by itself."""
    text, page = wanted_text(), wanted_page()
    rows = context.platform().read.orders(context.sight(), kind=OFFICE_CASE, text=text, page=page)
    return render_template(
        "cases/index.html",
        rows=[_line(row) for row in rows[:PAGE]],
        text=text,
        starts=[_start(process) for process in _mine()],
        duties=_duties(),
        page=paging("cases.index", {"q": text or None}, page, rows),
    )


@blueprint.route("/new/<process>", methods=["GET", "POST"])
def start(process: str) -> str | tuple[str, int] | Response:
    """The form of its start; opening it leads to the case."""
    regulation, me, office = context.in_force(), context.me(), context.office()
    found = regulation.definitions.processes.get(process)
    if found is None or not regulation.is_office_case(found):
        raise NotFound()
    if not me.holds(office, found.starters, None):
        raise NotYourDuty()
    order_id = id_to_make()
    form: BoundForm | None = None
    personal: frozenset[str] = frozenset()
    if found.start.form is not None:
        compiled = context.platform().form(regulation, found.start.form)
        posted = request.form if request.method == "POST" else None
        now = context.now() if posted is not None else context.now().replace(second=0, microsecond=0)
        choices = context.platform().choices(regulation)
        scope = regulation.names(now, me)
        form = attachments.bind(compiled, posted, scope=scope, choices=choices)
        personal = compiled.personal_keys
    if request.method != "POST" or is_refresh():
        return _page(found, form)
    if form is not None and not form.validate():
        return _page(found, form), 422
    g.form = form
    values = form.values if form is not None else {}
    door, files = context.platform().door, attachments.handed_in(form)
    at = context.now()
    result = verbs.open_case(
        door, me, office, process, values, at, pack=regulation.name, personal=personal, files=files, order_id=order_id
    )
    tell(result, _("已开立，编号 %(number)s。", number=result.order.number))
    return redirect(url_for("orders.show", number=result.order.number))


def may_work_on_cases() -> bool:
    """Whether the rail offers the cases: the regulation has some, and the person sees the office or may open one."""
    regulation = context.in_force()
    return bool(regulation.office_cases()) and (context.sight().whole_office or bool(_mine()))


def _mine() -> list[Process]:
    """The processes of the office that the person may start by hand."""
    me, office = context.me(), context.office()
    return [one for one in context.in_force().office_cases() if me.holds(office, one.starters, None)]


def _start(process: Process) -> dict[str, str]:
    words = process.start.documentation or process.documentation or ""
    return {"name": short_name(process), "words": words, "href": url_for("cases.start", process=process.id)}


def _page(process: Process, form: BoundForm | None) -> str:
    regulation = context.in_force()
    return render_template(
        "cases/start.html",
        process=_start(process) | {"name": process.name, "act": _("开立%(name)s", name=short_name(process))},
        diagram=url_for("packs.process", pack=regulation.name, deployment=regulation.number, process=process.id),
        form=form,
    )


def _line(row: Row) -> dict[str, Any]:
    regulation = context.platform().library.of(row["deployment"])
    status = regulation.statuses.get(row["status"], row["status"])
    process = regulation.definitions.processes[row["process"]]
    due = ""
    if row["closed_at"] or row["archived_at"] or row["next_due_at"] is None:
        ended = row["closed_at"] or row["archived_at"]
        lamp = {"state": "done" if ended else "none", "words": status if ended else _("无时限")}
    else:
        calendar = context.calendar()
        lamp = lamp_until(row["next_due_at"], context.now(), calendar, regulation)
        due = moment(row["next_due_at"], regulation.zone, context.now())
    return {
        "number": row["number"],
        "title": row["title"],
        "kind": short_name(process),
        "lamp": lamp,
        "due": due,
        "step": status,
        "opened": short_moment(row["received_at"], regulation.zone, context.now()),
        "href": url_for("orders.show", number=row["number"]),
    }


def _duties() -> list[dict[str, str]]:
    """The duties that come round, the next one first."""
    regulation = context.in_force()
    planned = Recurrences(context.platform().database).all(context.office())
    at: dict[str, Any] = {"pack": regulation.name, "deployment": regulation.number}
    return [
        {
            "name": regulation.definitions.processes[one.process].name,
            "every": _every(one),
            "next": moment(one.due_at, regulation.zone, context.now()),
            "href": url_for("packs.process", process=one.process, **at),
        }
        for one in sorted(planned, key=_due)
        if one.pack == regulation.name and one.process in regulation.definitions.processes
    ]


def _due(one: Recurrence) -> datetime:
    return one.due_at


def _every(one: Recurrence) -> str:
    """`每 3 个月` from `R/2023-01-01T00:00:00+08:00/P3M`."""
    period = one.interval.rpartition("/P")[2]
    n, unit = period[:-1], period[-1:]
    if unit == "D" and n.isdigit() and int(n) % 7 == 0:
        n, unit = str(int(n) // 7), "W"
    zh = {"D": "天", "W": "周", "M": "个月", "Y": "年"}
    en = {"D": "day", "W": "week", "M": "month", "Y": "year"}
    if unit not in zh:
        return one.interval
    if language() == "en":
        return f"every {en[unit]}" if n == "1" else f"every {n} {en[unit]}s"
    return f"每{zh[unit].removeprefix('个')}" if n == "1" else f"每 {n} {zh[unit]}"
