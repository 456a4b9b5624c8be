"""Where a request stands: the platform, the time, the person, the office they work in and its regulation in force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, request, session
from flask_login import current_user
from werkzeug.exceptions import Forbidden

from app.platform import Platform
from app.settings import Settings
from app.web.auth import SignedIn
from app.web.language import _
from persistence.sight import Sight
from processes.duties import sees_office
from processes.errors import NoDeployment
from processes.people import Actor
from processes.regulation import Regulation
from timers.calendar import Calendar
from timers.clock import Clock
from timers.counting import Counting

ADMIN, AUDITOR, OWNER = "admin", "auditor", "process_owner"
"""Duties of the platform itself, held in an office like those that its regulation names."""
SEES_ALL = frozenset({ADMIN, AUDITOR, OWNER})


@dataclass(frozen=True, slots=True)
class Desk:
    """What every request needs of the process it runs in."""

    settings: Settings
    platform: Platform
    clock: Clock


def init_context(app: Flask, settings: Settings, platform: Platform, clock: Clock) -> None:
    """Keep the desk with the app; `demo` and `here` in every template."""
    app.extensions["desk"] = Desk(settings, platform, clock)

    @app.context_processor
    def stand() -> dict[str, object]:
        return {"demo": settings.demo, "here": request.full_path.rstrip("?") if request.method == "GET" else "/"}


def desk() -> Desk:
    return cast(Desk, current_app.extensions["desk"])


def platform() -> Platform:
    return desk().platform


def now() -> datetime:
    """The time of this request, aware, UTC: the same for everything it does."""
    if "now" not in g:
        g.now = desk().clock.now()
    return cast(datetime, g.now)


def me() -> Actor:
    """Who acts."""
    return person().actor


def person() -> SignedIn:
    return cast(SignedIn, current_user)


def office() -> str:
    """The office the person works in now. Raises 403 for somebody without any duty."""
    held = person().offices
    if not held:
        raise Forbidden()
    chosen = session.get("office")
    return chosen if chosen in held else held[0]


def packs() -> list[str]:
    """The regulations that the office runs, its first one first; most offices run one."""
    if "packs" not in g:
        g.packs = platform().library.packs(office())
    return cast(list[str], g.packs)


def in_force() -> Regulation:
    """The regulation in force now, of those of the office the one the person works by. Raises `NoDeployment`."""
    if "regulation" not in g:
        chosen = session.get("pack")
        pack = chosen if chosen in packs() else None
        g.regulation = platform().library.in_force(office(), now(), pack)
    return cast(Regulation, g.regulation)


def sight() -> Sight:
    """What the person sees of the office, under the regulation they work by."""
    if "sight" not in g:
        regulation, roles = in_force(), me().roles(office())
        whole = bool(roles & SEES_ALL) or sees_office(me(), regulation)
        several = len(packs()) > 1
        deployments = platform().library.deployments(office(), regulation.name) if several else ()
        g.sight = Sight(me(), office(), whole, tuple(deployments))
    return cast(Sight, g.sight)


def calendar() -> Calendar:
    """The office's calendar, read once per request."""
    if "calendar" not in g:
        g.calendar = platform().calendars.current(office())
    return cast(Calendar, g.calendar)


def count_open(element: str | None = None, until: datetime | None = None) -> int:
    """How many open tasks the person could do; `element`: only these, `until`: due before. Asked once per request."""
    kept = g.setdefault("dues", {})
    if element not in kept:
        kept[element] = platform().read.dues(sight(), element)
    return sum(1 for due in kept[element] if until is None or (due is not None and due < until))


def count_supervised() -> int:
    """How many orders that the person sees are overdue and not closed."""
    if "supervised" not in g:
        g.supervised = platform().read.count_overdue(sight())
    return cast(int, g.supervised)


def is_admin() -> bool:
    return ADMIN in me().roles(office())


def require_admin() -> None:
    """Raises 403."""
    if not is_admin():
        raise Forbidden()


def may_deploy() -> bool:
    """Whether the person may bring a regulation into force here."""
    return bool(me().roles(office()) & {ADMIN, OWNER})


def zone() -> ZoneInfo:
    """The zone of the office; that of the pack in force, or of most offices before there is one."""
    try:
        return in_force().zone
    except NoDeployment:
        return ZoneInfo(Counting().zone)


def role_names(office: str) -> dict[str, str]:
    """Role → name in an office: those of each of its regulations in their order, then the platform's own duties."""
    known: dict[str, dict[str, str]] = g.setdefault("role_names", {})
    if office not in known:
        library = platform().library
        known[office] = {
            code: str(role.get("name", code))
            for regulation in map(library.of, library.numbers_in_force(office, now()))
            for code, role in regulation.roles.items()
        } | {ADMIN: _("系统管理员"), AUDITOR: _("审计员"), OWNER: _("流程管理员")}
    return known[office]


def role_name(role: str) -> str:
    """The name of a role in this office."""
    return role_names(office()).get(role, role)


def unit_names() -> dict[str, str]:
    """Unit id → name, of the office."""
    if "units" not in g:
        g.units = {str(row["id"]): str(row["name"]) for row in platform().read.units(office())}
    return cast(dict[str, str], g.units)


def people_names(logins: Iterable[str]) -> dict[str, str]:
    """Login → name."""
    return platform().people.names(logins)
