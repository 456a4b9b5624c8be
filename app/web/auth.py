"""Who is asking: sessions on Flask-Login, asked anew of the store at every request.

The cookie names a user and the *epoch* of their sessions. When an admin disables a user or a password changes, the
epoch moves on and every live session ends at its next request.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user
from werkzeug.wrappers import Response

from app.web.passwords import is_password, locked_until
from persistence.people import People
from processes.people import Actor, offices

SESSION_HOURS = 12


class SignedIn(UserMixin):  # type: ignore[misc]  # flask-login has no types
    """The person of this request. `actor` is who the verbs see; `office` is where they work now."""

    def __init__(self, row: Mapping[str, Any], actor: Actor) -> None:
        self.actor = actor
        self.id = str(row["id"])
        self.login = str(row["login"])
        self.epoch = int(row["session_epoch"])
        self.password_once = bool(row["password_once"])

    def get_id(self) -> str:
        """What the session cookie keeps."""
        return f"{self.id}.{self.epoch}"

    @property
    def offices(self) -> list[str]:
        return offices(self.actor.duties)


def init_auth(app: Flask, people: People) -> None:
    """Sessions, and the sign-in page for every endpoint that is not open to all."""
    app.config.update(
        PERMANENT_SESSION_LIFETIME=timedelta(hours=SESSION_HOURS),
        # The cookie is set only when something in it changed: else an answer that is late, of a form drawn anew or of
        # another tab, would set it back and lose what was said meanwhile.
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    manager = LoginManager(app)
    # The session ends with its epoch; a hash of address and browser would end it on every change of network.
    manager.session_protection = None

    @manager.user_loader  # type: ignore[untyped-decorator]  # flask-login has no types
    def load(identity: str) -> SignedIn | None:
        user, _, epoch = identity.partition(".")
        row = people.by_id(user)
        if row is None or row["disabled"] or str(row["session_epoch"]) != epoch:
            return None
        return SignedIn(row, Actor(row["login"], row["name"], people.duties(user)))

    @app.before_request
    def ask_who() -> Response | None:
        if request.endpoint in OPEN_TO_ALL or request.endpoint is None or current_user.is_authenticated:
            return None
        if request.method != "GET":
            return redirect(url_for("sign_in.sign_in"))
        return redirect(url_for("sign_in.sign_in", next=request.full_path.rstrip("?")))


PROBES = frozenset({"health.healthz", "health.readyz", "health.exposed"})
OPEN_TO_ALL = frozenset({"static", "sign_in.sign_in", "preferences.choose"}) | PROBES


def sign_in_with(people: People, login: str, password: str, now: datetime) -> SignedIn | None:
    """The person, with a session, if login and password are right and the account may be used now; else None.

    A wrong guess is counted and may lock the account for a while. None never says why.
    """
    row = people.by_login(login)
    locked = row is not None and row["locked_until"] is not None and row["locked_until"] > now
    # The hash is verified in every case, so that no answer is faster than another.
    right = is_password(row["password_hash"] if row is not None else None, password)
    if row is None or locked:
        return None
    if not right:
        people.failed(row["id"], locked_until(row["failed_attempts"] + 1, now))
        return None
    if row["disabled"]:
        return None
    if row["failed_attempts"]:
        people.update(row["id"], failed_attempts=0, locked_until=None)
    person = SignedIn(row, Actor(row["login"], row["name"], people.duties(row["id"])))
    session.clear()
    session.permanent = True
    login_user(person)
    return person
