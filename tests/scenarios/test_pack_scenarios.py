"""Every scenario of every pack that comes with the product, each as a test of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.scenarios.errors import BadScenario
from app.scenarios.files import read_scenarios
from app.scenarios.packs import Packs
from app.scenarios.play import play
from app.scenarios.story import Scenario

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "bpmn").glob("*/scenarios/**/*.yaml"))


def stories() -> Iterator[object]:
    """Each scenario with its file; a file that cannot be read stands for itself and fails."""
    for file in FILES:
        try:
            for scenario in read_scenarios(file.read_bytes(), file.name):
                yield pytest.param(file, scenario, id=f"{file.stem}-{scenario.name}")
        except BadScenario as error:
            yield pytest.param(file, error, id=file.stem)


@pytest.fixture(scope="module")
def packs() -> Iterator[Packs]:
    with closing(Packs()) as found:
        yield found


@pytest.mark.parametrize(("file", "scenario"), list(stories()))
def test_scenario_holds(packs: Packs, file: Path, scenario: Scenario | BadScenario) -> None:
    assert isinstance(scenario, Scenario), scenario
    found = play(scenario, packs, file.parent)
    assert found.differences == []


def test_every_pack_with_a_main_line_carries_scenarios() -> None:
    packs = {file.parent for file in (ROOT / "bpmn").glob("*/pack.toml")}
    assert packs
    assert packs <= {file.parents[1] for file in FILES}
