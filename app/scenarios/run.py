"""Running many scenarios: find the files, read them, play them, report.

Each scenario has a database of its own in memory; packs are compiled and deployed once for the whole run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from app.scenarios.errors import BadScenario
from app.scenarios.files import read_scenarios
from app.scenarios.lines import MAX_BYTES
from app.scenarios.packs import Packs, own_scenarios
from app.scenarios.play import play
from app.scenarios.report import Report, Result
from processes.pack import Pack

Heard = Callable[[Result], None]
File = tuple[str, bytes | Path, Path | None]
"""Name for messages, content or where it lies, folder in which relative folders begin."""


def run_paths(paths: Sequence[Path | str], *, pack: Pack | None = None, heard: Heard | None = None) -> Report:
    """Run files, and folders with all `.yaml` files below. `pack`: run them against this one; `heard`: is told of each
    result as it comes."""
    with closing(Packs(pack)) as packs:
        return run_files(files_of(Path(path) for path in paths), packs, heard)


def run_pack(pack: Pack, *, folder: Path | None = None, heard: Heard | None = None) -> Report:
    """Run the scenarios inside a pack against itself. `folder`: where the pack lies, for revised packs they name."""
    scenarios = folder / "scenarios" if folder else None
    files = ((path, data, scenarios) for path, data in own_scenarios(pack).items())
    with closing(Packs(pack)) as packs:
        return run_files(files, packs, heard)


def run_files(files: Iterable[File], packs: Packs, heard: Heard | None = None) -> Report:
    """Run every scenario of the files; a file that is wrong is a failed result."""
    report = Report()
    known: dict[tuple[str, str], str] = {}

    def add(result: Result) -> None:
        report.results.append(result)
        if heard is not None:
            heard(result)

    for name, content, folder in files:
        try:
            scenarios = read_scenarios(content if isinstance(content, bytes) else _read(content, name), name)
        except BadScenario as error:
            add(_bad(name, error))
            continue
        for scenario in scenarios:
            first = known.setdefault((scenario.pack, scenario.name), scenario.node.where)
            if first != scenario.node.where:
                double = scenario.node.wrong(f"场景名与 {first} 重复", f"the name is already used at {first}")
                add(_bad(name, double, scenario.name))
                continue
            add(play(scenario, packs, folder))
    return report


def files_of(paths: Iterable[Path]) -> Iterator[File]:
    """The files behind paths, each once."""
    seen: set[Path] = set()
    for path in paths:
        for file in _files(path):
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield str(file), file, file.resolve().parent


def _files(path: Path) -> list[Path]:
    """The file itself, or the scenario files below a folder."""
    if not path.is_dir():
        return [path]
    return sorted(found for found in path.rglob("*") if found.suffix in (".yaml", ".yml") and found.is_file())


def _read(file: Path, name: str) -> bytes:
    """The content; one byte more than allowed of files that are too large. Raises `BadScenario`."""
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadScenario(name, f"读不了文件：{error.strerror}", f"cannot be read: {error.strerror}") from None


def _bad(file: str, error: BadScenario, scenario: str = "") -> Result:
    return Result(scenario, file, [str(error)], bad_input=True)
