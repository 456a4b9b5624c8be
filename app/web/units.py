"""单位: the units of the office; an admin adds one or corrects a name. Units are never deleted: orders name them."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.web import context
from app.web.language import _
from app.web.recording import recorded
from processes.errors import NotFound

blueprint = Blueprint("units", __name__, url_prefix="/units")

UNIT = re.compile(r"[a-z][a-z0-9_.-]{1,59}")
MOST_NAME = 60
Answer = str | tuple[str, int] | Response


@blueprint.get("/")
def index() -> str:
    """The units by level and name, how many people each has, and the form for a new one."""
    context.require_admin()
    return _page({}, {})


@blueprint.post("/")
def add() -> Answer:
    """A new unit."""
    context.require_admin()
    here, platform = context.office(), context.platform()
    typed = {name: request.form.get(name, "").strip() for name in ("id", "name", "level", "parent")}
    known, wrong = {str(row["id"]): row for row in platform.read.units(here)}, {}
    if not UNIT.fullmatch(typed["id"]):
        wrong["id"] = _("代码应以小写字母开头，由小写字母、数字和 . _ - 组成，2 至 60 个字符。")
    elif typed["id"] in known:
        wrong["id"] = _("这个代码已经有单位在用。")
    if reason := _wrong_name(typed["name"]):
        wrong["name"] = reason
    if typed["level"] not in {str(row["level"]) for row in known.values()}:
        wrong["level"] = _("请选择层级。")
    if typed["parent"] and typed["parent"] not in known:
        wrong["parent"] = _("请选择上级单位。")
    if wrong:
        return _page(typed, wrong), 422
    unit = {"name": typed["name"], "level": typed["level"], "parent": typed["parent"] or None}
    with recorded("add_unit", {"unit": typed["id"], **unit}):
        platform.library.add_units(here, {typed["id"]: unit})
    flash(_("已新增单位 %(name)s。", name=typed["name"]), "done")
    return redirect(url_for("units.index"))


@blueprint.post("/<unit>/name")
def rename(unit: str) -> Answer:
    """Another name for a unit, also in orders that named it before."""
    context.require_admin()
    here, platform, name = context.office(), context.platform(), request.form.get("name", "").strip()
    before = context.unit_names().get(unit)
    if before is None:
        raise NotFound()
    if reason := _wrong_name(name):
        return _page({}, {unit: reason}), 422
    with recorded("rename_unit", {"unit": unit, "before": before, "after": name}):
        platform.library.rename_unit(here, unit, name)
    flash(_("单位名称已由“%(before)s”改为“%(after)s”。", before=before, after=name), "done")
    return redirect(url_for("units.index"))


def _wrong_name(name: str) -> str:
    right = 0 < len(name) <= MOST_NAME and name.isprintable()
    return "" if right else _("请填写名称，不超过 %(n)s 个字。", n=MOST_NAME)


def _page(typed: dict[str, str], wrong: dict[str, str]) -> str:
    rows = context.platform().read.units(context.office())
    names = {str(row["id"]): str(row["name"]) for row in rows}
    levels = {"province": _("省级"), "prefecture": _("州市级"), "city": _("市级"), "county": _("县区级"),
              "township": _("乡镇街道")}  # fmt: skip
    held: dict[str, int] = {}
    for user in context.platform().people.of_office(context.office()):
        for unit in {duty.unit for duty in user["duties"] if duty.unit}:
            held[unit] = held.get(unit, 0) + (0 if user["disabled"] else 1)
    units: list[dict[str, Any]] = [
        {
            "id": row["id"],
            "name": row["name"],
            "level": levels.get(row["level"], row["level"]),
            "parent": names.get(row["parent"] or "", ""),
            "people": held.get(row["id"], 0),
            "wrong": wrong.get(row["id"], ""),
        }
        for row in rows
    ]
    used = list(dict.fromkeys(str(row["level"]) for row in rows)) or ["city"]
    return render_template(
        "units/index.html",
        units=units,
        levels=[(level, levels.get(level, level)) for level in used],
        names=list(names.items()),
        typed=typed,
        wrong=wrong,
    )
