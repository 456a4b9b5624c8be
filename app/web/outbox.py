"""通知: what was sent, what could not be and why, sending it again, and which way notices go. For admins."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.delivery.addresses import WAYS_OF_PETITIONER, WAYS_OF_STAFF
from app.delivery.words import step_name
from app.web import context
from app.web.language import _, pick
from app.web.paging import paging, wanted_page
from app.web.recording import recorded
from app.web.words import short_moment
from persistence.notice_states import DEAD, KEPT, SENT, STATES, WAITING
from persistence.outbox import Outbox
from persistence.reading import PAGE, Row
from processes.errors import NotFound

blueprint = Blueprint("outbox", __name__, url_prefix="/outbox")


@blueprint.get("/")
def index() -> str:
    """Notices of the office, dead letters first unless another state is asked for."""
    context.require_admin()
    state = request.args.get("state", DEAD)
    if state not in STATES:
        abort(404)
    page, box, here = wanted_page(), _box(), context.office()
    rows = box.page(office=here, state=state, page=page)
    counts = box.count(here)
    tabs = [{"state": one, "label": _state_words()[one], "count": counts.get(one, 0)} for one in STATES]
    return render_template(
        "outbox/index.html",
        rows=[_line(row) for row in rows[:PAGE]],
        state=state,
        tabs=tabs,
        ways=context.platform().people.ways_of(here),
        way_words={"email": _("电子邮件"), "webhook": _("消息网关"), "none": _("不发送")},
        staff_ways=WAYS_OF_STAFF,
        petitioner_ways=WAYS_OF_PETITIONER,
        page=paging("outbox.index", {"state": state}, page, rows),
    )


@blueprint.post("/resend")
def resend() -> Response:
    """Let one notice go out again, under the same key."""
    context.require_admin()
    key = request.form.get("key", "")
    with recorded("resend_notice", {"key": key}):
        if not _box().resend(key, context.now(), context.office()):
            raise NotFound()
    flash(_("已安排再次发送，几秒后刷新可见结果。"), "done")
    return redirect(url_for("outbox.index", state=WAITING))


@blueprint.post("/ways")
def ways() -> Response:
    """Which way the notices of this office go."""
    context.require_admin()
    staff, petitioner = request.form.get("staff", ""), request.form.get("petitioner", "")
    if staff not in WAYS_OF_STAFF or petitioner not in WAYS_OF_PETITIONER:
        abort(400)
    people, here = context.platform().people, context.office()
    before = people.ways_of(here)
    changed = {
        "before": {"staff": before.staff_by, "petitioner": before.petitioner_by},
        "after": {"staff": staff, "petitioner": petitioner},
    }
    with recorded("set_ways", changed):
        people.set_ways(here, staff, petitioner)
    flash(_("已保存通知方式。"), "done")
    return redirect(url_for("outbox.index"))


def _box() -> Outbox:
    return Outbox(context.platform().database)


def _state_words() -> dict[str, str]:
    return {WAITING: _("待发送"), SENT: _("已发送"), DEAD: _("发送失败"), KEPT: _("不发送")}


def _line(row: Row) -> dict[str, Any]:
    regulation = context.platform().library.of(row["order_deployment"])
    zone, now = regulation.zone, context.now()
    zh, _slash, en = str(row["error"] or "").partition(" / ")
    to = _("诉求人") if row["to"] == "petitioner" else context.role_name(row["to"])
    return {
        "key": row["key"],
        "name": step_name(regulation, row["template"]),
        "to": to,
        "unit": context.unit_names().get(row["unit"] or "", row["unit"] or ""),
        "number": row["order_number"],
        "title": row["order_title"],
        "href": url_for("orders.show", number=row["order_number"]),
        "error": pick(zh, en or zh),
        "attempts": row["attempts"],
        "at": short_moment(row["at"], zone, now),
        "next": short_moment(row["next_at"], zone, now) if row["next_at"] else "—",
        "sent": short_moment(row["sent_at"], zone, now) if row["sent_at"] else "—",
        "again": row["state"] in (DEAD, KEPT) and not row["unreal"],
    }
