"""附件: files come with the form that asks for them, and go only to who may see the order.

`bind` stores what is acceptable before the form is checked, so that a form that has to be corrected keeps its files:
the page sends their ids back, which only the same person may use. The verb gives the files `handed_in` to the order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

from flask import Blueprint, Flask, request, send_file
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app.settings import Settings
from app.web import context
from app.web.words import size_words
from forms import BoundForm, CompiledForm, FieldSpec, Message, check_file, shown_name
from forms.compile import Choices
from persistence.attachments import LONGEST_WAIT, MOST_WAITING, Attachments, Owner, TooMuchWaiting

blueprint = Blueprint("attachments", __name__)

FORM_PAGES = frozenset({"intake.receive", "orders.complete", "orders.act", "cases.start"})
File = Mapping[str, Any]
_WRITTEN_NAME = re.compile(r'; *filename="((?:[^"\\]|\\.)*)"')


def init_attachments(app: Flask, settings: Settings) -> None:
    """Pages with a form may be sent files. Before anything reads the form."""
    app.jinja_env.tests["with_files"] = with_files
    app.jinja_env.globals["kept_name"] = kept_name
    app.jinja_env.filters["size_words"] = size_words

    @app.before_request
    def bound() -> None:
        # Only a body that can carry files may be large; typed text keeps the small limit.
        if request.endpoint in FORM_PAGES and request.mimetype == "multipart/form-data":
            request.max_content_length = settings.attachment_bytes


def with_files(form: BoundForm | None) -> bool:
    """Whether the form asks for files."""
    return form is not None and any(spec.component == "filepicker" for spec in form.schema.fields)


def kept_name(field: str) -> str:
    """Under which name a page sends the ids of files it has already sent. No field's key has a hyphen."""
    return f"kept-{field}"


def bind(
    compiled: CompiledForm,
    posted: Any | None,
    *,
    scope: Mapping[str, Any],
    choices: Choices,
    values: Mapping[str, Any] | None = None,
    store: bool = True,
) -> BoundForm:
    """The form with what this request posted, its files stored; what is wrong with a file stands at its field.

    `values`: what a form shows that nobody has posted yet. Not to `store`: what was typed is only shown.
    """
    files: dict[str, list[File]] = {}
    wrong: list[tuple[str, Message]] = []
    for spec in compiled.fields if posted is not None and store else ():
        if spec.component == "filepicker" and not spec.readonly:
            files[spec.key], found = _take(spec)
            wrong += [(spec.key, message) for message in found]
    form = compiled.bind(posted, scope=scope, choices=choices, values=values, files=files)
    for key, message in wrong:
        form.refuse(key, message)
    return form


def handed_in(form: BoundForm | None) -> list[str]:
    """The ids of the files of a form in order."""
    active = form.form.active() if form is not None else []
    return [file["id"] for field in active if field.spec.component == "filepicker" for file in field.data or ()]


@blueprint.get("/attachments/<attachment>")
def download(attachment: str) -> Response:
    """The file, never shown in place. Bytes are all it is said to be: no page of ours can run it as a script."""
    number = _store().number_of(context.office(), attachment)
    context.platform().read.order(context.sight(), number or "")
    name, content = _store().open(attachment)
    return send_file(BytesIO(content), "application/octet-stream", as_attachment=True, download_name=name)


def _take(spec: FieldSpec) -> tuple[list[File], list[Message]]:
    """Files of a field, those kept first, and what is wrong with the others."""
    ids = request.form.getlist(kept_name(spec.key))
    kept: list[File] = [*_store().waiting(_owner(), spec.key, ids)] if ids else []
    wrong = [Message("bad_file")] if len(kept) < len(set(ids)) else []
    new: list[File] = []
    for sent in _sent(spec.key):
        taken = _stored(spec, sent)
        if isinstance(taken, Message):
            wrong.append(taken)
        else:
            new.append(taken)
    # Where there is room for one, the later one is meant.
    return (new if new and not spec.multiple else kept + new), wrong


def _sent(field: str) -> Iterable[FileStorage]:
    """A browser sends a nameless part where no file was chosen."""
    return (file for file in request.files.getlist(field) if file.filename)


def _stored(spec: FieldSpec, sent: FileStorage) -> File | Message:
    try:
        name = shown_name(_name_as_sent(sent))
    except ValueError:
        return Message("bad_file")
    content, mime = sent.read(), sent.mimetype
    problem = check_file(spec, name=name, size=len(content), mime=mime)
    if problem is not None:
        return problem
    try:
        return _store().keep(_owner(), spec.key, content, name=name, mime=mime, now=context.now())
    except TooMuchWaiting:
        return Message("files_waiting", max=MOST_WAITING // 1024**2, days=LONGEST_WAIT.days)


def _name_as_sent(sent: FileStorage) -> str:
    """The name as the browser wrote it. Browsers do not escape backslashes, so what is unescaped has lost its path."""
    written = _WRITTEN_NAME.search(sent.headers.get("Content-Disposition", ""))
    return written[1].replace('\\"', '"').replace("%22", '"') if written else sent.filename or ""


def _store() -> Attachments:
    return Attachments(context.platform().database)


def names_of(order_id: str) -> dict[str, str]:
    """Id → name of the files of an order."""
    return _store().names(order_id)


def _owner() -> Owner:
    return Owner(context.office(), context.me().user)
