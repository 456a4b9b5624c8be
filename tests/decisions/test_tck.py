"""The OMG's kit: level 2 and level 3 whole, but for the external functions."""

from pathlib import Path

import pytest

from decisions.tck import run

pytestmark = pytest.mark.shared


def test_level_2_passes_whole(shared_dir: Path) -> None:
    report = run(shared_dir / "dmn-tck" / "level-2")
    assert [row for row in report.results if row.passed is not True] == []
    assert report.passed == 126


def test_level_3_passes_but_for_external_functions(shared_dir: Path) -> None:
    report = run(shared_dir / "dmn-tck" / "level-3")
    assert [row for row in report.results if row.passed is False] == []
    assert report.passed == 2830
    assert {row.case for row in report.results if row.passed is None} == {"0076-feel-external-java"}
