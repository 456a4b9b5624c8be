"""Telling tiny stories about the small test pack: `told(tmp_path, "steps…")` gives the result of one scenario."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from textwrap import indent

from app.scenarios import Report, Result
from app.scenarios.packs import Packs
from app.scenarios.run import files_of, run_files
from processes.pack import read_pack

SMALL = Path(__file__).resolve().parent.parent / "packs" / "small"

HEAD = """\
scenario: story
pack: small
given:
  at: 2026-09-28T10:00:00+08:00
  order: {request_type: complaint, title: 漏水, content: 楼上漏水}
steps:
"""
DISPATCHED = """\
- {as: agent, complete: accept, with: {decision: accept}}
- {at: 2026-09-28T11:00:00+08:00, as: dispatcher, complete: dispatch, with: {lead_unit: housing}}
"""
SIGNED = DISPATCHED + "- {at: 2026-09-28T12:00:00+08:00, as: handler@housing, complete: sign_for}\n"


def run(folder: Path, text: str, file: str = "story.yaml") -> Report:
    """The report on one file, against the small pack."""
    (folder / file).write_text(text, encoding="utf-8")
    return run_files(files_of([folder / file]), small())


@cache
def small() -> Packs:
    """The small pack, compiled once for all tests of this process."""
    return Packs(read_pack(SMALL))


def result(folder: Path, text: str) -> Result:
    """The result of a file with one scenario."""
    (found,) = run(folder, text).results
    return found


def told(folder: Path, steps: str, head: str = HEAD) -> Result:
    """The result of one story about the order in `head`."""
    return result(folder, head + indent(steps, "  "))


def line_of(folder: Path, found: Result) -> int:
    """The line that the first difference names."""
    name, _, rest = found.differences[0].partition("story.yaml:")
    assert name == f"{folder}/"
    return int(rest.split()[0])
