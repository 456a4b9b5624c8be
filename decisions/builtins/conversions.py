"""`number` and `string`: conversions between numbers and text, and text of everything."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from ..limits import checked_string
from ..numbers import rounded, tidy
from ..values import text_of
from .signatures import built_in

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,5})?")
_SEPARATORS = (" ", ",", ".")


@built_in("number", "from: string, grouping separator?: ?string, decimal separator?: ?string")
def number(text: str, grouping: str | None = None, decimal: str | None = None) -> Any:
    """The number a text stands for, with the separators it uses; null when it stands for none."""
    if grouping is not None and (grouping not in _SEPARATORS or grouping == decimal):
        return None
    if decimal is not None and decimal not in (",", "."):
        return None
    if grouping:
        text = text.replace(grouping, "")
    if decimal:
        text = text.replace(decimal, ".")
    if len(text) > 7_000 or not _NUMBER.fullmatch(text):
        return None
    value = rounded(Decimal(text))
    return None if value is None else tidy(value)


@built_in("string", "from: any")
def string(value: Any) -> str | None:
    """The text of a value."""
    text = text_of(value)
    checked_string(len(text or ""))
    return text
