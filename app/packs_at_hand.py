"""Which pack is meant: `--pack` takes the name of a deployed pack, of a folder under `bpmn/`, or the path of a folder.

A name means what is deployed under it (in the office of that name before others), as it is in force now; only a pack
without any deployment is read from its folder. A path (anything with a slash, or `.`) is always read from disk: that is
how one looks at a draft.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from app.platform import Platform
from app.settings import ROOT
from persistence.library import Library
from processes.errors import Refusal
from processes.pack import Pack, pack_of, read_pack
from processes.regulation import Regulation
from processes.settings import counting_of
from timers.counting import Counting

PACKS = ROOT / "bpmn"


class UnknownPack(Refusal):
    """Neither a deployed office nor a folder with a `pack.toml`."""

    status, code = 404, "UNKNOWN_PACK"


def pack_folders() -> list[Path]:
    """The packs that come with the product, by name."""
    return sorted(found.parent for found in PACKS.glob("*/pack.toml"))


def find_pack(text: str) -> Pack:
    """The pack in a folder, named by path or by its name under `bpmn/`. Raises `UnknownPack`, `BadPack`."""
    return read_pack(find_folder(text))


def find_folder(text: str) -> Path:
    """The folder of a pack, named by path or by its name under `bpmn/`. Raises `UnknownPack`."""
    for folder in (Path(text), PACKS / text):
        if text and folder.is_dir():
            return folder
    raise UnknownPack(
        f"没有规程包“{text}”：既不是已部署的名称，也不是目录。", f"No pack {text!r}: no office, no folder."
    )


def find_regulation(text: str, platform: Platform | None, now: datetime) -> Regulation:
    """The regulation that `--pack` means, compiled. Raises `UnknownPack`, `BadPack`."""
    library, number = _deployed(text, platform, now)
    return library.of(number) if library else Platform.compile(find_pack(text))


def find_counting(text: str, platform: Platform | None, now: datetime) -> Counting:
    """How the pack that `--pack` means counts limits; nothing else of it is read. Raises `UnknownPack`, `BadPack`."""
    library, number = _deployed(text, platform, now)
    return counting_of(pack_of(library.files(number), text) if library else find_pack(text))


def find_office(text: str, platform: Platform) -> str:
    """The office whose deployment of the pack is meant: the one named after it, unless only others run it."""
    offices = [row.office for row in platform.library.rows() if row.pack == text]
    return min(offices, key=lambda office: (office != text, office), default=text)


def _deployed(text: str, platform: Platform | None, now: datetime) -> tuple[Library | None, int]:
    """The deployment in force of a pack, or its newest if none has come into force yet."""
    if platform is None or "/" in text or text == ".":
        return None, 0
    rows = [row for row in platform.library.rows() if row.pack == text]
    if not rows:
        return None, 0
    office = find_office(text, platform)
    number = platform.library.number_in_force(office, now, text)
    return platform.library, rows[0].number if number is None else number
