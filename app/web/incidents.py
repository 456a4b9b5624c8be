"""异常: deadlines, orders of a batch and duties that came round that could not be done: why, and when next.

For admins.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.web import context
from app.web.language import _, pick
from app.web.paging import paging, wanted_page
from app.web.recording import recorded
from app.web.words import short_moment
from persistence import registers
from persistence.incidents import Incidents
from persistence.reading import PAGE, Row
from processes.errors import NoDeployment, NotFound

blueprint = Blueprint("incidents", __name__, url_prefix="/incidents")

MOST_ID = 2**31 - 1
"""What the column holds: a larger number names nothing, and PostgreSQL would refuse the question."""


@blueprint.get("/")
def index() -> str:
    """What is being retried, the latest first."""
    context.require_admin()
    page = wanted_page()
    rows = registers.incidents(context.platform().read, context.office(), page=page)
    return render_template(
        "incidents/index.html",
        rows=[_line(row) for row in rows[:PAGE]],
        page=paging("incidents.index", {}, page, rows),
    )


@blueprint.post(f"/<int(max={MOST_ID}):incident>/retry")
def retry(incident: int) -> Response:
    """Try again at once: the sweep finds it within seconds."""
    context.require_admin()
    incidents = Incidents(context.platform().database)
    with recorded("retry_incident", {"incident": incident}):
        if not incidents.retry_now(incident, context.office(), context.now()):
            raise NotFound()
    flash(_("已安排立即重试，几秒后刷新可见结果。"), "done")
    return redirect(url_for("incidents.index"))


def _line(row: Row) -> dict[str, Any]:
    now = context.now()
    zone = context.platform().library.of(row["order_deployment"]).zone if row["order_number"] else context.zone()
    zh, _slash, en = str(row["error"]).partition(" / ")
    return {
        "id": row["id"],
        "error": pick(zh, en or zh),
        "number": row["order_number"] or "",
        "title": row["order_title"] or _duty(row),
        "href": url_for("orders.show", number=row["order_number"]) if row["order_number"] else url_for("cases.index"),
        "deadline": row["name"] or (_("周期事项") if row["process"] else _("按放假安排重算时限")),
        "timer": row["timer"] or "",
        "due": short_moment(row["due_at"], zone, now) if row["due_at"] else "",
        "attempts": row["attempts"],
        "since": short_moment(row["first_at"], zone, now),
        "next": short_moment(row["next_at"], zone, now) if row["next_at"] else "—",
    }


def _duty(row: Row) -> str:
    """What a duty is called by the regulation in force."""
    try:
        regulation = context.platform().library.in_force(context.office(), context.now(), row["pack"])
        return str(regulation.definitions.processes[row["process"]].name)
    except (NoDeployment, KeyError):
        return str(row["process"])
