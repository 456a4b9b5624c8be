"""What every answer carries, and what every request must prove.

Pages run no inline script and load nothing from elsewhere; they may not be framed; every POST carries a token.
Nothing is built from the Host header: links and redirects are paths. `local_path` keeps `next` inside the house.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest, NotFound

csrf = CSRFProtect()

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        # The viewers of diagrams carry small pictures and an icon font as data: URLs.
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


class Sessions(SecureCookieSessionInterface):
    """Static files belong to nobody and are kept by caches: no session travels with them.

    Else a file still loading while somebody signs out would bring their session back.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.endpoint != "static":
            super().save_session(app, session, response)


def init_security(app: Flask, *, https: bool) -> None:
    """Tokens on POST, cookie flags, headers, and versioned addresses of our static files."""
    app.config.update(
        SESSION_COOKIE_NAME="jieban",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a long form must not lose its token
        WTF_CSRF_SSL_STRICT=False,  # compares the Referer with the Host header, which we do not trust
    )
    app.session_interface = Sessions()
    app.before_request(refuse_nul)
    csrf.init_app(app)

    @app.after_request
    def guard(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = POLICY + g.get("policy_more", "")
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if https:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        # Only the file itself: a page that says why there is none must not stay in anybody's cache.
        if request.endpoint == "static" and response.status_code in (200, 304):
            response.cache_control.public, response.cache_control.max_age = True, 31_536_000
            response.cache_control.no_cache = None
        else:
            headers["Cache-Control"] = "no-store"
        return response

    static = Path(app.static_folder or "")
    changed: dict[str, int] = {}

    @app.url_defaults
    def version(endpoint: str, values: dict[str, Any]) -> None:
        """A changed file gets a new address, so that browsers may keep the old one for a year."""
        if endpoint == "static" and (name := str(values.get("filename", ""))):
            if app.debug or name not in changed:
                file = static / name
                changed[name] = int(file.stat().st_mtime) if file.is_file() else 0
            values["v"] = changed[name]


def refuse_nul() -> None:
    """No text of ours holds a NUL, and PostgreSQL takes none: refused here, before anything asks the database.

    Raises `NotFound` for an address, `BadRequest` for a form.
    """
    if "\0" in request.path:
        raise NotFound()
    for values in (request.args, request.form):
        if any("\0" in text for pair in values.items(multi=True) for text in pair):
            raise BadRequest()


def local_path(target: str | None) -> str | None:
    """`target` if it is a path of this site, else None.

    `//host`, `/\\host`, full addresses and control characters are refused: browsers read them as another site.
    """
    if not target or not target.startswith("/") or target[1:2] in ("/", "\\"):
        return None
    if any(ord(character) < 33 or ord(character) == 127 for character in target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target
