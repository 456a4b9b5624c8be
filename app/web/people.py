"""People of the office and their duties; an admin may disable somebody, which ends their sessions at once."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.web import context
from app.web.language import _
from processes import verbs

blueprint = Blueprint("people", __name__, url_prefix="/people")


@blueprint.get("/")
def index() -> str:
    """Everybody with a duty in this office."""
    context.require_admin()
    units, here = context.unit_names(), context.office()
    listed = []
    for user in context.platform().people.of_office(here):
        duties = user["duties"]
        words = [context.role_name(d.role) + (f"（{units.get(d.unit, d.unit)}）" if d.unit else "") for d in duties]
        locked = user["locked_until"] is not None and user["locked_until"] > context.now()
        listed.append(
            {
                "id": user["id"],
                "name": user["name"],
                "login": user["login"],
                "duties": "、".join(words),
                "disabled": user["disabled"],
                "locked": locked,
            }
        )
    return render_template("people/index.html", people=listed, own=context.person().id)


@blueprint.post("/<user>/state")
def switch(user: str) -> Response:
    """Disable or enable somebody of this office; recorded in the office's journal."""
    context.require_admin()
    people = context.platform().people
    found = people.by_id(user)
    here = context.office()
    if found is None or all(duty.office != here for duty in people.duties(user)) or user == context.person().id:
        abort(404)
    disabled = request.form.get("to") == "disabled"
    epoch = found["session_epoch"] + 1
    people.update(user, disabled=disabled, session_epoch=epoch, failed_attempts=0, locked_until=None)
    act = "disable_user" if disabled else "enable_user"
    verbs.record(context.platform().door, context.me(), here, act, {"login": found["login"]}, context.now())
    said = _("已停用 %(name)s，其登录会话随即结束。") if disabled else _("已启用 %(name)s。")
    flash(said % {"name": found["name"]}, "done")
    return redirect(url_for("people.index"))
