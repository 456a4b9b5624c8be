"""The commands that ask: what they print, and what they say about bad input."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.commands.failing import sentence_of
from decisions import DmnError
from processes.engine.run import EngineError

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / "tests/packs/small"


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands work on a database of this test alone, which does not exist yet."""
    path = tmp_path / "jieban.db"
    monkeypatch.setenv("JIEBAN_DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.setenv("JIEBAN_SECRET_KEY", "known to the tests only")
    return path


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """A copy of the small pack to spoil."""
    return Path(shutil.copytree(SMALL, tmp_path / "draft"))


def jieban(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def said(*arguments: str | Path) -> Any:
    """What a command prints with --json."""
    result = jieban(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(*arguments: str | Path, code: int = 2) -> str:
    """What a command says on stderr when it leaves with this code: no traceback, nothing on stdout."""
    result = jieban(*arguments)
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    return result.stderr


FROM = ["--from", "2026-09-28T11:00:00+08:00"]


@pytest.mark.parametrize(
    ("limit", "due_at"),
    [
        ("10wd", "2026-10-16T17:30:00+08:00"),
        ("3wd", "2026-10-08T17:30:00+08:00"),
        ("2h", "2026-09-28T13:00:00+08:00"),
        ("30min", "2026-09-28T11:30:00+08:00"),
        ("5d", "2026-10-08T17:30:00+08:00"),
        ("1month", "2026-10-28T17:30:00+08:00"),
    ],
)
def test_explain_says_when_a_limit_ends_in_the_offices_own_time(limit: str, due_at: str) -> None:
    found = said("explain", limit, "--pack", SMALL, *FROM)
    assert (found["due_at"], found["provisional"]) == (due_at, False)
    assert found["explanation"][0] == "起算：2026年9月28日（周一）11:00"


def test_explain_says_that_a_year_without_published_holidays_is_provisional() -> None:
    assert said("explain", "3y", "--pack", SMALL, *FROM)["provisional"] is True


def test_a_time_without_offset_is_the_offices() -> None:
    assert said("explain", "2h", "--pack", SMALL, "--from", "2026-09-28T11:00")["due_at"] == "2026-09-28T13:00:00+08:00"


def test_a_question_creates_no_database(database: Path) -> None:
    said("explain", "10wd", "--pack", SMALL, *FROM)
    said("packs")
    assert not database.exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["explain", "10x", "--pack", SMALL], "10x"),
        (["explain", "10wd", "--pack", SMALL, "--from", "yesterday"], "--from"),
        (["explain", "10wd", "--pack", "atlantis"], "atlantis"),
        (["explain", "10wd", "--pack", ROOT / "docs"], "pack.toml"),
        (["explain", "10wd"], "--pack"),
        (["decide", "nothing", "--pack", SMALL], "nothing"),
        (["decide", "limits", "--pack", SMALL, "--with", "work"], "work"),
        (["decide", "limits", "--pack", SMALL, "--with", "work=rest"], "rest"),
        (["lint", "atlantis"], "atlantis"),
        (["deploy", "atlantis"], "atlantis"),
        (["deploy", SMALL, "--effective-from", "soon"], "--effective-from"),
        (["deploy", SMALL, "--as", "nobody"], "nobody"),
        (["trace", "X1"], "jieban init"),
        (["tck", SMALL], "small"),
        (["tck", "atlantis"], "atlantis"),
        (["fly"], "fly"),
    ],
)
def test_bad_input_is_one_sentence_in_two_languages_that_names_it(arguments: list[str], named: str) -> None:
    sentence = refused(*arguments)
    assert named in sentence
    assert " / " in sentence
    assert "Traceback" not in sentence


class NewlyThought(Exception):
    zh, en = "不行。", "No."


def test_an_error_that_says_itself_what_is_wrong_is_one_sentence_and_a_fault_of_ours_is_none() -> None:
    assert sentence_of(NewlyThought()) == "不行。 / No."
    assert sentence_of(DmnError("没有规则", "no rule", where="a.dmn", row=3)) == "没有规则 / no rule [a.dmn · row 3]"
    assert sentence_of(EngineError("handle", "错", "wrong")) is None
    assert sentence_of(ValueError("x")) is None


def test_a_database_url_that_names_no_database_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIEBAN_DATABASE_URL", "mysql://somewhere/else")
    assert "JIEBAN_DATABASE_URL" in refused("audit", "verify")


def test_a_database_that_cannot_be_opened_is_said(database: Path) -> None:
    database.write_text("this is no database")
    assert "jieban.db" in refused("audit", "verify")


def test_packs_lists_everything_a_pack_holds() -> None:
    held = said("packs", SMALL)
    assert [process["id"] for process in held["processes"]] == ["main", "extension", "return_order"]
    assert {"id": "handler", "name": "经办人", "sees": "unit"} in held["roles"]
    assert "T-SM-04" in [timer["id"] for timer in held["timers"]]
    intake = next(form for form in held["forms"] if form["id"] == "intake")
    assert next(field for field in intake["fields"] if field["key"] == "title")["required"] is True
    assert next(table for table in held["tables"] if table["id"] == "limits")["rules"][0]["outputs"][0] == "3"
    sign_for = next(element for element in held["elements"] if element["id"] == "sign_for")
    assert (sign_for["process"], sign_for["roles"]) == ("main", ["handler"])


