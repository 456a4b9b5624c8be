"""历法: the working days of a year with their source, and the import of a holiday notice."""

from __future__ import annotations

import calendar as months
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app import calendar_import
from app.web import context
from app.web.language import _, language, pick
from app.web.words import moment, short_moment
from app.working.hands import SLICE, Hands
from persistence.batches import Batches
from timers.calendar import Calendar, Day
from timers.errors import TimerError
from timers.notice import Notice, parse_notice

blueprint = Blueprint("calendar", __name__, url_prefix="/calendar")

FIRST_YEAR, LAST_YEAR = 2004, 2100
FIELDS = ("year", "source", "notice")
MOST_CHARACTERS = 20_000
EXAMPLE = "\n2030-01-01..2030-01-03,放假,元旦\n2030-01-06,上班,元旦"


@blueprint.get("/")
def index() -> str:
    """One year, this one unless another is asked for."""
    this_year = context.now().astimezone(context.in_force().zone).year
    year = request.args.get("year", this_year, type=int)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        abort(404)
    return _page(year, {})


@blueprint.post("/edit")
def edit() -> str:
    """Back from the preview to the form, with everything typed."""
    context.require_admin()
    return _page(_year(_typed()), _typed())


@blueprint.post("/preview")
def preview() -> str | tuple[str, int]:
    """What the notice would move. Nothing is written."""
    context.require_admin()
    typed = _typed()
    try:
        notice = _notice(typed)
    except TimerError as error:
        return _page(_year(typed), typed, {"words": pick(error.zh, error.en), "kept": True}), 422
    found = calendar_import.preview(context.platform(), notice, context.me(), context.office(), context.now())
    zone = context.in_force().zone
    affected = [
        {
            "number": move.number,
            "title": move.title,
            "name": move.name,
            "before": moment(move.before, zone, context.now()),
            "after": moment(move.after, zone, context.now()),
            "href": url_for("orders.show", number=move.number),
        }
        for move in found.moves
    ]
    return render_template(
        "calendar/preview.html", year=notice.year, typed=typed, affected=affected, total=found.orders,
        days={"off": len(notice.holidays), "worked": len(notice.workdays)},
    )  # fmt: skip


@blueprint.post("/apply")
def apply() -> Response:
    """Adopt the notice; a batch computes the running deadlines again, a small one before the page answers."""
    context.require_admin()
    notice = _notice(_typed())
    desk = context.desk()
    batch = calendar_import.begin(desk.platform, notice, context.me(), context.office(), context.now())
    if batch is not None and batch.total < SLICE:
        Hands(desk.platform, desk.settings, desk.clock).work_batch(batch.id)
        said = _("已写入 %(year)s 年放假安排，重算了 %(n)s 件工单的时限。", year=notice.year, n=batch.total)
    else:
        count = batch.total if batch else 0
        said = _("已写入 %(year)s 年放假安排，正在重算 %(n)s 件工单的时限。", year=notice.year, n=count)
    flash(said, "done")
    return redirect(url_for("calendar.index", year=notice.year))


def _typed() -> dict[str, str]:
    typed = {name: request.form.get(name, "").strip() for name in FIELDS}
    if len(typed["notice"]) > MOST_CHARACTERS:
        abort(413)
    return typed


def _year(typed: dict[str, str]) -> int:
    year = int(typed["year"]) if typed["year"].isascii() and typed["year"].isdigit() else 0
    return year if FIRST_YEAR <= year <= LAST_YEAR else context.now().year


def _notice(typed: dict[str, str]) -> Notice:
    return parse_notice(typed["notice"], year=_year(typed), source=typed["source"])


def _page(year: int, typed: dict[str, str], refusal: dict[str, Any] | None = None) -> str:
    calendar = context.calendar()
    table = calendar.years.get(year)
    today = context.now().astimezone(context.in_force().zone).date()
    first, after = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
    return render_template(
        "calendar/index.html",
        year=year,
        previous=year > FIRST_YEAR,
        following=year < LAST_YEAR,
        covered=table is not None,
        source=(table.source if table else "") or _("随产品提供的历年放假安排"),
        working_days=sum(calendar.is_working(ordinal) for ordinal in range(first, after)),
        weekdays=["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"] if language() == "en" else list("一二三四五六日"),
        months=[_month(year, month, calendar, today) for month in range(1, 13)],
        may_import=context.is_admin(),
        batch=_batch(),
        typed=typed,
        refusal=refusal,
        notice_help=_("每行一天或一段：日期,类型,名称；类型为“放假”或“上班”。例如：") + EXAMPLE,
    )


def _batch() -> dict[str, Any] | None:
    """How far the last recomputing is; for admins."""
    if not context.is_admin():
        return None
    batch = Batches(context.platform().database).latest(context.office(), calendar_import.KIND)
    if batch is None:
        return None
    begun = short_moment(batch.begun_at, context.zone(), context.now())
    return {"done": batch.done, "total": batch.total, "failed": batch.failed, "over": batch.ended_at, "begun": begun}


def _month(year: int, month: int, calendar: Calendar, today: date) -> dict[str, Any]:
    name = date(year, month, 1).strftime("%B") if language() == "en" else f"{month}月"
    weeks = [
        [_day(calendar.day(date(year, month, n)), today) if n else None for n in week]
        for week in months.monthcalendar(year, month)
    ]
    return {"name": name, "weeks": weeks}


def _day(day: Day, today: date) -> dict[str, Any]:
    kinds = {"holiday": "holiday", "makeup": "makeup", "weekend": "weekend", "weekday": ""}
    marks = {"holiday": _("休"), "makeup": _("班")}
    words = {"holiday": day.name or _("放假"), "makeup": _("%(name)s调休上班", name=day.name)}
    return {
        "n": day.date.day,
        "kind": kinds[day.reason],
        "mark": marks.get(day.reason, ""),
        "words": words.get(day.reason, ""),
        "today": day.date == today,
    }
