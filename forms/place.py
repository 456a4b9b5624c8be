"""Where in a `.form` file we are, and the typed reads that fail there with its name."""

import re
from dataclasses import dataclass
from typing import Any

from forms.messages import FormError

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MAX_EXPRESSION = 2000
# Beyond it a float is no longer exact; also keeps out infinity, and NaN compares with nothing.
_LARGEST = 10**15


@dataclass(frozen=True, slots=True)
class Place:
    """File and field, for the messages; the typed reads that fail there."""

    where: str
    field: str = ""

    def fault(self, code: str, **params: Any) -> FormError:
        return FormError(code, where=self.where, field=self.field, **params)

    def text(self, raw: dict[str, Any], name: str, longest: int) -> str:
        value = raw.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > longest or CONTROL.search(value):
            raise self.fault("bad_text", name=name, max=longest)
        return value.replace("\r\n", "\n").strip()

    def flag(self, raw: dict[str, Any], name: str) -> bool:
        value = raw.get(name)
        if value in (None, False, "false", ""):
            return False
        if value is True or value == "true":
            return True
        raise self.fault("bad_flag", name=name)

    def number(self, raw: dict[str, Any], name: str, *, count: bool) -> int | float | None:
        """A finite number, or with `count` a whole one from 0; text is read, as modelers write text."""
        value = raw.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                value = int(value) if re.fullmatch(r"-?\d{1,15}", value) else float(value)
            except ValueError:
                raise self.fault("bad_bound", name=name) from None
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LARGEST:
            raise self.fault("bad_bound", name=name)
        if count and (value < 0 or value != int(value)):
            raise self.fault("bad_bound", name=name)
        return int(value) if value == int(value) else value

    def count(self, raw: dict[str, Any], name: str) -> int | None:
        value = self.number(raw, name, count=True)
        return None if value is None else int(value)

    def object(self, raw: dict[str, Any], name: str) -> dict[str, Any]:
        value = raw.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.fault("not_object")
        return value


def bare_expression(text: str) -> str:
    """FEEL text without the leading `=` or the `${…}` around it."""
    text = text.strip()
    if text.startswith("="):
        return text[1:].strip()
    if text.startswith("${") and text.endswith("}"):
        return text[2:-1].strip()
    return text


def expression(raw: dict[str, Any], name: str, place: Place, *, shown_as: str = "") -> str | None:
    """The bare FEEL text under `name`, or None."""
    value = raw.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    bare = bare_expression(value) if isinstance(value, str) else ""
    if not bare or len(bare) > _MAX_EXPRESSION:
        raise place.fault("bad_text", name=shown_as or name, max=_MAX_EXPRESSION)
    return bare
