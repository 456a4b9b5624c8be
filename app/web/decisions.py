"""One decision table of a regulation: as a plain table, and as a file for the viewer."""

from __future__ import annotations

from flask import Blueprint, Response, g, render_template, url_for

from app.web.pack_lists import decision_name
from app.web.packs import as_file, deployed
from decisions import Decision
from decisions.outline import Outline, outline
from processes.errors import NotFound
from processes.regulation import Regulation

blueprint = Blueprint("decisions", __name__, url_prefix="/packs")


@blueprint.get("/<pack>/decisions/<decision>")
def show(pack: str, decision: str) -> str:
    """The rules, readable without scripts."""
    regulation = deployed(pack)
    found = _found(regulation, decision)
    written = outline(found)
    # The viewer of tables sets the widths of its columns as style attributes.
    g.policy_more = "; style-src-attr 'unsafe-inline'"
    return render_template(
        "packs/decision.html",
        pack={"id": pack, "title": regulation.title},
        decision={
            "id": decision,
            "name": decision_name(found),
            "policy": written.hit_policy if written else "",
            "xml": url_for("decisions.file", pack=pack, deployment=regulation.number, decision=decision),
        },
        table=_table(written) if written else None,
    )


@blueprint.get("/<pack>/decisions/<decision>.dmn")
def file(pack: str, decision: str) -> Response:
    """The file that holds the decision, as deployed."""
    regulation = deployed(pack)
    _found(regulation, decision)
    mark = f'id="{decision}"'.encode()
    data = next((data for data in regulation.pack.of_type(".dmn").values() if mark in data), None)
    if data is None:
        raise NotFound()
    return as_file(data, f"{decision}.dmn")


def _found(regulation: Regulation, decision: str) -> Decision:
    if decision not in regulation.tables:
        raise NotFound()
    return regulation.tables[decision]


def _table(written: Outline) -> dict[str, object]:
    return {
        "inputs": [column.label for column in written.inputs],
        "outputs": [column.label for column in written.outputs],
        "rules": [{"inputs": rule.inputs, "outputs": rule.outputs, "note": rule.annotation} for rule in written.rules],
    }
