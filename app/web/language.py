"""Chinese first, English by a switch that a cookie remembers; also light, dark or as the system has it.

Source strings in templates and code are Chinese; `app/translations/en` holds the English catalogue. It is compiled at
set-up. Where it is missing, older than its source or unreadable, whoever starts the app compiles it; whoever may not
write there shows the pages in Chinese, and says so in the log.
"""

from __future__ import annotations

import logging

from flask import Blueprint, Flask, Response, current_app, redirect, request
from flask_babel import Babel, get_locale, gettext

from app.translations.compiling import TRANSLATIONS, compile_catalogues
from app.web.security import local_path
from timers.words import Lang

log = logging.getLogger(__name__)

LANGUAGES = {"zh": "中文", "en": "English"}
LOOKS = ("system", "light", "dark")

blueprint = Blueprint("preferences", __name__)


def init_language(app: Flask) -> None:
    """Babel with our catalogues; `language`, `look` and `pick` in every template."""
    languages = LANGUAGES
    try:
        compile_catalogues(TRANSLATIONS)
    except OSError as error:
        log.error("no English pages, run python -m app.translations.compiling: %s", type(error).__name__)
        languages = {"zh": LANGUAGES["zh"]}
    app.config.update(LANGUAGES=languages, BABEL_DEFAULT_LOCALE="zh", BABEL_TRANSLATION_DIRECTORIES=str(TRANSLATIONS))
    Babel(app, locale_selector=chosen_language)
    app.register_blueprint(blueprint)

    @app.context_processor
    def preferences() -> dict[str, object]:
        look = request.cookies.get("look")
        return {
            "language": language(),
            "languages": languages,
            "look": look if look in LOOKS else "system",
            "pick": pick,
        }


def chosen_language() -> str:
    """The language that the cookie names, Chinese otherwise."""
    wanted = request.cookies.get("language")
    return wanted if wanted and wanted in current_app.config["LANGUAGES"] else "zh"


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
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    for name, allowed in (("language", tuple(LANGUAGES)), ("look", LOOKS)):
        wanted = request.form.get(name)
        if wanted in allowed:
            answer.set_cookie(name, wanted, max_age=31_536_000, httponly=True, samesite="Lax", secure=secure)
    return answer  # type: ignore[return-value]  # flask's redirect is typed as werkzeug's base response
