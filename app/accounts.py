"""How an account begins: what a login and a name may be, and a password that works once.

The pages for admins and `jieban user add` both make accounts here, so that both leave the same in the journal.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from datetime import datetime

from app.platform import Platform
from app.web.context import SEES_ALL
from app.web.passwords import hash_password
from processes import verbs
from processes.errors import Refusal
from processes.people import Actor, Duty, is_reserved
from processes.regulation import Regulation

LOGIN = re.compile(r"[a-z][a-z0-9._-]{1,59}")
MOST_NAME = 40
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that can be misread from a slip of paper


class LoginTaken(Refusal):
    """Somebody has this login already."""

    status, code = 422, "LOGIN_TAKEN"
    zh, en = "这个账号已经存在。", "There is an account with this login already."


def is_login(text: str) -> bool:
    """Whether somebody new may be given this login."""
    return bool(LOGIN.fullmatch(text)) and not is_reserved(text)


def is_name(text: str) -> bool:
    """Whether somebody may be called so."""
    return 0 < len(text) <= MOST_NAME and text.isprintable() and not is_reserved(text)


def duties_under(regulations: Iterable[Regulation]) -> dict[str, str]:
    """Role → what it sees (`office`, `unit`), of every duty that somebody who works under these can be given."""
    named = {
        code: str(said.get("sees", "unit"))
        for regulation in regulations
        for code, said in regulation.roles.items()
        if said.get("sees", "unit") != "own" and code not in SEES_ALL
    }
    return named | dict.fromkeys(sorted(SEES_ALL), "office")


def one_time_password() -> str:
    """16 characters in groups of four: about 79 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _n in range(4)) for _group in range(4))


def add_account(platform: Platform, by: Actor, login: str, name: str, duty: Duty, now: datetime) -> tuple[str, str]:
    """A new account with its first duty, and its entry in the office's journal. Returns its id and the password, which
    must be changed at the first sign-in. `login` and `name` have been looked at. Raises `LoginTaken`."""
    password = one_time_password()
    hashed = hash_password(password)
    with platform.database.transaction():
        if platform.people.by_login(login) is not None:
            raise LoginTaken()
        user = platform.people.add(login, name, hashed, [duty], password_once=True)
        changed = {"login": login, "name": name, "role": duty.role, "unit": duty.unit}
        verbs.record(platform.door, by, duty.office, "add_user", changed, now)
    return user, password
