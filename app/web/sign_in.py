"""Signing in and out, and choosing the office one works in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response

from app.settings import DEMO_PASSWORD
from app.web import context
from app.web.auth import sign_in_with
from app.web.context import desk, now, platform, role_names
from app.web.language import _
from app.web.security import local_path
from persistence.sight import Sight
from processes.people import SYSTEM

blueprint = Blueprint("sign_in", __name__)

MOST_CHARACTERS = 200


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> str | Response | tuple[str, int]:
    """The door. In a demo the page lists who one can be, and fills in their password."""
    target = local_path(request.values.get("next"))
    if request.method != "POST":
        if current_user.is_authenticated:
            return redirect(target or url_for("inbox.index"))
        return _page(login=request.args.get("as", "")[:MOST_CHARACTERS], next=target)
    login, password = request.form.get("login", "").strip(), request.form.get("password", "")
    if max(len(login), len(password)) > MOST_CHARACTERS:
        abort(400)
    person = sign_in_with(platform(), login, password, now(), demo=desk().settings.demo)
    if person is None:
        return _page(login=login, next=target, failed=True), 401
    return redirect(target or url_for("inbox.index"))


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End every session of this person: one that was copied, or left open elsewhere, must not outlive this."""
    platform().people.update(context.person().id, end_sessions=True)
    logout_user()
    session.clear()
    flash(_("您已退出登录，在其他浏览器上的登录也已结束。"), "done")
    return redirect(url_for("sign_in.sign_in"))


@blueprint.post("/office")
def choose_office() -> Response:
    """Work in another office in which one holds a duty."""
    office = request.form.get("office", "")
    if office not in current_user.offices:
        abort(404)
    session["office"] = office
    session.pop("pack", None)
    return redirect(url_for("inbox.index"))


@blueprint.post("/pack")
def choose_pack() -> Response:
    """Work by another regulation of the office, where it has several."""
    pack = request.form.get("pack", "")
    if pack not in context.packs():
        abort(404)
    session["pack"] = pack
    return redirect(url_for("inbox.index"))


def _page(*, login: str, next: str | None, failed: bool = False) -> str:
    demo = _demo_people() if desk().settings.demo else []
    listed = {person["login"] for office in demo for group in office["groups"] for person in group["people"]}
    password = DEMO_PASSWORD if login in listed and not failed else ""
    return render_template(
        "sign_in/sign_in.html", offices=demo, login=login, password=password, next=next, failed=failed
    )


def _demo_people() -> list[dict[str, Any]]:
    """Demo users by office and by the name of their first duty; in each group those first whose unit has work."""
    busy, offices = _busy_units(), []
    for row in platform().read.offices():
        office, names = row["id"], role_names(row["id"])
        units = {unit["id"]: unit["name"] for unit in platform().read.units(office)}
        groups: dict[str, list[dict[str, Any]]] = {}
        for user in platform().people.of_office(office):
            if user["demo"] and not user["disabled"]:
                duty = user["duties"][0]
                unit = units.get(duty.unit, duty.unit)
                entry = {"login": user["login"], "name": user["name"], "unit": unit, "busy": duty.unit in busy}
                groups.setdefault(duty.role, []).append(entry)
        ranked = sorted(groups, key=lambda role: list(names).index(role) if role in names else len(names))
        shown: list[dict[str, Any]] = [
            {"role": names.get(role, role), "people": sorted(groups[role], key=lambda one: not one["busy"])}
            for role in ranked
        ]
        if shown:
            offices.append({"name": row["name"], "groups": shown})
    return offices


def _busy_units() -> set[str]:
    """Lead units of recent orders that are not closed."""
    read, everything = platform().read, [office["id"] for office in platform().read.offices()]
    orders = [row for office in everything for row in read.orders(Sight(SYSTEM, office, whole_office=True))]
    return {str(row["lead_unit"]) for row in orders if row["lead_unit"] and row["closed_at"] is None}
