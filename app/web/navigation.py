"""The rail: what this person can use, with counts where something waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, request, url_for
from flask_login import current_user

from app.web import context
from app.web.language import _
from processes.errors import NoDeployment


@dataclass(frozen=True, slots=True)
class Item:
    """One link of the rail. `late`: something behind it is overdue."""

    href: str
    icon: str
    label: str
    count: int = 0
    late: bool = False
    current: bool = False


def init_navigation(app: Flask) -> None:
    """`nav` and `me` in the templates of signed-in people."""

    @app.context_processor
    def navigation() -> dict[str, Any]:
        if not current_user.is_authenticated or not current_user.offices:
            return {}
        return {"nav": rail(), "me": context.me()}


def rail() -> dict[str, Any]:
    """Groups of links, and where the person works."""
    here, office = context.office(), {row["id"]: row["name"] for row in context.platform().read.offices()}
    duties = [duty for duty in context.me().duties if duty.office == here]
    units = context.unit_names()
    roles = [(context.role_name(duty.role), duty.unit) for duty in duties]
    words = [f"{units.get(unit, unit)} · {role}" if unit else role for role, unit in roles]
    return {
        "office_title": office.get(here, here),
        "duty_words": "、".join(words[:2]) + (_(" 等 %(n)s 项职责", n=len(words)) if len(words) > 2 else ""),
        "offices": [
            {"id": one, "title": office.get(one, one), "current": one == here} for one in context.person().offices
        ],
        "groups": [{"title": title, "items": items} for title, items in _groups() if items],
    }


def _groups() -> list[tuple[str, list[Item]]]:
    tab = request.args.get("tab", "todo") if request.endpoint == "inbox.index" else ""
    try:
        regulation = context.in_force()
    except NoDeployment:
        return [("", []), (_("规定"), _rules())]
    on_orders = tab in ("all", "done", "archived") or request.blueprint in ("orders", "diagrams")
    work = []
    starters = regulation.definitions.processes[regulation.main].starters
    if context.me().holds(context.office(), starters, None):
        work.append(Item(url_for("intake.receive"), "headset", _("受理台"), current=request.blueprint == "intake"))
    read, sight = context.platform().read, context.sight()
    count, late = read.count_open(sight), read.count_open(sight, until=context.now())
    work.append(Item(url_for("inbox.index"), "inbox", _("待办"), count, late > 0, current=tab in ("todo", "sign_for")))
    work.append(Item(url_for("inbox.index", tab="all"), "files", _("工单"), current=on_orders))
    supervised = url_for("inbox.index", tab="supervised")
    overdue = context.count_supervised()
    work.append(Item(supervised, "alert-triangle", _("督办"), overdue, current=tab == "supervised"))
    manage = []
    if context.is_admin():
        manage.append(Item(url_for("people.index"), "users", _("人员"), current=request.blueprint == "people"))
    if context.me().roles(context.office()) & context.SEES_ALL:
        on_journal = request.endpoint == "packs.journal"
        manage.append(Item(url_for("packs.journal"), "eye-check", _("审计"), current=on_journal))
    return [("", work), (_("规定"), _rules()), (_("管理"), manage)]


def _rules() -> list[Item]:
    on_packs = request.blueprint in ("packs", "decisions") and request.endpoint != "packs.journal"
    return [
        Item(url_for("packs.index"), "sitemap", _("流程"), current=on_packs),
        Item(url_for("calendar.index"), "calendar", _("历法"), current=request.blueprint == "calendar"),
    ]
