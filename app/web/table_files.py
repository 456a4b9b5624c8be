"""Tables for spreadsheets: CSV as Excel reads it, with nothing in a cell that a spreadsheet would compute."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a cell begins that a spreadsheet takes for a formula; some read the full-width signs the same."""


def inert(cell: str) -> str:
    """The cell as text: a leading apostrophe keeps spreadsheets from computing it."""
    text = cell.replace("\x00", "")
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """A download. `name`: ASCII, without the ending."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([inert(cell) for cell in row] for row in (head, *rows))
    # The mark in front tells Excel that this is UTF-8.
    data = "\ufeff" + out.getvalue()
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(data.encode(), content_type="text/csv; charset=utf-8", headers=headers)
