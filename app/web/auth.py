"""Who is asking: sessions on Flask-Login, asked anew of the store at every request.

The cookie names a user and the *epoch* of their sessions. When the person signs out, when an admin disables them or a
password changes, the epoch moves on and every live session ends at its next request: a cookie that was copied is worth
nothing afterwards, and no list of sessions need be kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user
from werkzeug.wrappers import Response

from app.platform import Platform
from app.web.passwords import is_password, locked_until
from persistence.people import People
from processes import verbs
from processes.people import SYSTEM, Actor, is_reserved, offices

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


def init_auth(app: Flask, people: People, *, demo: bool) -> None:
    """Sessions, and the sign-in page for every endpoint that is not open to all. `demo`: demo people may sign in."""
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
        if row is None or not may_enter(row, demo=demo) or str(row["session_epoch"]) != epoch:
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


def may_enter(row: Mapping[str, Any], *, demo: bool) -> bool:
    """Whether somebody may be signed in by this account: demo people in a demo only, for all know their password."""
    return not row["disabled"] and (demo or not row["demo"]) and not is_reserved(row["login"])


def sign_in_with(platform: Platform, login: str, password: str, now: datetime, *, demo: bool) -> SignedIn | None:
    """The person, with a session, if login and password are right and the account may be used now; else None.

    A wrong guess is counted and may lock the account for a while. None never says why.
    """
    row = platform.people.by_login(login)
    if row is not None and not may_enter(row, demo=demo):
        row = None
    if not knows_password(platform, row, password, now) or row is None:
        return None
    person = SignedIn(row, Actor(row["login"], row["name"], platform.people.duties(row["id"])))
    session.clear()
    session.permanent = True
    login_user(person)
    return person


def knows_password(platform: Platform, row: Mapping[str, Any] | None, password: str, now: datetime) -> bool:
    """Whether this is the account's password. Every try is counted; a wrong one too many locks the account, which its
    offices' journals keep. False for the right one as well while the account waits, and without an account."""
    people = platform.people
    guess = people.count_guess(row["id"], now, locked_until) if row is not None else None
    # The hash is verified in every case, so that no answer is faster than another.
    right = is_password(row["password_hash"] if row is not None else None, password)
    if row is None or guess is None:
        return False
    if right:
        people.update(row["id"], failed_attempts=0, locked_until=None)
    elif guess.locked_until is not None:
        changed = {"login": row["login"], "attempts": guess.attempts, "until": guess.locked_until}
        for office in offices(people.duties(row["id"])):
            verbs.record(platform.door, SYSTEM, office, "lock_user", changed, now)
    return right
