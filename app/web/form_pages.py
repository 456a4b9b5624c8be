"""What templates need to draw the forms of a pack, and the one way a posted form is handled.

A press of the act's button validates; a post with `_refresh` only draws the form anew, because a choice may show or
hide other questions (the script posts it on change, a button does without scripts).
"""

from __future__ import annotations

from flask import Flask, request

from app.web.language import language
from forms import BoundForm, Message, Note
from forms.render import control


def init_forms(app: Flask) -> None:
    """Filter `control`, tests `note` and `depends_on_answers`, function `said`."""
    app.jinja_env.filters["control"] = control
    app.jinja_env.tests["note"] = lambda row: isinstance(row, Note)
    app.jinja_env.tests["depends_on_answers"] = depends_on_answers
    app.jinja_env.globals["said"] = said


def depends_on_answers(bound: BoundForm) -> bool:
    """Whether what is asked changes with what is answered."""
    return any(field.spec.hide or field.spec.required_when for field in bound.form.fields.values())


def said(message: Message | str) -> str:
    """A message in the language of the person."""
    return message.in_language(language()) if isinstance(message, Message) else str(message)


def is_refresh() -> bool:
    """Whether the person asks to see the form with what is answered so far, not to act."""
    return "_refresh" in request.form
