"""The lists of work: what waits for me, what I have done, what is overdue, what is filed; and searching orders."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for

from app.web import context
from app.web.clocks import lamp_until
from app.web.language import _
from app.web.paging import paging, wanted_page, wanted_text
from app.web.words import counted, moment, short_moment
from persistence.reading import PAGE
from processes.regulation import Regulation
from timers.limits import Unit

blueprint = Blueprint("inbox", __name__)

TABS = ("sign_for", "todo", "done", "supervised", "archived", "all")
SIGN_FOR = "sign_for"
"""Element that the tab 待签收 gathers; every pack names the act of signing for an order so."""
LAMPS = ("late", "today")

Row = Mapping[str, Any]


@blueprint.get("/")
@blueprint.get("/inbox")
def index() -> str:
    """One tab of the inbox. Unknown filters are ignored, never passed on."""
    tab = request.args.get("tab", "todo")
    tab = tab if tab in TABS else "todo"
    lamp = request.args.get("lamp", "")
    lamp = lamp if lamp in LAMPS else ""
    status = request.args.get("status", "")
    status = status if status in context.in_force().statuses else ""
    text, page = wanted_text(), wanted_page()
    rows = _rows(tab, text, lamp, status, page)
    here = {"tab": tab, "q": text or None, "lamp": lamp or None, "status": status or None}
    return render_template(
        "inbox/index.html",
        tab=tab,
        tab_title=_titles()[tab],
        tabs=_tabs(tab),
        lamps=_lamps(tab, lamp),
        selects=_selects(tab, status),
        rows=rows[:PAGE],
        page=paging("inbox.index", here, page, rows),
        q=text,
        filtered=bool(text or lamp or status),
        nothing=_nothing(tab),
    )


def _rows(tab: str, text: str, lamp: str, status: str, page: int) -> list[dict[str, Any]]:
    read, sight = context.platform().read, context.sight()
    if tab in ("sign_for", "todo"):
        until = {"late": context.now(), "today": _end_of_day()}.get(lamp)
        element = SIGN_FOR if tab == "sign_for" else None
        found = read.open_tasks(sight, element=element, text=text, until=until, page=page)
        names = context.people_names(row["assignee"] for row in found if row["assignee"])
        return [_task(row) | {"holder": _holder(row["assignee"], names)} for row in found]
    if tab == "done":
        return [_task(row) for row in read.done_tasks(sight, page=page)]
    statuses = {"archived": ["archived"]}.get(tab, [status] if status else None)
    orders = read.orders(sight, text=text, statuses=statuses, overdue=tab == "supervised", page=page)
    return [_order(row) for row in orders]


def _task(row: Row) -> dict[str, Any]:
    regulation = context.platform().library.of(row["order_deployment"])
    if row["closed_at"]:
        lamp = {"state": "done", "words": _("已办")}
        due = short_moment(row["closed_at"], regulation.zone, context.now())
    else:
        lamp = _lamp(row["due_at"], regulation)
        due = moment(row["due_at"], regulation.zone, context.now()) if row["due_at"] else ""
    order = {key.removeprefix("order_"): row[key] for key in row if key.startswith("order_") and key != "order_id"}
    return _about(order) | {"lamp": lamp, "due": due, "step": row["name"], "href": _order_href(order["number"], row)}


def _holder(login: str | None, names: Mapping[str, str]) -> str:
    """Who has taken the task, in words."""
    if not login:
        return ""
    return _("我已领取") if login == context.me().user else _("%(name)s 已领取", name=names.get(login, login))


def _order_href(number: str, row: Row) -> str:
    task = None if row["closed_at"] else row["id"]
    return url_for("orders.show", number=number, task=task)


def _order(row: Row) -> dict[str, Any]:
    regulation = context.platform().library.of(row["deployment"])
    status = regulation.statuses.get(row["status"], row["status"])
    due = ""
    if row["closed_at"] or row["archived_at"]:
        lamp = {"state": "done", "words": status}
        due = short_moment(row["archived_at"] or row["closed_at"], regulation.zone, context.now())
    else:
        lamp = _lamp(row["next_due_at"], regulation)
        due = moment(row["next_due_at"], regulation.zone, context.now()) if row["next_due_at"] else ""
        if row["overdue"]:
            lamp, due = {"state": "late", "words": _("已超期")}, _("下一时限 %(at)s", at=due) if due else ""
    href = url_for("orders.show", number=row["number"])
    return _about(row) | {"lamp": lamp, "due": due, "step": status, "href": href}


def _about(order: Row) -> dict[str, Any]:
    settings = context.in_force().pack.settings
    kind = _labels("request_type").get(str(order["request_type"]), order["request_type"] or "")
    category = settings.get("categories", {}).get(order["category"], order["category"] or "")
    return {
        "number": order["number"],
        "title": order["title"],
        "about": " · ".join(str(word) for word in (kind, category) if word),
        "region": settings.get("regions", {}).get(order["region"], order["region"] or "—"),
        "unit": context.unit_names().get(str(order["lead_unit"]), order["lead_unit"] or "—"),
        "received": short_moment(order["received_at"], context.in_force().zone, context.now()),
    }


def _labels(key: str) -> Mapping[str, str]:
    """Option → label of a field of the intake form."""
    regulation = context.in_force()
    form = regulation.definitions.processes[regulation.main].start.form
    if form is None:
        return {}
    fields = {spec.key: spec for spec in context.platform().form(regulation, form).fields}
    return {str(option.value): option.label for option in fields[key].options} if key in fields else {}


def _lamp(due_at: datetime | None, regulation: Regulation) -> dict[str, str]:
    """A row tells when its task is due, not by what limit, so the unit is guessed from the time of day: what ends at
    close of business, at midnight or at 23:59 is taken for a limit in days, anything else runs by the clock. A limit of
    24 hours that happens to end at close of business is therefore shown in working days; the page of the order knows
    better."""
    local = due_at.astimezone(regulation.zone).time() if due_at else None
    unit: Unit = "wd" if local in (regulation.counting.close, time(), time(23, 59)) else "h"
    return lamp_until(due_at, context.now(), context.calendar(), regulation, unit)


def _end_of_day() -> datetime:
    zone = context.in_force().zone
    tomorrow = context.now().astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)


def _titles() -> dict[str, str]:
    return {
        "sign_for": _("待签收"),
        "todo": _("待办"),
        "done": _("已办"),
        "supervised": _("督办"),
        "archived": _("归档"),
        "all": _("全部工单"),
    }


def _tabs(tab: str) -> list[dict[str, Any]]:
    counts = {
        "sign_for": context.count_open(SIGN_FOR),
        "todo": context.count_open(),
        "supervised": context.count_supervised(),
    }
    return [
        {"label": label, "count": counts.get(key, 0), "href": url_for("inbox.index", tab=key), "current": key == tab}
        for key, label in _titles().items()
    ]


def _lamps(tab: str, lamp: str) -> list[dict[str, Any]]:
    if tab not in ("sign_for", "todo"):
        return []
    element = SIGN_FOR if tab == "sign_for" else None
    late = context.count_open(element, context.now())
    today = context.count_open(element, _end_of_day())
    offered = (
        ("late", "late", _("已超期 %(n)s", n=counted(late)), late),
        ("today", "soon", _("今日到期及已超期 %(n)s", n=counted(today)), today),
    )
    return [
        {
            "state": state,
            "words": words,
            "current": key == lamp,
            "href": url_for("inbox.index", tab=tab, lamp=None if key == lamp else key),
        }
        for key, state, words, count in offered
        # What is due today is offered only where it says more than what is overdue.
        if key == lamp or count > (late if key == "today" else 0)
    ]


def _selects(tab: str, status: str) -> list[dict[str, Any]]:
    if tab != "all":
        return []
    options = list(context.in_force().statuses.items())
    return [{"name": "status", "label": _("状态"), "all": _("全部状态"), "options": options, "value": status}]


def _nothing(tab: str) -> dict[str, Any]:
    """The empty list says what will appear here and what to do next."""
    said = {
        "sign_for": ("checkbox", _("没有待签收的工单"), _("派到本单位的工单会出现在这里，请在时限内签收。")),
        "todo": ("inbox", _("没有待办工单"), _("轮到您办理的工单会按剩余时限排在这里，最急的在最上面。")),
        "done": ("history", _("还没有办过工单"), _("您办完的每个环节会列在这里，方便回看。")),
        "supervised": ("shield-check", _("没有超期工单"), _("超过时限、进入督办的工单会列在这里。")),
        "archived": ("archive", _("还没有归档工单"), _("办结并归档的工单会列在这里。")),
        "all": ("files", _("还没有工单"), _("登记诉求后，您有权查看的工单会列在这里。")),
    }[tab]
    regulation = context.in_force()
    starters = regulation.definitions.processes[regulation.main].starters
    may_start = context.me().holds(context.office(), starters, None)
    href, act = (url_for("intake.receive"), _("登记诉求")) if may_start else (None, None)
    return {"icon": said[0], "title": said[1], "words": said[2], "href": href, "act": act}
