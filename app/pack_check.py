"""Looking at a pack before it is deployed: lint, scenarios, and the difference to what is in force.

The result is plain data, so that it can be kept beside the archive and shown again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from app.deploying import default_date
from app.pack_archive import unpacked
from app.pack_difference import changed_files, changes
from app.platform import Platform
from app.scenarios.run import run_pack
from processes.errors import BadPack, NoDeployment
from processes.pack import Pack, Problem, read_pack
from processes.parameters import Parameter
from processes.regulation import Regulation

MOST_PROBLEMS = 300
MOST_CHANGES = 2_000


def check_archive(platform: Platform, office: str, data: bytes, now: datetime) -> dict[str, Any]:
    """What is in the archive and what is wrong with it.

    Keys: `pack`, `title`, `digest`, `effective_from` (ISO date or None), `problems` and `warnings` (file, element, zh,
    en), `scenarios` (passed, failed, results), `files`, `changes`, `against` (number of the deployment compared with),
    `masked` (name, title, value, unit, cites of the values to be confirmed), `fit` (nothing is wrong with it). Raises
    `BadArchive`.
    """
    current = _in_force(platform, office, now)
    with unpacked(data) as folder:
        try:
            pack = read_pack(folder)
        except BadPack as error:
            return _result(None, current, problems=error.problems)
        here = platform.library.packs(office)
        if pack.name not in here:
            zh = f"这是“{pack.name}”的规程包，本机构施行的是“{'、'.join(here)}”。"
            en = f"A pack {pack.name!r}; this office runs {', '.join(here)}."
            return _result(pack, current, problems=[Problem("error", "office", "pack.toml", "name", zh, en)])
        current = _in_force(platform, office, now, pack.name)
        try:
            regulation = platform.compile(pack)
            begins = None if pack.settings.get("effective_from") is None else default_date(pack).date().isoformat()
        except BadPack as error:
            return _result(pack, current, problems=error.problems)
        report = run_pack(pack, folder=folder)
    return _result(pack, current, regulation=regulation, scenarios=report.to_json()) | {"effective_from": begins}


def _in_force(platform: Platform, office: str, now: datetime, pack: str | None = None) -> Regulation | None:
    try:
        return platform.library.in_force(office, now, pack)
    except NoDeployment:
        return None


def _result(
    pack: Pack | None,
    current: Regulation | None,
    *,
    problems: Iterable[Problem] = (),
    regulation: Regulation | None = None,
    scenarios: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    listed = [_row(problem) for problem in problems]
    errors = [row for row in listed if row["level"] == "error"]
    warnings = [row for row in listed if row["level"] != "error"]
    warnings += [_row(problem) for problem in (regulation.warnings if regulation else ())]
    files = changed_files(current.pack if current else None, pack) if pack else []
    inside = [change.to_json() for change in changes(current, regulation)] if regulation else []
    return {
        "pack": pack.name if pack else "",
        "title": str(pack.settings.get("title", pack.name)) if pack else "",
        "digest": pack.digest if pack else "",
        "effective_from": None,
        "problems": errors[:MOST_PROBLEMS],
        "warnings": warnings[:MOST_PROBLEMS],
        "scenarios": scenarios,
        "files": [change.to_json() for change in files],
        "changes": inside[:MOST_CHANGES],
        "masked": [_masked(one) for one in regulation.parameters.values() if one.must_be_confirmed]
        if regulation
        else [],
        "against": current.number if current else None,
        "fit": regulation is not None and scenarios is not None and not scenarios["failed"],
    }


def _masked(one: Parameter) -> dict[str, Any]:
    return {"name": one.name, "title": one.title, "value": one.value, "unit": one.unit, "cites": one.cites}


def _row(problem: Problem) -> dict[str, str]:
    return {
        "level": problem.level,
        "code": problem.code,
        "file": problem.file,
        "element": problem.element,
        "zh": problem.zh,
        "en": problem.en,
    }
