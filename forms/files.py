"""Attachments as a form sees them: a description of a file that the view has already stored.

The form declares what it takes (`accept`, `max_megabytes`, `multiple`, `max_files`); the view asks
`check_file` before it stores anything, and hands the descriptions in. What a browser claims about files in
form text is ignored. A form that declares nothing takes `USUAL_TYPES` of at most `USUAL_BYTES`; pages and
drawings that can carry scripts are never taken.
"""

import re
from typing import Any

from wtforms.validators import ValidationError

from forms.messages import Message
from forms.specs import FieldSpec
from forms.text import clean_text

_MEGABYTE = 1024 * 1024
_FILE_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.:-]{0,127}")
_MIME = re.compile(r"[a-z]+/[a-z0-9.+-]{1,100}")

USUAL_TYPES = (
    *(".png", ".jpg", ".jpeg", ".webp", ".pdf", ".ofd", ".txt", ".mp3", ".wav"),
    *(".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".wps", ".et", ".dps", ".odt", ".ods"),
)
USUAL_BYTES = 20 * _MEGABYTE
_NEVER = (".svg", ".svgz", ".html", ".htm", ".xhtml", ".xht", ".shtml", ".mht", ".mhtml")
_NEVER_MIME = frozenset({"image/svg+xml", "text/html", "application/xhtml+xml"})


def accepted_types(spec: FieldSpec) -> tuple[str, ...]:
    """The suffixes and MIME types that the field takes."""
    return spec.accept or USUAL_TYPES


def check_file(spec: FieldSpec, *, name: str, size: int, mime: str = "") -> Message | None:
    """What is wrong with a file of this `name`, `size` (bytes) and MIME type for the field, or None."""
    shown, accepted, most = name[-80:], accepted_types(spec), spec.max_bytes or USUAL_BYTES
    if size <= 0:
        return Message("file_empty", name=shown)
    if size > most:
        return Message("file_too_large", name=shown, max=f"{most / _MEGABYTE:g}")
    # Some systems drop dots and blanks at the end of a name.
    bare = name.lower().rstrip(". ")
    if bare.endswith(_NEVER) or mime in _NEVER_MIME or not any(_fits(part, bare, mime) for part in accepted):
        return Message("file_type", name=shown, accept=" ".join(accepted))
    return None


def shown_name(name: str) -> str:
    """A file's name without path, invisible marks and line breaks, at most 255 characters.

    Raises `ValidationError` (a `ValueError`): control characters, or no name left.
    """
    base = clean_text(name[-1000:], multiline=False).replace("\\", "/").rpartition("/")[2][-255:].strip()
    if base in ("", ".", ".."):
        raise ValidationError(Message("bad_file"))
    return base


def read_files(raw: Any) -> list[dict[str, Any]]:
    """Descriptions `{"id", "name", "size" (bytes), "type"}`; other keys are dropped, the name loses its path.

    Raises `ValidationError` with `bad_file`.
    """
    if raw is None or raw == "":
        return []
    return [_read_file(entry) for entry in (raw if isinstance(raw, list | tuple) else [raw])]


def _fits(part: str, name: str, mime: str) -> bool:
    if part.startswith("."):
        return name.endswith(part)
    return mime.startswith(part[:-1]) if part.endswith("/*") else mime == part


def _read_file(entry: Any) -> dict[str, Any]:
    bad = ValidationError(Message("bad_file"))
    if not isinstance(entry, dict):
        raise bad
    file_id, name, size, mime = (entry.get(key) for key in ("id", "name", "size", "type"))
    if not isinstance(file_id, str) or not _FILE_ID.fullmatch(file_id):
        raise bad
    if not isinstance(name, str) or isinstance(size, bool) or not isinstance(size, int):
        raise bad
    base = shown_name(name)
    if not isinstance(mime, str) or not _MIME.fullmatch(mime):
        mime = "application/octet-stream"
    return {"id": file_id, "name": base, "size": size, "type": mime}
