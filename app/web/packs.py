"""The regulations: what each deployment consists of, as drawings, tables, forms and timers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.exceptions import Forbidden

from app.web import context
from app.web.language import _
from app.web.limit_list import timers_of
from app.web.pack_lists import decision_name, forms_of, parameters_of
from app.web.story import Teller
from app.web.words import exact_moment
from decisions.outline import outline
from persistence.library import NEVER
from processes.engine.diagram import Element
from processes.errors import NotFound
from processes.regulation import Regulation

blueprint = Blueprint("packs", __name__, url_prefix="/packs")


def deployed(pack: str) -> Regulation:
    """The deployment that `?deployment=` names, or the one in force. Raises `NotFound`, `NoDeployment`."""
    library, number = context.platform().library, request.args.get("deployment", type=int)
    office = office_of(pack)
    if number is None:
        return library.in_force(office, context.now(), pack)
    if number not in library.deployments(office, pack):
        raise NotFound()
    return library.of(number)


def office_of(pack: str) -> str:
    """The office of the person that runs a pack, this one before others. Raises `NotFound`."""
    library, here = context.platform().library, context.office()
    offices = sorted(context.person().offices, key=lambda office: office != here)
    for office in offices:
        if pack in library.packs(office):
            return office
    raise NotFound()


@blueprint.get("/")
def index() -> str:
    """The regulations of the offices the person works in."""
    library, now = context.platform().library, context.now()
    found = [library.of(n) for office in context.person().offices for n in library.numbers_in_force(office, now)]
    packs = [
        {
            "id": regulation.name,
            "title": regulation.title,
            "document": regulation.document,
            "version": _("第 %(n)s 版", n=regulation.number),
            "effective": _day(regulation),
            "words": _words(regulation),
            "href": url_for("packs.show", pack=regulation.name),
        }
        for regulation in found
    ]
    return render_template("packs/index.html", packs=packs)


@blueprint.get("/<pack>")
def show(pack: str) -> str:
    """Everything one deployment consists of."""
    regulation = deployed(pack)
    at: dict[str, Any] = {"pack": pack, "deployment": str(regulation.number)}
    processes = [
        {
            "name": process.name,
            "main": process.id == regulation.main,
            "words": _steps(list(process.elements.values())),
            "href": url_for("packs.process", process=process.id, **at),
        }
        for process in regulation.processes()
    ]
    return render_template(
        "packs/pack.html",
        pack={"id": pack, "title": regulation.title, "words": f"{regulation.document} · {_deployment(regulation)}"},
        processes=processes,
        decisions=[_decision(regulation, key, at) for key in regulation.tables],
        forms=forms_of(regulation),
        timers=timers_of(regulation),
        parameters=parameters_of(regulation),
        deployments=_deployments(pack),
    )


@blueprint.get("/<pack>/processes/<process>")
def process(pack: str, process: str) -> str:
    """One drawing with its elements listed."""
    regulation = deployed(pack)
    found = regulation.definitions.processes.get(process)
    if found is None:
        raise NotFound()
    here = request.args.get("element", "")
    return render_template(
        "packs/process.html",
        pack={"id": pack, "title": regulation.title},
        process={
            "id": found.id,
            "name": found.name,
            "xml": url_for("packs.diagram", pack=pack, deployment=regulation.number, process=found.id),
        },
        elements=[_element(regulation, one) for one in found.elements.values() if "Gateway" not in one.type],
        here_element=here if here in found.elements else "",
    )


@blueprint.get("/<pack>/diagrams/<process>.bpmn")
def diagram(pack: str, process: str) -> Response:
    """The file of a drawing, as deployed."""
    regulation = deployed(pack)
    found = regulation.definitions.processes.get(process)
    if found is None:
        raise NotFound()
    return as_file(regulation.pack.files[found.file], f"{process}.bpmn")


@blueprint.get("/journal")
def journal() -> str:
    """The office's own chain: deployments, calendars, declarations. For those who audit or administer."""
    if not context.me().roles(context.office()) & context.SEES_ALL:
        raise Forbidden()
    regulation = context.in_force()
    rows = context.platform().read.office_journal(context.office())
    names = context.people_names(row["actor"] for row in rows)
    teller = Teller(regulation, names, context.unit_names(), {}, context.now())
    return render_template("packs/journal.html", rows=[teller.raw(row) for row in rows])


def as_file(data: bytes, name: str) -> Response:
    """XML for our viewers and for saving; never shown as a page of ours."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, content_type="application/xml", headers=headers)


def _words(regulation: Regulation) -> str:
    counts = (len(regulation.processes()), len(regulation.tables), len(regulation.forms))
    return _("流程图 %(a)s 张 · 规则表 %(b)s 张 · 表单 %(c)s 张", a=counts[0], b=counts[1], c=counts[2])


def _day(regulation: Regulation) -> str:
    at = regulation.effective_from
    return f"{at.astimezone(regulation.zone):%Y-%m-%d}" if at else "—"


def _deployment(regulation: Regulation) -> str:
    return _("第 %(n)s 版，%(day)s 起施行", n=regulation.number, day=_day(regulation))


def _steps(elements: list[Element]) -> str:
    tasks = sum(element.type == "userTask" for element in elements)
    timers = sum(element.event == "timer" for element in elements)
    return _("人工环节 %(a)s 个 · 时限 %(b)s 项", a=tasks, b=timers)


def _decision(regulation: Regulation, key: str, at: dict[str, Any]) -> dict[str, Any]:
    table = outline(regulation.tables[key])
    words = _("%(n)s 条规则 · %(policy)s", n=len(table.rules), policy=table.hit_policy) if table else _("表达式")
    href = url_for("decisions.show", decision=key, **at)
    return {"name": decision_name(regulation.tables[key]), "words": words, "href": href}


def _element(regulation: Regulation, element: Element) -> dict[str, Any]:
    kinds = {
        "userTask": _("人工办理"),
        "serviceTask": _("平台操作"),
        "scriptTask": _("赋值"),
        "businessRuleTask": _("查规则表"),
        "callActivity": _("调用流程"),
        "subProcess": _("子流程"),
        "startEvent": _("开始"),
        "endEvent": _("结束"),
        "boundaryEvent": _("边界事件"),
        "intermediateCatchEvent": _("等待"),
        "intermediateThrowEvent": _("发出"),
    }
    events = {"timer": _("定时"), "message": _("消息")}
    kind = kinds.get(element.type, element.type)
    return {
        "id": element.id,
        "name": element.name,
        "type": f"{kind} · {events.get(element.event, element.event)}" if element.event else kind,
        "roles": "、".join(context.role_name(role) for role in element.roles),
        "form": str(regulation.forms.get(element.form or "", {}).get("title") or element.form or ""),
        "timer": " ".join(filter(None, (element.properties.get("timer"), element.timer))),
    }


def _deployments(pack: str) -> list[dict[str, Any]]:
    library, office, zone = context.platform().library, office_of(pack), context.in_force().zone
    current = library.number_in_force(office, context.now(), pack)
    rows = [row for row in library.rows(office) if row.pack == pack]
    names = context.people_names(row.deployed_by for row in rows)
    return [
        {
            "number": row.number,
            "current": row.number == current,
            "effective": exact_moment(row.effective_from, zone)[:16] if row.effective_from < NEVER else _("仅供推演"),
            "by": names.get(row.deployed_by, row.deployed_by),
            "note": row.note,
            "digest": row.digest,
            "href": url_for("packs.show", pack=pack, deployment=row.number),
        }
        for row in rows
    ]
