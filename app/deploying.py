"""Deploying a pack, for the command line and the web alike: lint, compile, confirmations, scenarios, freeze.

Nothing is stored unless everything before it was in order. The same content with the same date is already deployed;
asking again changes nothing and checks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from app.pack_safety import unsafe
from app.platform import Platform
from app.scenarios.report import Report
from app.scenarios.run import Heard, run_pack
from persistence.confirmations import unconfirmed
from persistence.library import NEVER
from processes.errors import BadPack, NoDeployment, Refusal, Unconfirmed
from processes.pack import Pack, Problem
from processes.people import Actor
from processes.regulation import Regulation
from processes.settings import counting_of
from processes.store import DeploymentRow
from timers.counting import zone


class ScenariosFailed(Refusal):
    """The pack's own acceptance tests do not hold; `report` says which and why."""

    status, code = 422, "SCENARIOS_FAILED"

    def __init__(self, report: Report) -> None:
        self.report = report
        failed = [result.scenario or result.file for result in report.results if not result.passed]
        super().__init__(
            f"规程包的 {len(failed)} 个场景不通过，不能部署：{'、'.join(failed)}。",
            f"{len(failed)} scenarios of the pack fail; it cannot be deployed: {', '.join(failed)}.",
        )


class Undated(Refusal):
    """The text of the regulation gives no date (or hides it), and nobody has said since when it shall apply."""

    status, code = 422, "UNDATED"
    zh = "pack.toml 没有写生效日期（effective_from）；请在部署时指定，如 --effective-from 2026-01-01。"
    en = "pack.toml gives no effective date; say it when deploying, as in --effective-from 2026-01-01."


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
    office: str | None = None,
    folder: Path | None = None,
    heard: Heard | None = None,
) -> Deployed:
    """Bring a pack into force at `effective_from` (default: the date in its `pack.toml`, 00:00 of its zone).

    `folder`: where the pack lies, for revised packs that its scenarios name; `heard`: is told of each scenario's
    result; `office`: where, by default the one named after the pack. Raises `BadPack` with every problem (what
    `app.pack_safety` says included),
    `Undated`, `Unconfirmed`, `ScenariosFailed`.
    """
    begins, digest, office = effective_from or default_date(pack), pack.digest, office or pack.name
    for row in platform.library.rows(office):
        if row.pack == pack.name and row.digest == digest and row.effective_from == begins:
            return Deployed(row, new=False)
    regulation = platform.compile(pack)
    wrong = unsafe(_replaced(platform, office, pack, max(begins, now)), regulation)
    if wrong:
        raise BadPack(wrong)
    waiting = unconfirmed(pack, platform.library.confirmations(office, pack.name))
    if waiting and begins < NEVER:
        raise Unconfirmed(waiting)
    report = run_pack(pack, folder=folder, heard=heard)
    if report.exit_code:
        raise ScenariosFailed(report)
    row = platform.library.deploy(pack, effective_from=begins, actor=actor, note=note, now=now, office=office)
    return Deployed(row, new=True, warnings=regulation.warnings)


def _replaced(platform: Platform, office: str, pack: Pack, at: datetime) -> Regulation | None:
    """What would be in force of the pack without this deployment."""
    try:
        return platform.library.in_force(office, at, pack.name)
    except NoDeployment:
        return None


def default_date(pack: Pack) -> datetime:
    """`effective_from` of `pack.toml`, as an instant. Raises `Undated`, `BadPack` as `counting_of`."""
    written, here = pack.settings.get("effective_from"), zone_of(pack)
    if isinstance(written, datetime):
        return written if written.tzinfo else written.replace(tzinfo=here)
    if isinstance(written, date):
        return datetime(written.year, written.month, written.day, tzinfo=here)
    raise Undated()


def zone_of(pack: Pack) -> ZoneInfo:
    """The zone the pack counts in. Raises `BadPack`."""
    return zone(counting_of(pack).zone)
