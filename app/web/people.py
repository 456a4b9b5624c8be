"""People of the office and their duties; an admin may disable somebody, which ends their sessions at once."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.web import context
from app.web.accounts import managed, may_manage
from app.web.language import _
from app.web.recording import recorded

blueprint = Blueprint("people", __name__, url_prefix="/people")


@blueprint.get("/")
def index() -> str:
    """Everybody with a duty in this office."""
    context.require_admin()
    units, here = context.unit_names(), context.office()
    listed, offices = [], context.platform().people.offices_of(here)
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
                "managed": may_manage(offices[user["id"]]),
            }
        )
    return render_template("people/index.html", people=listed, own=context.person().id)


@blueprint.post("/<user>/state")
def switch(user: str) -> Response:
    """Disable or enable somebody; recorded in the office's journal."""
    context.require_admin()
    found = managed(user)
    if user == context.person().id:
        abort(404)
    disabled = request.form.get("to") == "disabled"
    with recorded("disable_user" if disabled else "enable_user", {"login": found["login"]}):
        context.platform().people.update(
            user, end_sessions=True, disabled=disabled, failed_attempts=0, locked_until=None
        )
    said = _("已停用 %(name)s，其登录会话随即结束。") if disabled else _("已启用 %(name)s。")
    flash(said % {"name": found["name"]}, "done")
    return redirect(url_for("people.index"))
