"""Which pack a scenario belongs to, and the ground it is played on: each pack is compiled and deployed once.

A file inside a pack folder belongs to that folder if its name is the one the scenario says; otherwise the name is
looked up among the packs that come with the product. The ground of a pack is a database in memory in which it has
always been in force, with its masked values confirmed as it states them, or, for a story that tells of their
confirmation, in which it is not yet; every scenario begins with a copy of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from app.packs_at_hand import PACKS, UnknownPack
from app.platform import Platform
from app.scenarios.lines import Node
from app.scenarios.story import Scenario
from persistence.confirmations import Confirmed
from persistence.memory import content_of, put_back
from persistence.schema import upgrade
from persistence.store import Database
from processes.errors import BadPack
from processes.pack import Pack, read_pack
from processes.people import SYSTEM
from processes.regulation import Regulation

SECRET = "scenario"
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


class Packs:
    """`given`: the pack to run everything against, whatever the files say. Raises `BadPack` if that is broken."""

    def __init__(self, given: Pack | None = None) -> None:
        self._packs: dict[Path, Pack] = {}
        # By identity: packs are kept here for the whole run, and hashing their files each time would cost more.
        self._compiled: dict[int, Regulation] = {}
        self._broken: dict[int, BadPack] = {}
        self._grounds: dict[tuple[int, bool], bytes] = {}
        self._blank: bytes | None = None
        self._given = self._compile(given) if given is not None else None
        self._database = Database("sqlite://", SECRET)

    def close(self) -> None:
        self._database.engine.dispose()

    def ground(self, scenario: Scenario, folder: Path | None) -> tuple[Platform, Regulation]:
        """A fresh platform with the regulation of a scenario in force; the one before must not be used any more.

        `folder`: where the scenario's file lies. Raises `BadPack`, `UnknownPack`.
        """
        regulation = self._of(scenario, folder)
        masked = [one for one in regulation.parameters.values() if one.must_be_confirmed]
        in_force = scenario.confirmed is None or scenario.confirmed >= {one.name for one in masked}
        key = (id(regulation.pack), in_force)
        if self._blank is None:
            upgrade(self._database.engine)
            self._blank = content_of(self._database)
        if key not in self._grounds:
            put_back(self._database, self._blank)
            library = Platform.on(self._database).library
            library.open_office(regulation.pack)
            if in_force:
                for one in masked:
                    library.confirm(regulation.pack, Confirmed(one.name, one.value), actor=SYSTEM, now=ALWAYS)
                library.deploy(regulation.pack, effective_from=ALWAYS, actor=SYSTEM, note="", now=ALWAYS)
            self._grounds[key] = content_of(self._database)
        put_back(self._database, self._grounds[key])
        platform = Platform.on(self._database)
        for row in platform.library.rows(regulation.office):
            platform.library.keep_compiled(row, regulation)
        return platform, regulation

    def _of(self, scenario: Scenario, folder: Path | None) -> Regulation:
        if self._given is not None:
            return self._given
        for above in (folder, *folder.parents) if folder else ():
            if (above / "pack.toml").is_file() and self._read(above).name == scenario.pack:
                return self._compile(self._read(above))
        if Path(scenario.pack).name != scenario.pack or not (PACKS / scenario.pack / "pack.toml").is_file():
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
        key = id(pack)
        if key in self._broken:
            raise self._broken[key]
        if key not in self._compiled:
            try:
                self._compiled[key] = Platform.compile(pack)
            except BadPack as error:
                self._broken[key] = error
                raise
        return self._compiled[key]


def own_scenarios(pack: Pack) -> Mapping[str, bytes]:
    """The scenario files inside a pack."""
    return {path: data for path, data in sorted(pack.files.items()) if _is_scenario(path)}


def _is_scenario(path: str) -> bool:
    return path.startswith("scenarios/") and path.endswith((".yaml", ".yml"))
