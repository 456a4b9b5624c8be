"""A form that is sent twice acts once: whoever presses the button again comes to what the first press made.

A form that makes something new carries a random word. From the word, the person, the office and the page follows, by a
hash with the key of the sessions, the id of what is made: the second time that id is there already. Nobody else's word
leads to it, and no word leads to what another form made.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from secrets import token_hex

from flask import Flask, current_app, flash, redirect, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.web import context, errors
from app.web.form_pages import is_refresh
from app.web.language import _
from processes.errors import AlreadySent, NotFound

WORD = "form-word"
"""Name of the hidden input. No field's key has a hyphen."""


def init_once(app: Flask) -> None:
    """Function `once` for templates; what was sent before is shown instead of an error."""
    app.jinja_env.globals["once"] = once
    app.register_error_handler(AlreadySent, sent_before)


def once() -> Markup:
    """The hidden input of a form. One that is drawn again keeps its word; a browser must not fill in an older one."""
    word = request.form.get(WORD) or token_hex(16)
    return Markup('<input type="hidden" name="{}" value="{}" autocomplete="off">').format(WORD, word)


def id_to_make() -> str | None:
    """The id (32 hex digits) that what this post makes must have; None for a post that carries no word.

    Raises `AlreadySent`.
    """
    word = request.form.get(WORD)
    if not word or is_refresh():
        return None
    key = str(current_app.secret_key).encode()
    said = "\n".join((context.me().user, context.office(), request.path, word))
    made_id = hmac.new(key, said.encode(), sha256).hexdigest()[:32]
    there = context.platform().read.made(made_id)
    if there is not None:
        raise AlreadySent(there)
    return made_id


def sent_before(error: AlreadySent) -> Response | errors.Answer:
    """To the order that the first press made, or made something in."""
    number = context.platform().read.number_of(error.order_id)
    try:
        context.platform().read.order(context.sight(), number or "")
    except NotFound as not_found:
        return errors.refused(not_found)
    flash(_("这份表单已经提交过，没有重复办理。如要另办一件，请重新打开表单填写。"), "care")
    return redirect(url_for("orders.show", number=number))
