"""Which pack a scenario belongs to, each compiled once for all its scenarios.

A file inside a pack folder belongs to that folder if its name is the one the scenario says; otherwise the name is
looked up among the packs that come with the product.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from app.packs_at_hand import PACKS, UnknownPack
from app.platform import Platform
from app.scenarios.lines import Node
from app.scenarios.story import Scenario
from processes.pack import Pack, read_pack
from processes.regulation import Regulation


class Packs:
    """`given`: the pack to run everything against, whatever the files say."""

    def __init__(self, given: Pack | None = None) -> None:
        self._given = given
        self._packs: dict[Path, Pack] = {}
        self._compiled: dict[str, Regulation] = {}

    def of(self, scenario: Scenario, folder: Path | None) -> Regulation:
        """The regulation of a scenario whose file lies in `folder`. Raises `BadPack`, `UnknownPack`."""
        if self._given is not None:
            return self._compile(self._given)
        for above in (folder, *folder.parents) if folder else ():
            if (above / "pack.toml").is_file() and self._read(above).name == scenario.pack:
                return self._compile(self._read(above))
        if not (PACKS / scenario.pack / "pack.toml").is_file():
            raise UnknownPack(f"没有规程包“{scenario.pack}”。", f"There is no pack {scenario.pack!r}.")
        return self._compile(self._read(PACKS / scenario.pack))

    def revised(self, node: Node, office: str, folder: Path | None) -> Regulation:
        """The pack in the folder that a step names (relative to its file), for the same office.

        Raises `BadScenario`, `BadPack`.
        """
        written = node.text()
        for base in (folder, PACKS):
            if base is not None and (base / written / "pack.toml").is_file():
                pack = self._read((base / written).resolve())
                if pack.name != office:
                    raise node.wrong(
                        f"“{written}”是“{pack.name}”的规程包，不是“{office}”的",
                        f"{written!r} is a pack of {pack.name!r}, not of {office!r}",
                    )
                return self._compile(pack)
        raise node.wrong(f"没有规程包目录“{written}”", f"there is no pack folder {written!r}")

    def _read(self, folder: Path) -> Pack:
        if folder not in self._packs:
            self._packs[folder] = read_pack(folder)
        return self._packs[folder]

    def _compile(self, pack: Pack) -> Regulation:
        if pack.digest not in self._compiled:
            self._compiled[pack.digest] = Platform.compile(pack)
        return self._compiled[pack.digest]


def own_scenarios(pack: Pack) -> Mapping[str, bytes]:
    """The scenario files inside a pack."""
    return {path: data for path, data in sorted(pack.files.items()) if _is_scenario(path)}


def _is_scenario(path: str) -> bool:
    return path.startswith("scenarios/") and path.endswith((".yaml", ".yml"))
