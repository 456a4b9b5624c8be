"""Users and their duties. Passwords come hashed; nothing here knows how."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from persistence import tables as t
from persistence.store import Database
from processes.errors import ReservedName
from processes.people import Actor, Duty, is_reserved


@dataclass(frozen=True, slots=True)
class WaysOfOffice:
    """Which way the notices of an office go: `email`, `webhook` or `none`."""

    name: str
    staff_by: str
    petitioner_by: str


@dataclass(frozen=True, slots=True)
class Guess:
    """A password that somebody tries. `attempts`: how many in a row, this one too; `locked_until`: if it is wrong."""

    attempts: int
    locked_until: datetime | None


class People:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        login: str,
        name: str,
        password_hash: str,
        duties: Iterable[Duty],
        *,
        demo: bool = False,
        password_once: bool = False,
    ) -> str:
        """Enter a user with duties; one who exists only gets the duties that are missing. Returns the user's id.

        Raises `ReservedName`.
        """
        if is_reserved(login) or is_reserved(name):
            raise ReservedName()
        with self._database.transaction() as work:
            run = work.connection.execute
            user_id = run(sa.select(t.user.c.id).where(t.user.c.login == login)).scalar()
            if user_id is None:
                user_id = uuid4().hex
                row = {
                    "id": user_id,
                    "login": login,
                    "name": name,
                    "password_hash": password_hash,
                    "disabled": False,
                    "demo": demo,
                    "password_once": password_once,
                    "failed_attempts": 0,
                    "session_epoch": 0,
                }
                run(t.user.insert(), row)
            c = t.duty.c
            known = {Duty(*row) for row in run(sa.select(c.office, c.role, c.unit).where(c.user_id == user_id))}
            for duty in duties:
                if duty not in known:
                    values = {"user_id": user_id, "office": duty.office, "role": duty.role, "unit": duty.unit}
                    run(t.duty.insert(), values)
        return str(user_id)

    def by_login(self, login: str) -> Mapping[str, Any] | None:
        return self._one(t.user.c.login == login)

    def by_id(self, user_id: str) -> Mapping[str, Any] | None:
        return self._one(t.user.c.id == user_id)

    def actor(self, user_id: str) -> Actor | None:
        """The user as an actor with all duties; None if unknown, disabled or called like the platform.

        `Actor.user` is the login.
        """
        found = self.by_id(user_id)
        if found is None or found["disabled"] or is_reserved(found["login"]):
            return None
        return Actor(found["login"], found["name"], self.duties(user_id))

    def duties(self, user_id: str) -> tuple[Duty, ...]:
        c = t.duty.c
        query = sa.select(c.office, c.role, c.unit).where(c.user_id == user_id).order_by(c.id)
        with self._database.reading() as connection:
            return tuple(Duty(*row) for row in connection.execute(query))

    def update(self, user_id: str, *, end_sessions: bool = False, **values: Any) -> None:
        """Set columns: `failed_attempts`, `locked_until`, `disabled`, `password_hash`, `name`, `password_once`,
        `email`. `end_sessions`: whoever is signed in as this user is so no more, in any browser."""
        if end_sessions:
            values["session_epoch"] = t.user.c.session_epoch + 1
        with self._database.transaction() as work:
            work.connection.execute(t.user.update().where(t.user.c.id == user_id).values(values))

    def count_guess(
        self, user_id: str, now: datetime, locks: Callable[[int, datetime], datetime | None]
    ) -> Guess | None:
        """Count a password that is about to be tried; None where the account waits. `locks(attempts, now)`: until when.

        Counted under the row's lock and before anybody looks at the password: of guesses that come at once none
        goes uncounted. Who then turns out to know it sets the count back.
        """
        c = t.user.c
        with self._database.transaction() as work:
            run = work.connection.execute
            query = sa.select(c.failed_attempts, c.locked_until).where(c.id == user_id).with_for_update()
            before, waits_until = run(query).one()
            if waits_until is not None and waits_until > now:
                return None
            guess = Guess(before + 1, locks(before + 1, now))
            values = {"failed_attempts": guess.attempts, "locked_until": guess.locked_until}
            run(t.user.update().where(c.id == user_id).values(values))
        return guess

    def is_real(self) -> bool:
        """Whether this is somebody's own installation: it holds people or orders, and no demo made them."""
        with self._database.reading() as connection:

            def holds(query: sa.Select[Any]) -> bool:
                return connection.execute(query.limit(1)).first() is not None

            if holds(sa.select(t.user.c.id).where(t.user.c.demo)):
                return False
            return holds(sa.select(t.user.c.id)) or holds(sa.select(t.work_order.c.id))

    def nobody(self) -> bool:
        """Whether there is no account at all."""
        with self._database.reading() as connection:
            return connection.execute(sa.select(t.user.c.id).limit(1)).first() is None

    def add_duty(self, user_id: str, duty: Duty) -> bool:
        """False if the user holds it already."""
        values = {"user_id": user_id, "office": duty.office, "role": duty.role, "unit": duty.unit}
        with self._database.transaction() as work:
            run = work.connection.execute
            if run(sa.select(t.duty.c.id).where(_is(user_id, duty))).scalar() is not None:
                return False
            run(t.duty.insert(), values)
        return True

    def remove_duty(self, user_id: str, duty: Duty) -> bool:
        """False if the user does not hold it."""
        with self._database.transaction() as work:
            return work.connection.execute(t.duty.delete().where(_is(user_id, duty))).rowcount > 0

    def of_office(self, office: str) -> list[dict[str, Any]]:
        """Users who hold a duty in the office, by login, with their `duties` there; without password hashes."""
        u, d = t.user.c, t.duty.c
        query = sa.select(t.user, d.role, d.unit).join(t.duty, d.user_id == u.id).where(d.office == office)
        found: dict[str, dict[str, Any]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(query.order_by(u.login, d.id)).mappings():
                if (user := found.get(row["id"])) is None:
                    user = {one.name: row[one.name] for one in u if one.name != "password_hash"} | {"duties": []}
                    found[row["id"]] = user
                user["duties"].append(Duty(office, row["role"], row["unit"]))
        return list(found.values())

    def offices_of(self, office: str) -> dict[str, set[str]]:
        """User id → every office in which the user holds a duty, of those who hold one in this office."""
        c, here = t.duty.c, t.duty.alias()
        mine = sa.select(here.c.user_id).where(here.c.office == office)
        found: dict[str, set[str]] = {}
        with self._database.reading() as connection:
            for user, held in connection.execute(sa.select(c.user_id, c.office).where(c.user_id.in_(mine)).distinct()):
                found.setdefault(user, set()).add(held)
        return found

    def names(self, logins: Iterable[str]) -> dict[str, str]:
        """Login → name, of those that there are."""
        c, asked = t.user.c, sorted(set(logins))
        if not asked:
            return {}
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(c.login, c.name).where(c.login.in_(asked)))
            return {login: name for login, name in rows}

    def emails(self, office: str, role: str, unit: str | None) -> list[str]:
        """Addresses of the people who hold the role in the unit (or in the office as a whole), each once.

        People of a demo have none.
        """
        u, d = t.user.c, t.duty.c
        mine = [d.office == office, d.role == role, u.disabled.is_(False), u.demo.is_(False), u.email.is_not(None)]
        if unit is not None:
            mine.append(sa.or_(d.unit.is_(None), d.unit == unit))
        query = sa.select(u.email).join(t.duty, d.user_id == u.id).where(*mine).distinct().order_by(u.email)
        with self._database.reading() as connection:
            return [str(one) for one in connection.execute(query).scalars()]

    def ways_of(self, office: str) -> WaysOfOffice:
        c = t.office.c
        with self._database.reading() as connection:
            row = connection.execute(sa.select(c.name, c.staff_by, c.petitioner_by).where(c.id == office)).one()
        return WaysOfOffice(*row)

    def set_ways(self, office: str, staff_by: str, petitioner_by: str) -> None:
        values = {"staff_by": staff_by, "petitioner_by": petitioner_by}
        with self._database.transaction() as work:
            work.connection.execute(t.office.update().where(t.office.c.id == office).values(values))

    def _one(self, where: sa.ColumnElement[bool]) -> Mapping[str, Any] | None:
        with self._database.reading() as connection:
            found = connection.execute(sa.select(t.user).where(where)).mappings().first()
        return None if found is None else dict(found)


def _is(user_id: str, duty: Duty) -> sa.ColumnElement[bool]:
    c = t.duty.c
    unit = c.unit.is_(None) if duty.unit is None else c.unit == duty.unit
    return sa.and_(c.user_id == user_id, c.office == duty.office, c.role == duty.role, unit)
