"""The rail: what this person can use, with counts where something waits for them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import Flask, request, url_for
from flask_login import current_user

from app.web import cases, context
from app.web.language import _
from app.web.words import counted
from persistence import registers
from persistence.notice_states import DEAD
from persistence.outbox import Outbox
from processes.articles import FILE as ARTICLES
from processes.errors import NoDeployment
from processes.ledger import ledger_of
from processes.regulation import Regulation


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
    """`nav` and `me` in the templates of signed-in people; filter `counted`."""
    app.jinja_env.filters["counted"] = counted

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
        "packs": _packs(),
        "groups": [{"title": title, "items": items} for title, items in _groups() if items],
    }


def _packs() -> list[dict[str, Any]]:
    """The regulations of the office to choose from; none where it has one."""
    if len(context.packs()) < 2:
        return []
    library, here = context.platform().library, context.in_force().number
    found = map(library.of, library.numbers_in_force(context.office(), context.now()))
    return [{"id": one.name, "title": one.title, "current": one.number == here} for one in found]


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
    count, late = context.count_open(), context.count_open(until=context.now())
    work.append(Item(url_for("inbox.index"), "inbox", _("待办"), count, late > 0, current=tab in ("todo", "sign_for")))
    work.append(Item(url_for("inbox.index", tab="all"), "files", _("工单"), current=on_orders))
    supervised = url_for("inbox.index", tab="supervised")
    overdue = context.count_supervised()
    work.append(Item(supervised, "alert-triangle", _("督办"), overdue, current=tab == "supervised"))
    work += _registers(regulation)
    manage = []
    if context.is_admin():
        on_people = request.blueprint in ("people", "accounts")
        manage.append(Item(url_for("people.index"), "users", _("人员"), current=on_people))
        manage.append(Item(url_for("units.index"), "building", _("单位管理"), current=request.blueprint == "units"))
        waiting = registers.count_incidents(context.platform().read, context.office())
        dead = Outbox(context.platform().database).count(context.office())[DEAD]
        on_outbox = request.blueprint == "outbox"
        manage.append(Item(url_for("outbox.index"), "send", _("通知"), dead, dead > 0, current=on_outbox))
        on_incidents = request.blueprint == "incidents"
        manage.append(Item(url_for("incidents.index"), "urgent", _("异常"), waiting, waiting > 0, current=on_incidents))
    if context.may_deploy():
        on_uploads = request.blueprint == "uploads"
        manage.append(Item(url_for("uploads.index"), "package", _("规程包上传"), current=on_uploads))
    if context.me().roles(context.office()) & context.SEES_ALL:
        on_journal = request.endpoint == "packs.journal"
        manage.append(Item(url_for("packs.journal"), "eye-check", _("审计"), current=on_journal))
    return [("", work), (_("规定"), _rules()), (_("管理"), manage)]


def _articles() -> list[Item]:
    with suppress(NoDeployment):
        if ARTICLES in context.in_force().pack.files:
            href, on_articles = url_for("articles.index", pack=context.in_force().name), request.blueprint == "articles"
            return [Item(href, "article", _("条文对照"), current=on_articles)]
    return []


def _registers(regulation: Regulation) -> list[Item]:
    """What the office keeps beside its orders: cases, the ledger, the archive."""
    items = []
    if cases.may_work_on_cases():
        on_cases = request.blueprint == "cases"
        items.append(Item(url_for("cases.index"), "clipboard-list", _("事务"), current=on_cases))
    kept = ledger_of(regulation)
    if kept is not None:
        items.append(Item(url_for("ledger.index"), "list-check", kept.title, current=request.blueprint == "ledger"))
    items.append(Item(url_for("archive.index"), "archive", _("归档"), current=request.blueprint == "archive"))
    return items


def _rules() -> list[Item]:
    on_packs = request.blueprint in ("packs", "decisions") and request.endpoint != "packs.journal"
    return [
        Item(url_for("packs.index"), "sitemap", _("流程"), current=on_packs),
        *_articles(),
        Item(url_for("calendar.index"), "calendar", _("历法"), current=request.blueprint == "calendar"),
    ]
