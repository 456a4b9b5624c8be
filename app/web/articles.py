"""条文: every article of a regulation, where it lives in the pack, and the official text beside it.

What has no place in the pack says why. Where the file points at nothing, the page says so too.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import Blueprint, render_template, request, url_for

from app.web import context
from app.web.language import _, pick
from app.web.pack_lists import decision_name
from app.web.packs import deployed
from processes.articles import Article, Articles
from processes.errors import NotFound
from processes.regulation import Regulation

blueprint = Blueprint("articles", __name__, url_prefix="/packs")

NOWHERE = "none"
"""Filter: articles to which nothing of the pack belongs."""
Link = dict[str, str]


@blueprint.get("/<pack>/articles")
def index(pack: str) -> str:
    """All articles, or those of one kind."""
    regulation = deployed(pack)
    found = Articles(regulation)
    if not found.kept:
        raise NotFound()
    kinds = _kinds()
    kind = request.args.get("kind", "")
    kind = kind if kind in kinds or kind == NOWHERE else ""
    official = found.official()
    chosen = [one for one in found.all if _is(one, kind)]
    return render_template(
        "articles/index.html",
        pack={"id": pack, "title": regulation.title, "number": regulation.number},
        tabs=_tabs(regulation, found, kind),
        groups=[
            {
                "number": number,
                "official": official.get(number, "") if number is not None else "",
                "articles": [_shown(article, found, regulation) for article in articles],
            }
            for number, articles in groupby(chosen, key=_number)
        ],
        official=bool(official),
        unlisted=found.unmapped(),
        problems=[f"{one.element} {pick(one.zh, one.en)}" for one in found.problems()],
    )


@blueprint.get("/<pack>/scenarios/<path:name>")
def scenario(pack: str, name: str) -> str:
    """A scenario file as it is written."""
    regulation = deployed(pack)
    path = Articles(regulation).scenarios.get(name)
    if path is None:
        raise NotFound()
    return render_template(
        "articles/scenario.html",
        pack={"id": pack, "title": regulation.title, "number": regulation.number},
        name=path.rpartition("/")[2],
        text=regulation.pack.files[path].decode("utf-8", "replace"),
    )


def _number(article: Article) -> int | None:
    return article.number


def _is(article: Article, kind: str) -> bool:
    return not article.mapped if kind == NOWHERE else kind in ("", article.kind)


def _kinds() -> dict[str, str]:
    return {"text": _("条文"), "reading": _("解读"), "default": _("默认"), "lost": _("缺失")}


def _tabs(regulation: Regulation, found: Articles, kind: str) -> list[dict[str, Any]]:
    words = {"": _("全部"), **_kinds(), NOWHERE: _("无对应环节")}
    at: dict[str, Any] = {"pack": regulation.name, "deployment": regulation.number}
    return [
        {
            "label": label,
            "count": sum(_is(one, key) for one in found.all),
            "href": url_for("articles.index", kind=key or None, **at),
            "current": key == kind,
        }
        for key, label in words.items()
    ]


def _shown(article: Article, found: Articles, regulation: Regulation) -> dict[str, Any]:
    marks = {"text": "tag-accent", "reading": "", "default": "tag-soon", "lost": "tag-late"}
    places = [
        (_("流程图"), _processes(article, regulation)),
        (_("环节"), _elements(article, regulation)),
        (_("规则表"), _tables(article, regulation)),
        (_("表单"), _forms(article, regulation)),
        (_("时限"), _timers(article, regulation)),
        (_("场景"), _scenarios(article, found, regulation)),
    ]
    return {
        "id": article.id,
        "title": article.title,
        "summary": article.summary,
        "kind": _kinds()[article.kind],
        "mark": marks[article.kind],
        "places": [(label, links) for label, links in places if links],
        "note": article.note,
        "none": article.none,
        "mapped": article.mapped,
    }


def _at(regulation: Regulation) -> dict[str, Any]:
    return {"pack": regulation.name, "deployment": regulation.number}


def _processes(article: Article, regulation: Regulation) -> list[Link]:
    known = regulation.definitions.processes
    return [
        {"name": known[one].name, "href": url_for("packs.process", process=one, **_at(regulation))}
        for one in article.processes
        if one in known
    ]


def _elements(article: Article, regulation: Regulation) -> list[Link]:
    links = []
    for one in article.elements:
        process, _dot, element = one.partition(".")
        found = regulation.element(process, element)
        if found is not None:
            href = url_for("packs.process", process=process, element=element, **_at(regulation))
            links.append({"name": found.name or element, "href": href})
    return links


def _tables(article: Article, regulation: Regulation) -> list[Link]:
    return [
        {
            "name": decision_name(regulation.tables[one]),
            "href": url_for("decisions.show", decision=one, **_at(regulation)),
        }
        for one in article.tables
        if one in regulation.tables
    ]


def _forms(article: Article, regulation: Regulation) -> list[Link]:
    return [
        {
            "name": context.platform().form(regulation, one).title or one,
            "href": url_for("packs.show", _anchor=f"form-{one}", **_at(regulation)),
        }
        for one in article.forms
        if one in regulation.forms
    ]


def _timers(article: Article, regulation: Regulation) -> list[Link]:
    href = url_for("packs.show", _anchor="timers", **_at(regulation))
    return [{"name": one, "href": href} for one in article.timers]


def _scenarios(article: Article, found: Articles, regulation: Regulation) -> list[Link]:
    return [
        {"name": one, "href": url_for("articles.scenario", name=one, **_at(regulation))}
        for one in article.scenarios
        if one in found.scenarios
    ]
