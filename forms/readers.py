"""From what was sent to what is kept: one reader per kind of field.

A reader takes form text or a plain JSON value, returns the value in the shape it is stored in (None, False
or [] for "nothing given"), or raises `ValidationError` with a `Message`. It looks at nothing but the value;
rules that need other fields, the scope or the lists of choices are validators.
"""

import math
import re
from collections.abc import Callable
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from wtforms.validators import ValidationError

from forms.files import read_files
from forms.identity import normalise_id_number, normalise_phone
from forms.messages import Message
from forms.moments import read_moment
from forms.specs import FieldSpec, Scalar, wire
from forms.text import clean_text, fold_code, fold_width

Reader = Callable[[Any], Any]

# Longer input is no answer to any question; cleaning it would only cost time.
LONGEST_INPUT = 200_000
LONGEST_CHOICE = 200
MOST_CHOICES = 1000
_NUMBER = re.compile(r"[+-]?(?:\d{1,15}|\d{1,3}(?:,\d{3}){1,4})(?:\.(\d{1,9}))?", re.ASCII)
_TRUE = frozenset({"true", "on", "1", "y", "yes", "是"})
_FALSE = frozenset({"false", "off", "0", "n", "no", "", "否"})


def reader_for(spec: FieldSpec, zone: tzinfo) -> Reader:
    """The reader of a field; `zone`: of dates and times without an offset."""
    if spec.component == "filepicker":
        return read_files
    if spec.component == "checkbox":
        return read_flag
    if spec.component == "number":
        return _number_reader(spec.decimal_digits)
    if spec.component == "datetime":
        return lambda raw: read_moment(raw, spec.subtype, zone)
    if spec.is_choice:
        one = _choice_reader(spec)
        return _many_reader(one) if spec.multiple else one
    if spec.kind == "phone":
        return lambda raw: _coded(raw, normalise_phone)
    if spec.kind == "id_number":
        return lambda raw: _coded(raw, normalise_id_number)
    return _text_reader(multiline=spec.component == "textarea", fold=spec.pattern is not None)


def read_flag(raw: Any) -> bool:
    """A tick: a JSON boolean, or the text a browser sends. Raises `not_boolean`."""
    if raw is None or isinstance(raw, bool):
        return bool(raw)
    text = str(raw).strip().lower() if isinstance(raw, str | int) else "?"
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValidationError(Message("not_boolean"))


def _as_text(raw: Any) -> str:
    """Text as sent; a whole number is taken as its digits, because YAML and JSON writers leave out the
    quotes.
    """
    if isinstance(raw, str):
        if len(raw) > LONGEST_INPUT:
            raise ValidationError(Message("too_long", max=LONGEST_INPUT, length=len(raw)))
        return raw
    if isinstance(raw, int) and not isinstance(raw, bool) and -(10**20) < raw < 10**20:
        return str(raw)
    raise ValidationError(Message("not_text"))


def _text_reader(*, multiline: bool, fold: bool) -> Reader:
    def read(raw: Any) -> str | None:
        if raw is None:
            return None
        text = clean_text(_as_text(raw), multiline=multiline)
        return (fold_width(text) if fold else text) or None

    return read


def _coded(raw: Any, normalise: Callable[[str], str]) -> str | None:
    text = "" if raw is None else _as_text(raw)
    if not text.strip():
        return None
    return normalise(text)


def _number_reader(digits: int | None) -> Reader:
    def read(raw: Any) -> int | float | None:
        if raw is None or raw == "":
            return None
        if isinstance(raw, Decimal):
            # A default worked out by FEEL.
            raw = f"{raw:f}"
        elif isinstance(raw, float) and math.isfinite(raw) and abs(raw) < 10**15:
            raw = int(raw) if raw == int(raw) else f"{raw:.9f}".rstrip("0")
        text = fold_code(_as_text(raw)[:60])
        if not text:
            return None
        number = _NUMBER.fullmatch(text)
        if number is None:
            raise ValidationError(Message("not_number"))
        text, decimals = text.replace(",", ""), (number[1] or "").rstrip("0")
        if digits is not None and len(decimals) > digits:
            raise ValidationError(Message("too_many_decimals", digits=digits) if digits else Message("not_integer"))
        return float(text) if decimals else int(text.partition(".")[0])

    return read


def _choice_reader(spec: FieldSpec) -> Reader:
    by_wire = {option.wire: option.value for option in spec.options}

    def read(raw: Any) -> Scalar | None:
        if raw is None or raw == "":
            return None
        if not isinstance(raw, str | int | float):
            raise ValidationError(Message("unknown_option", value=type(raw).__name__))
        text = wire(raw)
        if text in by_wire:
            return by_wire[text]
        text = clean_text(text[:LONGEST_CHOICE], multiline=False)
        if not text:
            return None
        if by_wire:
            raise ValidationError(Message("unknown_option", value=text[:60]))
        return text

    return read


def _many_reader(one: Reader) -> Reader:
    def read(raw: Any) -> list[Scalar]:
        if raw is None:
            return []
        entries = raw if isinstance(raw, list | tuple | set | frozenset) else [raw]
        if len(entries) > MOST_CHOICES:
            raise ValidationError(Message("too_many", max=MOST_CHOICES))
        values = [one(entry) for entry in entries]
        return list(dict.fromkeys(value for value in values if value is not None))

    return read
