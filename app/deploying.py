"""Deploying a pack, for the command line and the web alike: lint, compile, scenarios, freeze.

Nothing is stored unless everything before it was in order. The same content with the same date is already deployed;
asking again changes nothing and checks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.platform import Platform
from processes.errors import BadPack
from processes.pack import Pack, Problem
from processes.people import Actor
from processes.regulation import Regulation
from processes.store import DeploymentRow


@dataclass(frozen=True, slots=True)
class Deployed:
    """`row`: the deployment. `new`: it did not exist before. `warnings`: what the lint found worth saying."""

    row: DeploymentRow
    new: bool
    warnings: tuple[Problem, ...] = ()


def deploy(
    platform: Platform,
    pack: Pack,
    *,
    actor: Actor,
    now: datetime,
    effective_from: datetime | None = None,
    note: str = "",
) -> Deployed:
    """Bring a pack into force at `effective_from` (default: the date in its `pack.toml`, 00:00 of its zone).

    Raises `BadPack` with every problem, `ScenariosFailed`.
    """
    existing = [row for row in platform.library.rows(pack.name) if row.digest == pack.digest]
    regulation: Regulation | None = None
    if not existing:
        regulation = platform.compile(pack)
    begins = effective_from or default_date(pack)
    again = next((row for row in existing if row.effective_from == begins), None)
    if again is not None:
        return Deployed(again, new=False)
    row = platform.library.deploy(pack, effective_from=begins, actor=actor, note=note, now=now)
    platform.forget_choices()
    return Deployed(row, new=True, warnings=regulation.warnings if regulation else ())


def default_date(pack: Pack) -> datetime:
    """`effective_from` of `pack.toml`, as an instant. Raises `BadPack` if it is missing or no date."""
    written, zone = pack.settings.get("effective_from"), zone_of(pack)
    if isinstance(written, datetime):
        return written if written.tzinfo else written.replace(tzinfo=zone)
    if isinstance(written, date):
        return datetime(written.year, written.month, written.day, tzinfo=zone)
    zh, en = "缺少生效日期，或不是日期（写作 2026-01-01）。", "The effective date is missing or no date (2026-01-01)."
    raise BadPack([Problem("error", "setting", "pack.toml", "effective_from", zh, en)])


def zone_of(pack: Pack) -> ZoneInfo:
    """The zone the pack counts in. Raises `BadPack`."""
    name = str(pack.settings.get("time_zone", "Asia/Shanghai"))
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError):
        zh, en = f"没有时区“{name}”。", f"There is no time zone {name!r}."
        raise BadPack([Problem("error", "setting", "pack.toml", "time_zone", zh, en)]) from None
