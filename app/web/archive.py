"""归档: the orders on file, by archive number, with the day until which they are kept."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for

from app.web import context
from app.web.language import _
from app.web.paging import paging, wanted_page, wanted_text
from app.web.words import short_moment
from persistence import registers
from persistence.reading import PAGE, Row

blueprint = Blueprint("archive", __name__, url_prefix="/archive")


@blueprint.get("/")
def index() -> str:
    """A page of the archive; `?q=`: part of the title, or the beginning of a number."""
    text, page = wanted_text(), wanted_page()
    rows = registers.archive(context.platform().read, context.sight(), text=text, page=page)
    return render_template(
        "archive/index.html",
        rows=[_line(row) for row in rows[:PAGE]],
        text=text,
        page=paging("archive.index", {"q": text or None}, page, rows),
    )


def _line(row: Row) -> dict[str, Any]:
    regulation = context.platform().library.of(row["deployment"])
    settings, zone = regulation.pack.settings, regulation.zone
    until = f"{row['kept_until'].astimezone(zone):%Y-%m-%d}" if row["kept_until"] else ""
    return {
        "archive_number": row["archive_no"] or "—",
        "number": row["number"],
        "title": row["title"],
        "category": settings.get("categories", {}).get(row["category"], row["category"] or ""),
        "unit": context.unit_names().get(str(row["lead_unit"]), row["lead_unit"] or "—"),
        "archived": short_moment(row["archived_at"], zone, context.now()),
        "until": until or _("未定"),
        "over": row["over"],
        "href": url_for("orders.show", number=row["number"]),
    }
