"""What a regulation holds, as plain lists: processes, elements, timers, forms with fields, roles, tables."""

from __future__ import annotations

from typing import Any

from decisions.outline import outline
from forms import FieldSpec
from forms.schema import read_form
from processes.engine.diagram import Element, Process
from processes.regulation import Regulation


def content(regulation: Regulation) -> dict[str, Any]:
    """JSON-able. `number` and `effective_from` are None for a pack that is not deployed."""
    begins = regulation.effective_from
    return {
        "name": regulation.office,
        "title": regulation.title,
        "document": regulation.document,
        "number": regulation.number,
        "effective_from": begins.astimezone(regulation.zone).isoformat() if begins else None,
        "main": regulation.main,
        "processes": [_process(process) for process in regulation.processes()],
        "elements": [_element(e) for process in regulation.processes() for e in process.elements.values()],
        "timers": [{"id": row["timer"], **row} for row in regulation.timers()],
        "forms": [_form(regulation, form_id) for form_id in sorted(regulation.forms)],
        "roles": [{"id": role, **dict(said)} for role, said in regulation.roles.items()],
        "tables": [_table(regulation, table) for table in sorted(regulation.tables)],
    }


def _process(process: Process) -> dict[str, Any]:
    start = process.start
    return {
        "id": process.id,
        "name": process.name,
        "file": process.file,
        "message": start.message,
        "starters": list(process.starters),
        "form": start.form,
        "elements": list(process.elements),
    }


def _element(element: Element) -> dict[str, Any]:
    return {
        "id": element.id,
        "process": element.process,
        "type": element.type,
        "event": element.event,
        "name": element.name,
        "lane": element.lane,
        "roles": list(element.roles),
        "form": element.form,
        "decision": element.decision,
        "timer": element.properties.get("timer"),
        "limit": element.timer,
        "message": element.message,
        "properties": dict(element.properties),
    }


def _form(regulation: Regulation, form_id: str) -> dict[str, Any]:
    form = read_form(dict(regulation.forms[form_id]), where=f"{form_id}.form")
    return {"id": form.id, "name": form.title, "fields": [_field(spec) for spec in form.fields]}


def _field(spec: FieldSpec) -> dict[str, Any]:
    return {
        "key": spec.key,
        "label": spec.label,
        "type": spec.component,
        "kind": spec.kind,
        "required": spec.required,
        "required_when": spec.required_when,
        "hidden_when": spec.hide,
        "readonly": spec.readonly,
        "personal": spec.personal,
        "options": [{"value": option.value, "label": option.label} for option in spec.options],
    }


def _table(regulation: Regulation, table_id: str) -> dict[str, Any]:
    written = outline(regulation.tables[table_id])
    if written is None:
        return {"id": table_id, "name": regulation.tables[table_id].name, "rules": []}
    return {
        "id": table_id,
        "name": written.name,
        "hit_policy": f"{written.hit_policy} {written.aggregation}".strip(),
        "inputs": [column.text for column in written.inputs],
        "outputs": [column.name for column in written.outputs],
        "rules": [
            {
                "id": rule.id,
                "inputs": list(rule.inputs),
                "outputs": list(rule.outputs),
                "annotation": rule.annotation,
            }
            for rule in written.rules
        ],
    }
