"""Where an order stands on its drawings: what is live, what is done, on the main line and on each side process."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, render_template, request, url_for

from app.web.language import _
from app.web.loaded import Loaded
from app.web.orders import head_of, teller_of
from app.web.strip import short_name
from processes.engine.diagram import Process

blueprint = Blueprint("diagrams", __name__)


@blueprint.get("/orders/<number>/diagram")
def show(number: str) -> str:
    """The drawing that `?process=` names, or the one in which the order stands now."""
    loaded = Loaded(number)
    live = {task["element"] for task in loaded.tasks}
    done = _done(loaded) - live
    concerned = [
        process
        for process in loaded.regulation.processes()
        if process.id == loaded.row["process"] or set(process.elements) & (live | done)
    ]
    standing = [process for process in concerned if set(process.elements) & live]
    wanted = request.args.get("process")
    process = next((one for one in concerned if one.id == wanted), (standing or concerned)[0])
    return render_template(
        "orders/diagram.html",
        order=head_of(loaded, teller_of(loaded)),
        process=_drawing(loaded, process, live, done),
        processes=[
            {
                "name": short_name(one),
                "current": one is process,
                "href": url_for("diagrams.show", number=number, process=one.id),
            }
            for one in concerned
        ],
    )


def _done(loaded: Loaded) -> set[str]:
    """Every element that the journal says was passed, finished or fired."""
    done: set[str] = set(loaded.row["done"])
    for row in loaded.journal:
        if row["element"]:
            done.add(row["element"])
        done |= {str(element) for element in json.loads(row["changed"] or "{}").get("path", ())}
    return done


def _drawing(loaded: Loaded, process: Process, live: set[str], done: set[str]) -> dict[str, Any]:
    elements = process.elements
    live_here = [element for element in elements if element in live]
    done_here = [element for element in elements if element in done]
    live_names = [elements[element].name or element for element in live_here]
    now = "、".join(live_names) or _("无")
    regulation = loaded.regulation
    at: dict[str, Any] = {"pack": regulation.name, "deployment": str(regulation.number), "process": process.id}
    return {
        "name": process.name,
        "xml": url_for("packs.diagram", **at),
        "live": live_here,
        "done": done_here,
        "live_names": live_names,
        "done_names": [elements[element].name for element in done_here if elements[element].name],
        "words": _("流程图：%(name)s；正在办理：%(now)s", name=process.name, now=now),
    }
