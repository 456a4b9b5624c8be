"""What a revised pack changes: files, and what is in them - elements, conditions, rules, questions, settings.

Each thing has a place and an id; attributes are compared as texts, drawings by what they say, not by where
it stands on the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from app.pack_safety import unsealed
from decisions.outline import outline
from forms.schema import read_form
from processes.pack import Pack
from processes.regulation import Regulation

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
Thing = tuple[str, str, str]
"""Kind (process, element, condition, rule, field, unsealed, setting), place (process, table, form, file), id."""


@dataclass(frozen=True, slots=True)
class Change:
    """`how`: added, removed or changed; `details`: (attribute, before, after) of what changed."""

    how: str
    kind: str
    place: str
    id: str
    name: str
    details: tuple[tuple[str, str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def changed_files(before: Pack | None, after: Pack) -> list[Change]:
    """Files added, removed and changed, by path."""
    old = before.files if before else {}
    return [
        Change(_how(path in old, path in after.files), "file", "", path, path)
        for path in sorted(old.keys() | after.files.keys())
        if old.get(path) != after.files.get(path)
    ]


def changes(before: Regulation | None, after: Regulation) -> list[Change]:
    """What is added, removed and changed inside the files, in the order of kind, place and id; first the fields that
    are no longer encrypted."""
    old, new = (dict(_things(one)) if one else {} for one in (before, after))
    opened = [Change(CHANGED, "unsealed", form, spec.key, spec.label) for form, spec in unsealed(before, after)]
    return opened + [
        Change(
            _how(thing in old, thing in new),
            *thing,
            name=(new.get(thing) or old[thing]).get("label" if thing[0] == "field" else "name", ""),
            details=tuple(_details(old[thing], new[thing])) if thing in old and thing in new else (),
        )
        for thing in sorted(old.keys() | new.keys())
        if old.get(thing) != new.get(thing)
    ]


def _how(was: bool, is_now: bool) -> str:
    return CHANGED if was and is_now else ADDED if is_now else REMOVED


def _details(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for key in dict.fromkeys((*old, *new)):
        if old.get(key, "") != new.get(key, ""):
            yield key, old.get(key, ""), new.get(key, "")


def _things(regulation: Regulation) -> Iterator[tuple[Thing, dict[str, str]]]:
    for process in regulation.processes():
        said = {"name": process.name, "starters": _text(process.starters), "documentation": process.documentation}
        yield ("process", "", process.id), said
        for element in process.elements.values():
            yield ("element", process.id, element.id), _attributes(element)
        for flow, condition in process.conditions.items():
            name = process.flow_names.get(flow, "")
            yield ("condition", process.id, flow), {"name": name, "condition": condition}
    for table_id, table in regulation.tables.items():
        written = outline(table)
        for number, rule in enumerate(written.rules if written else (), 1):
            columns = [column.label for column in (*written.inputs, *written.outputs)] if written else []
            cells = dict(zip(columns, (*rule.inputs, *rule.outputs), strict=False))
            yield ("rule", table_id, rule.id or str(number)), {"name": rule.annotation, **cells}
    for form_id, schema in regulation.forms.items():
        for spec in read_form(dict(schema), where=f"{form_id}.form").fields:
            yield ("field", form_id, spec.key), _attributes(spec)
    for key, value in _flat(regulation.pack.settings, ""):
        yield ("setting", "pack.toml", key), {"name": "", "value": value}


def _attributes(thing: Any) -> dict[str, str]:
    """The fields of a dataclass as texts, without the empty ones."""
    values = {field.name: getattr(thing, field.name) for field in fields(thing)}
    return {key: _text(value) for key, value in values.items() if value not in (None, "", (), {}, False)}


def _flat(table: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", _text(value)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "；".join(f"{key}={_text(one)}" for key, one in sorted(value.items()))
    if isinstance(value, list | tuple):
        return "、".join(_text(one) for one in value)
    return str(value)
