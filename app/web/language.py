"""Chinese first, English by a switch that a cookie remembers; also light, dark or as the system has it.

Source strings in templates and code are Chinese; `app/translations/en` holds the English catalogue. The catalogue is
compiled when the app starts and the compiled file is missing or older than its source.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Blueprint, Flask, Response, g, redirect, request
from flask_babel import Babel, get_locale, gettext

from app.web.security import local_path
from timers.words import Lang

LANGUAGES = {"zh": "中文", "en": "English"}
LOOKS = ("system", "light", "dark")
TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"

blueprint = Blueprint("preferences", __name__)


def init_language(app: Flask) -> None:
    """Babel with our catalogues; `language`, `look` and `pick` in every template."""
    compile_catalogues(TRANSLATIONS)
    app.config.update(BABEL_DEFAULT_LOCALE="zh", BABEL_TRANSLATION_DIRECTORIES=str(TRANSLATIONS))
    Babel(app, locale_selector=chosen_language)
    app.register_blueprint(blueprint)

    @app.context_processor
    def preferences() -> dict[str, object]:
        look = request.cookies.get("look")
        return {
            "language": language(),
            "languages": LANGUAGES,
            "look": look if look in LOOKS else "system",
            "pick": pick,
        }


def chosen_language() -> str:
    """The language that the cookie names, Chinese otherwise."""
    wanted = request.cookies.get("language")
    return wanted if wanted in LANGUAGES else "zh"


def language() -> Lang:
    """`zh` or `en`, for this request."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "zh"


def _(text: str, **values: object) -> str:
    """The sentence in the language of the request; `%(name)s` in it are filled from `values`."""
    return str(gettext(text, **values))


def pick(zh: str, en: str) -> str:
    """The one of two sentences that the person reads."""
    return en if language() == "en" else zh


@blueprint.post("/preferences")
def choose() -> Response:
    """Remember a language or a look for a year and go back."""
    answer = redirect(local_path(request.form.get("next")) or "/")
    secure = bool(g.get("https"))
    for name, allowed in (("language", tuple(LANGUAGES)), ("look", LOOKS)):
        wanted = request.form.get(name)
        if wanted in allowed:
            answer.set_cookie(name, wanted, max_age=31_536_000, httponly=True, samesite="Lax", secure=secure)
    return answer  # type: ignore[return-value]  # flask's redirect is typed as werkzeug's base response


def compile_catalogues(folder: Path) -> None:
    """Write the .mo beside every .po whose .mo is missing or older.

    It is written beside and renamed, so that two processes that start at once never read half a file.
    """
    for source in folder.glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parent.parent.name)
        descriptor, name = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(descriptor, "wb") as out:
            write_mo(out, catalogue)
        os.replace(name, target)
