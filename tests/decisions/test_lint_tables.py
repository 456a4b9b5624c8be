"""A wrong table is refused by `jieban lint`, in both languages, with its file, its table and the row."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import main
from tests.decisions.dmn_files import table

SMALL = Path(__file__).parents[1] / "packs" / "small"
ROUND = [("request_type", "number")]
OUT = [("v", "string")]


def lint(tmp_path: Path, data: bytes) -> list[dict[str, Any]]:
    """What lint says of the small pack with this table in it; that it refuses, wherever it does."""
    pack = Path(shutil.copytree(SMALL, tmp_path / "draft"))
    (pack / "wrong.dmn").write_bytes(data)
    settings = (pack / "pack.toml").read_text(encoding="utf-8")
    asked = (
        '\n[parameters]\nmost_days = { value = 5, unit = "wd", kind = "text", name = "最多天数", cites = "第三条" }\n'
    )
    (pack / "pack.toml").write_text(settings + asked, encoding="utf-8")
    result = CliRunner().invoke(main, ["lint", str(pack), "--json"])
    assert result.exit_code == 1, result.output
    problems: list[dict[str, Any]] = [
        one for one in json.loads(result.stdout)["problems"] if one["file"] == "wrong.dmn"
    ]
    return problems


DAYS = [["<= 5", '"x"'], ["> 5", '"y"']]


@pytest.mark.parametrize(
    ("code", "row", "words", "data"),
    [
        ("overlap", 2, "第 1 条与第 2 条规则会同时适用", table(ROUND, OUT, [["<= 5", '"x"'], [">= 5", '"y"']])),
        ("gap", 0, "没有规则适用于", table(ROUND, OUT, [["< 5", '"x"'], ["> 5", '"y"']])),
        (
            "unreachable", 3, "永远不会适用",
            table(ROUND, OUT, [*DAYS, ["7", '"z"']], policy="FIRST"),
        ),
        ("type", 1, "不是 number 类型", table(ROUND, OUT, [['"5"', '"x"'], ["-", '"y"']], policy="FIRST")),
        ("type", 2, "不是 number 类型", table(ROUND, [("v", "number")], [["<= 5", "1"], ["> 5", '"y"']])),
        (
            "not_allowed", 2, "不在该列声明的值之内",
            table(ROUND, OUT, [["<= 5", '"x"'], ["> 5", '"q"']], values={"v": '"x","y"'}),
        ),
        ("syntax", 2, "第 2 条规则第 2 列", table(ROUND, OUT, [["<= 5", '"x"'], ["> 5", '"y" +']])),
        (
            "unknown_function", 1, "是否应为“working_days”",
            table(ROUND, [("v", "Any")], [["-", "working_day(3)"]]),
        ),
        (
            "unknown_name", 0, "是否应为“request_type”",
            table([("request_typ", "string")], OUT, [["-", '"x"']]),
        ),
        (
            "unknown_name", 1, "是否应为“parameter.most_days”",
            table(ROUND, [("v", "number")], [["-", "parameter.most_day"]]),
        ),
        (
            "overlap", 2, "会同时适用",
            table(ROUND, OUT, [["<= parameter.most_days", '"x"'], [">= 5", '"y"']]),
        ),
        (
            "type", 1, "不是 string 类型",
            table(ROUND, OUT, [["-", "parameter.most_days"]]),
        ),
    ],
)  # fmt: skip
def test_a_wrong_table_is_refused_with_its_row(tmp_path: Path, code: str, row: int, words: str, data: bytes) -> None:
    found = [one for one in lint(tmp_path, data) if one["code"] == code]
    place = f"t 第{row}行" if row else "t"
    assert [one["element"] for one in found][:1] == [place]
    assert words in found[0]["zh"] and found[0]["en"] and not found[0]["en"].startswith(found[0]["zh"][:3])


def test_what_forms_and_scripts_set_is_known(tmp_path: Path) -> None:
    pack = Path(shutil.copytree(SMALL, tmp_path / "draft"))
    right = table([("request_type", "string")], OUT, [['"consult"', '"x"'], ["-", "order.title"]], policy="FIRST")
    (pack / "right.dmn").write_bytes(right)
    result = CliRunner().invoke(main, ["lint", str(pack), "--json"])
    assert result.exit_code == 0, result.output
