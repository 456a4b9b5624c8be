"""Looking at a pack before it is deployed: lint, scenarios, and the difference to what is in force.

The result is plain data, so that it can be kept beside the archive and shown again. What was uploaded is looked at by a
process of its own (`python -m app.pack_check`: JSON in and out), whose processor time is bounded: nothing that somebody
uploads can stop the server.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from app.deploying import default_date
from app.pack_archive import unpacked
from app.pack_difference import changed_files, changes
from app.pack_safety import unsafe
from app.platform import Platform
from app.scenarios.run import run_pack
from app.settings import ROOT
from persistence.library import Library
from processes.errors import BadPack, Refusal
from processes.pack import Pack, Problem, pack_of, read_pack
from processes.parameters import Parameter
from processes.regulation import Regulation, load_regulation

MOST_PROBLEMS = 300
MOST_CHANGES = 2_000
CPU_SECONDS = 120
WALL_SECONDS = 600
"""More than the processor time, for a machine that is busy."""
InForce = Mapping[str, Regulation | None]
"""The packs of an office, its first one first, each with what is in force of it."""


class Endless(Refusal):
    """The check was ended because it took too long."""

    status, code = 422, "CHECK_ENDLESS"
    zh = f"检查超过 {CPU_SECONDS // 60} 分钟仍未结束，已中止；请检查包里的表达式和场景是否有算不完的。"
    en = f"The check did not end within {CPU_SECONDS // 60} minutes and was stopped; look for endless expressions."


def check_apart(library: Library, office: str, data: bytes, now: datetime) -> dict[str, Any]:
    """`check_archive` for an office, in a process of its own. Raises `BadArchive` or `Endless`, as `Refusal`s."""
    asked = {"archive": _written(data), "office": office, "in_force": _in_force(library, office, now)}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "app.pack_check", str(CPU_SECONDS)],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=WALL_SECONDS,
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not name.startswith("JIEBAN_")},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Endless() from error
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise Endless()
    if done.returncode:
        raise RuntimeError(done.stderr.decode("utf-8", "replace")[-4000:])
    answer: dict[str, Any] = json.loads(done.stdout)
    if "refused" in answer:
        raise Refused(*answer["refused"])
    return answer


class Refused(Refusal):
    """What the other process refused, with its sentences."""

    status, code = 422, "BAD_ARCHIVE"


def main() -> None:
    """The other side of `check_apart`. The argument is the processor time in seconds."""
    seconds = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    asked = json.load(sys.stdin)
    in_force = {name: _loaded(name, asked["office"], row) for name, row in asked["in_force"].items()}
    try:
        answer = check_archive(b64decode(asked["archive"]), in_force)
    except Refusal as error:
        answer = {"refused": [error.zh, error.en]}
    json.dump(answer, sys.stdout)


def _in_force(library: Library, office: str, now: datetime) -> dict[str, Any]:
    rows: dict[str, Any] = dict.fromkeys(library.packs(office))
    for number in library.numbers_in_force(office, now):
        files = {path: _written(content) for path, content in library.files(number).items()}
        row = library.row(number)
        rows[row.pack] = {"number": number, "since": row.effective_from.isoformat(), "files": files}
    return rows


def _loaded(name: str, office: str, row: Mapping[str, Any] | None) -> Regulation | None:
    if row is None:
        return None
    pack = pack_of({path: b64decode(content) for path, content in row["files"].items()}, name)
    return load_regulation(pack, row["number"], datetime.fromisoformat(row["since"]), office)


def _written(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def check_archive(data: bytes, in_force: InForce) -> dict[str, Any]:
    """What is in the archive and what is wrong with it.

    Keys: `pack`, `title`, `digest`, `effective_from` (ISO date or None), `problems` and `warnings` (file, element, zh,
    en), `scenarios` (passed, failed, results), `files`, `changes`, `against` (number of the deployment compared with),
    `masked` (name, title, value, unit, cites of the values to be confirmed), `fit` (nothing is wrong with it). Raises
    `BadArchive`.
    """
    first = next(iter(in_force.values()), None)
    with unpacked(data) as folder:
        try:
            pack = read_pack(folder)
        except BadPack as error:
            return _result(None, first, problems=error.problems)
        if pack.name not in in_force:
            zh = f"这是“{pack.name}”的规程包，本机构施行的是“{'、'.join(in_force)}”。"
            en = f"A pack {pack.name!r}; this office runs {', '.join(in_force)}."
            return _result(pack, first, problems=[Problem("error", "office", "pack.toml", "name", zh, en)])
        current = in_force[pack.name]
        try:
            regulation = Platform.compile(pack)
            begins = None if pack.settings.get("effective_from") is None else default_date(pack).date().isoformat()
        except BadPack as error:
            return _result(pack, current, problems=error.problems)
        if wrong := unsafe(current, regulation):
            return _result(pack, current, regulation=regulation, problems=wrong) | {"effective_from": begins}
        report = run_pack(pack, folder=folder)
    return _result(pack, current, regulation=regulation, scenarios=report.to_json()) | {"effective_from": begins}


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


if __name__ == "__main__":
    main()