def test_packs_lists_what_is_deployed_and_which_is_in_force() -> None:
    jieban("deploy", SMALL)
    jieban("deploy", SMALL, "--effective-from", "2090-01-01")
    rows = said("packs")["deployed"]
    assert [(row["number"], row["in_force"]) for row in rows] == [(2, False), (1, True)]


def test_decide_says_the_value_and_the_rule_that_decided() -> None:
    found = said("decide", "limits", "--pack", SMALL, "--with", "work=handle", "request_type=consult")
    assert found["value"] == {"value": 3, "unit": "wd", "timer": "T-SM-03"}
    assert [(rule["id"], rule["annotation"]) for rule in found["rules"]] == [("limits_r1", "咨询三个工作日")]


def test_decide_says_in_the_words_of_the_table_why() -> None:
    written = jieban("decide", "limits", "--pack", SMALL, "--with", "work=handle", "request_type=consult").output
    assert "limits_r1（" in written and '"consult"' in written


def test_decide_is_told_what_the_table_asks_of_an_order() -> None:
    nanchang = ROOT / "bpmn" / "nanchang"
    assert "due_passed" in refused("decide", "extension_check", "--pack", nanchang)
    found = said("decide", "extension_check", "--pack", nanchang, "--with", "due_passed=true")
    assert found["rules"][0]["id"] == "extension_check_after_due"


def test_a_name_means_what_is_deployed_and_a_path_the_draft(draft: Path) -> None:
    jieban("deploy", SMALL)
    table = draft / "limits.dmn"
    table.write_text(table.read_text().replace("<text>10</text>", "<text>7</text>"))
    ask = ["--with", "work=handle", "--with", "request_type=complaint"]
    assert said("decide", "limits", "--pack", "small", *ask)["value"]["value"] == 10
    assert said("decide", "limits", "--pack", draft, *ask)["value"]["value"] == 7


def test_lint_of_a_sound_pack_leaves_with_0() -> None:
    assert said("lint", SMALL)["errors"] == 0


def test_lint_names_file_and_element_and_leaves_with_1(draft: Path) -> None:
    diagram = draft / "main.bpmn"
    diagram.write_text(diagram.read_text().replace('camunda:formRef="dispatch"', 'camunda:formRef="nowhere"'))
    result = jieban("lint", draft)
    assert result.exit_code == 1
    assert "main.bpmn dispatch" in result.stderr


@pytest.mark.parametrize("file", ["main.bpmn", "limits.dmn", "dispatch.form", "pack.toml"])
def test_a_file_that_cannot_be_read_leaves_with_2_and_names_it(draft: Path, file: str) -> None:
    (draft / file).write_bytes((draft / file).read_bytes()[:-9])
    (draft / "pack.toml").write_bytes((draft / "pack.toml").read_bytes() + (b"= [" if file == "pack.toml" else b""))
    result = jieban("lint", draft)
    assert result.exit_code == 2
    assert file in result.stderr


def test_what_is_deployed_already_is_not_deployed_again() -> None:
    assert said("deploy", SMALL)["new"] is True
    assert said("deploy", SMALL)["new"] is False
    assert said("deploy", SMALL, "--effective-from", "2030-01-01")["effective_from"] == "2030-01-01T00:00:00+08:00"


def test_the_note_of_a_deployment_is_kept() -> None:
    jieban("deploy", SMALL, "--note", "第一次会议纪要")
    assert said("packs")["deployed"][0]["note"] == "第一次会议纪要"


def test_a_broken_pack_is_not_deployed(draft: Path) -> None:
    diagram = draft / "main.bpmn"
    diagram.write_text(diagram.read_text().replace('camunda:formRef="dispatch"', 'camunda:formRef="nowhere"'))
    assert "main.bpmn dispatch" in refused("deploy", draft)
    assert said("packs")["deployed"] == []


def test_a_pack_whose_scenarios_fail_is_not_deployed(draft: Path) -> None:
    (draft / "scenarios").mkdir()
    (draft / "scenarios/wrong.yaml").write_text(
        "scenario: 登记即结案\npack: small\ngiven:\n  at: 2026-09-28T11:00:00+08:00\n"
        "  order: {request_type: help, title: 路灯不亮, content: 整条街的路灯都不亮了}\n"
        "steps:\n  - expect: {status: closed}\n"
    )
    assert "登记即结案" in refused("deploy", draft, code=1)
    assert said("packs")["deployed"] == []


def test_help_names_every_command() -> None:
    output = jieban("--help").output
    commands = "init serve deploy packs lint scenario replay explain decide trace audit tck"
    assert [command for command in commands.split() if f"\n  {command} " not in output] == []


def test_tck_counts_what_passes(shared_dir: Path, tmp_path: Path) -> None:
    case = next((shared_dir / "dmn-tck").rglob("0001-input-data-string"))
    shutil.copytree(case, tmp_path / "kit/0001-input-data-string")
    found = said("tck", tmp_path / "kit")
    assert (found["passed"] > 0, found["failed"], found["skipped"]) == (True, 0, 0)
    assert found["results"][0]["case"] == "0001-input-data-string"
