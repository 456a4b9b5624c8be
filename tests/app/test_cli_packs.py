"""What `jieban lint` and `jieban deploy` say about settings that are wrong: the file and the key, with exit code 2."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main

SMALL = Path(__file__).resolve().parents[1] / "packs/small"


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / "draft"))


def lint(pack: Path) -> Result:
    result = CliRunner().invoke(main, ["lint", str(pack)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.parametrize(
    ("was", "written", "named"),
    [
        ('name = "small"', 'name = "Small Pack"', "name"),
        ('title = "小规程"', "title = 3", "title"),
        ('title = "小规程"', "", "title"),
        ("effective_from = 2020-01-01", 'effective_from = "soon"', "effective_from"),
        ('time_zone = "Asia/Shanghai"', 'time_zone = "Mars/Olympus"', "time_zone"),
        ('close_of_business = "17:30"', 'close_of_business = "half past five"', "close_of_business"),
        ('close_of_business = "17:30"', 'due_mode = "whenever"', "due_mode"),
        ("{seq:03d}", "{seq:09999999999d}", "number"),
        ("-{seq:03d}", "{date.__class__}", "number"),
        ("-{seq:03d}", "", "number"),
        ('main = "main"', 'main = "nowhere"', "processes.main"),
        ('main = "main"', "", "processes.main"),
        ('[processes]\nmain = "main"', 'processes = "main"', "processes"),
        ('sees = "unit"', 'sees = "everything"', "roles.handler"),
        ('{ name = "经办人", sees = "unit" }', "3", "roles.handler"),
        ('sees = "unit" }', 'sees = "unit", reveals_confidential = "yes" }', "roles.handler"),
        ('title = "小规程"', 'title = "小规程"\nincludes = 5', "includes"),
        ('title = "小规程"', 'title = "小规程"\nincludes = ["../small"]', "../small"),
        ('title = "小规程"', 'title = "小规程', "pack.toml"),
    ],
)
def test_a_wrong_setting_is_named(draft: Path, was: str, written: str, named: str) -> None:
    settings = draft / "pack.toml"
    text = settings.read_text()
    assert was in text
    settings.write_text(text.replace(was, written, 1))
    result = lint(draft)
    assert result.exit_code == 2
    assert "pack.toml" in result.stderr
    assert named in result.stderr
    assert " / " in result.stderr


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[housing]\nlevel = 'city'\n", "housing"),
        ("housing = 3\n", "housing"),
        ("['no space']\nname = 'x'\n", "no space"),
        ("[housing]\nname = 'x'\nparent = 'nobody'\n", "nobody"),
        ("units = 3\n", "units"),
    ],
)
def test_a_wrong_unit_is_named(draft: Path, text: str, named: str) -> None:
    (draft / "units.toml").write_text(text)
    result = lint(draft)
    assert result.exit_code == 2
    assert "units.toml" in result.stderr
    assert named in result.stderr


@pytest.mark.parametrize("file", ["pack.toml", "main.bpmn", "limits.dmn", "dispatch.form"])
def test_a_file_in_another_encoding_is_named(draft: Path, file: str) -> None:
    (draft / file).write_bytes((draft / file).read_text().encode("gb18030") + "中文".encode("gb18030"))
    result = lint(draft)
    assert result.exit_code == 2
    assert file in result.stderr


@pytest.mark.parametrize("file", ["main.bpmn", "limits.dmn"])
def test_a_doctype_is_refused(draft: Path, file: str) -> None:
    text = (draft / file).read_text()
    declaration, rest = text.split("?>", 1)
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    (draft / file).write_text(f"{declaration}?>{bomb}{rest}")
    result = lint(draft)
    assert result.exit_code == 2
    assert "DOCTYPE" in result.stderr
    assert file in result.stderr


def test_a_file_that_is_too_large_is_named(draft: Path) -> None:
    (draft / "huge.form").write_bytes(b" " * 5_000_001)
    result = lint(draft)
    assert result.exit_code == 2
    assert "huge.form" in result.stderr


@pytest.mark.parametrize("text", ["[]", "3", '"x"', "{}", '{"id": 5}', '{"id": "dispatch", "components": 3}'])
def test_json_that_is_no_form_is_named(draft: Path, text: str) -> None:
    (draft / "dispatch.form").write_text(text)
    result = lint(draft)
    assert result.exit_code == 2
    assert "dispatch.form" in result.stderr
