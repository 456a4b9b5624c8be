"""Running files, folders and packs; the report; the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.scenarios import run_pack, run_paths
from processes.errors import BadPack
from processes.pack import read_pack
from tests.scenarios.telling import HEAD, SMALL

GOOD = HEAD + "  - {expect: {open: [accept]}}\n"
FAILS = HEAD.replace("story", "fails") + "  - {expect: {open: []}}\n"
WRONG = HEAD.replace("story", "wrong") + "  - {expct: {}}\n"
Draft = Callable[..., Path]


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    """A copy of the small pack that carries the given scenario files."""

    def make(**files: str) -> Path:
        folder = tmp_path / "draft"
        shutil.copytree(SMALL, folder, dirs_exist_ok=True)
        (folder / "scenarios").mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / "scenarios" / f"{name}.yaml").write_text(text, encoding="utf-8")
        return folder

    return make


def jieban(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["scenario", *map(str, arguments)])


def test_scenarios_inside_a_pack_run_against_itself(draft: Draft) -> None:
    folder = draft(good=GOOD)
    report = run_pack(read_pack(folder), folder=folder)
    assert report.to_json() == {
        "passed": 1,
        "failed": 0,
        "results": [{"scenario": "story", "file": "scenarios/good.yaml", "passed": True, "differences": []}],
    }


def test_file_inside_a_pack_folder_belongs_to_that_pack(draft: Draft) -> None:
    folder = draft(good=GOOD)
    assert run_paths([folder / "scenarios"]).passed == 1
    assert run_paths([folder]).passed == 1


def test_pack_carries_no_scenarios() -> None:
    report = run_pack(read_pack(SMALL))
    assert (report.passed, report.failed, report.exit_code) == (0, 0, 0)


def test_same_file_named_twice_runs_once(draft: Draft) -> None:
    folder = draft(good=GOOD)
    assert len(run_paths([folder, folder / "scenarios" / "good.yaml"]).results) == 1


@pytest.mark.parametrize("name", ["nowhere", "../tests/packs/small"])
def test_unknown_pack_is_bad_input(tmp_path: Path, name: str) -> None:
    (tmp_path / "story.yaml").write_text(GOOD.replace("pack: small", f"pack: {name}"), encoding="utf-8")
    report = run_paths([tmp_path])
    assert report.exit_code == 2
    assert f"There is no pack '{name}'" in report.results[0].differences[0]


def test_broken_pack_is_bad_input(draft: Draft) -> None:
    folder = draft(good=GOOD, other=GOOD.replace("story", "other"))
    (folder / "limits.dmn").write_text("<x/>", encoding="utf-8")
    report = run_paths([folder])
    assert report.exit_code == 2
    assert all("limits.dmn" in one.differences[0] for one in report.results)
    with pytest.raises(BadPack):
        run_pack(read_pack(folder))


def test_path_that_is_not_there(tmp_path: Path) -> None:
    report = run_paths([tmp_path / "none.yaml"])
    assert report.exit_code == 2
    assert "none.yaml" in report.results[0].differences[0]


@pytest.mark.parametrize(
    ("files", "code"),
    [({"a": GOOD}, 0), ({"a": GOOD, "b": FAILS}, 1), ({"a": GOOD, "b": FAILS, "c": WRONG}, 2), ({}, 2)],
)
def test_exit_codes_and_lines(draft: Draft, files: dict[str, str], code: int) -> None:
    done = jieban(draft(**files) / "scenarios")
    assert done.exit_code == code
    lines = [line for line in done.output.splitlines() if not line.startswith(" ")]
    assert [line.split()[0] for line in lines[:-1]] == ["通过", "不符", "不符"][: len(files)]


def test_json_is_all_that_is_printed(draft: Draft) -> None:
    done = jieban(draft(a=GOOD, b=FAILS), "--json")
    told = json.loads(done.output)
    assert (told["passed"], told["failed"]) == (1, 1)
    assert [one["scenario"] for one in told["results"]] == ["story", "fails"]
    assert set(told["results"][0]) == {"scenario", "file", "passed", "differences"}
    assert done.exit_code == 1


def test_verbose_lists_what_was_supplied(draft: Draft) -> None:
    folder = draft(a=GOOD)
    assert "phone = 13800000000" in jieban(folder, "--verbose").output
    assert "phone" not in jieban(folder).output


def test_draft_is_tried_with_the_scenarios_of_another_pack(draft: Draft, tmp_path: Path) -> None:
    folder = draft(a=GOOD)
    shutil.copytree(SMALL, tmp_path / "other")
    drawing = tmp_path / "other" / "main.bpmn"
    text = drawing.read_text(encoding="utf-8")
    for name in ("id", "sourceRef", "targetRef"):
        text = text.replace(f'{name}="accept"', f'{name}="take_in"')
    drawing.write_text(text, encoding="utf-8")
    done = jieban(folder / "scenarios", "--pack", tmp_path / "other")
    assert done.exit_code == 1
    assert "got ['take_in']" in done.output


def test_pack_that_does_not_exist(draft: Draft) -> None:
    assert jieban(draft(a=GOOD), "--pack", "nowhere").exit_code == 2
