"""Reading a `.form` file: a form-js schema, checked down to every field, or refused with a sentence.

The file is written by a process owner in a modeler, but it may also be uploaded by anyone who may draft a
pack, so size, number of components and depth are bounded before anything else is looked at. What the
platform would silently ignore (an unknown component, a misspelt property) is refused instead: a drawing
means what it says.
"""

import json
import re
from typing import Any

from forms.components import read_field
from forms.messages import FormError
from forms.place import Place, expression
from forms.specs import FIELD_COMPONENTS, Block, FieldSpec, FormSchema, Note, Option

__all__ = ["Block", "FieldSpec", "FormSchema", "Note", "Option", "read_form"]

MAX_BYTES = 512 * 1024
MAX_COMPONENTS = 400
MAX_DEPTH = 6

_FORM_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
_MAX_TEXT = 4000


def read_form(data: bytes | str | dict[str, Any], *, where: str) -> FormSchema:
    """The form in `data` (file content, or the parsed object). `where`: file name for messages.

    Raises `FormError` naming file and field.
    """
    raw = data if isinstance(data, dict) else _parse(data, where)
    place = Place(where)
    if raw.get("type", "default") != "default":
        raise place.fault("bad_type")
    form_id = raw.get("id")
    if not isinstance(form_id, str) or not _FORM_ID.fullmatch(form_id):
        raise place.fault("bad_id")
    reading = _Reading(where)
    reading.components(raw.get("components"), label="", hide=None, depth=0)
    title = place.text(raw, "title", _MAX_TEXT) or reading.heading or form_id
    return FormSchema(form_id, title, where, reading.finished())


def _parse(data: bytes | str, where: str) -> dict[str, Any]:
    place = Place(where)
    if len(data) > MAX_BYTES:
        raise place.fault("too_big", max=MAX_BYTES)
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
    except UnicodeDecodeError:
        raise place.fault("not_utf8") from None

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for name, value in pairs:
            if name in result:
                raise place.fault("duplicate_name", name=name)
            result[name] = value
        return result

    try:
        raw = json.loads(text, object_pairs_hook=unique)
    except RecursionError:
        raise place.fault("too_deep", max=MAX_DEPTH) from None
    except FormError:
        raise
    except ValueError as error:
        raise place.fault("not_json", detail=error) from None
    if not isinstance(raw, dict):
        raise place.fault("not_object")
    return raw


class _Reading:
    """The walk over the components: what was seen so far, and the block that is being filled."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.keys: set[str] = set()
        self.count = 0
        self.heading = ""
        self.blocks: list[tuple[str, list[FieldSpec | Note]]] = []

    def components(self, raw: Any, *, label: str, hide: str | None, depth: int) -> None:
        place = Place(self.where, label)
        if depth > MAX_DEPTH:
            raise place.fault("too_deep", max=MAX_DEPTH)
        if not isinstance(raw, list):
            raise place.fault("not_list", name="components")
        self.blocks.append((label, []))
        for component in raw:
            self.count += 1
            if self.count > MAX_COMPONENTS:
                raise Place(self.where).fault("too_many_components", max=MAX_COMPONENTS)
            if not isinstance(component, dict):
                raise place.fault("not_object")
            self.component(component, label=label, hide=hide, depth=depth)

    def component(self, raw: dict[str, Any], *, label: str, hide: str | None, depth: int) -> None:
        kind = raw.get("type")
        place = Place(self.where, str(raw.get("key") or raw.get("label") or raw.get("id") or kind)[:80])
        hide = _either(hide, _hide(raw, place))
        items = self.blocks[-1][1]
        if kind == "group":
            own = place.text(raw, "label", _MAX_TEXT) or label
            self.components(raw.get("components"), label=own, hide=hide, depth=depth + 1)
            # What follows the inner group stands under the outer heading again.
            self.blocks.append((label, []))
        elif kind == "text":
            text = place.text(raw, "text", _MAX_TEXT)
            if text.startswith("#") and not self.heading:
                self.heading = text.splitlines()[0].lstrip("# ").strip()
            items.append(Note(text, hide))
        elif kind == "separator":
            items.append(Note("", hide))
        elif kind in FIELD_COMPONENTS:
            spec = read_field(raw, place, hide=hide)
            if spec.key in self.keys:
                raise place.fault("duplicate_key")
            self.keys.add(spec.key)
            items.append(spec)
        else:
            raise place.fault("unknown_component", type=kind)

    def finished(self) -> tuple[Block, ...]:
        return tuple(Block(label, tuple(items)) for label, items in self.blocks if items)


def _hide(raw: dict[str, Any], place: Place) -> str | None:
    conditional = raw.get("conditional")
    if conditional is None:
        return None
    if not isinstance(conditional, dict):
        raise place.fault("not_object")
    return expression(conditional, "hide", place, shown_as="conditional.hide")


def _either(outer: str | None, own: str | None) -> str | None:
    """A field is hidden with its group or by itself."""
    return f"({outer}) or ({own})" if outer and own else outer or own
