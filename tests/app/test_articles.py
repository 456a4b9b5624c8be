"""The map from articles to the pack: its lint, the command, the official text, the page."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.platform import Platform
from processes.articles import OFFICIAL, Articles, attach, split_text
from processes.errors import BadPack
from processes.pack import pack_of, read_pack
from tests.app.browsing import ROOT, Browser
from tests.app.uploading import files_of_small
from tests.small import FOLDER, Small

House = tuple[Small, Callable[[str], Browser]]
MAP = """
["1"]
title = "目的"
kind = "text"
none = "立法目的"

["2(1)"]
title = "办理"
summary = "由主办单位办理"
kind = "reading"
processes = ["main"]
elements = ["main.handle"]
tables = ["limits"]
forms = ["handle"]
"""
TEXT = """总则

  第一条 为了办事。
第二条　承办单位办理：
(一)按第一条办；
第一条所称办事，不再另行规定。
第二十一条 自发布之日起施行。
"""


CHAPTERS = """为了规范，制定本规范。一、体制
(一)分三级。
一、不是新的一章。
二、范围
（二）求助。三、受理中心接听。
"""


def articles(written: str, **more: bytes) -> Articles:
    files = {**files_of_small(), "articles.toml": written.encode(), **more}
    return Articles(Platform.compile(pack_of(files, "small")))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An installation without a database."""
    monkeypatch.setenv("JIEBAN_DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    monkeypatch.setenv("JIEBAN_SECRET_KEY", "key of the tests")
    return tmp_path


def test_a_map_in_order_has_no_problems() -> None:
    found = articles(MAP)
    assert [(one.id, one.number, one.mapped) for one in found.all] == [("1", 1, False), ("2(1)", 2, True)]
    assert found.problems() == []


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('["3"]\ntitle = "甲"\nelements = ["main.nothing"]', "没有环节“main.nothing”"),
        ('["3"]\ntitle = "甲"\nprocesses = ["nothing"]', "没有流程“nothing”"),
        ('["3"]\ntitle = "甲"\ntables = ["nothing"]', "没有规则表“nothing”"),
        ('["3"]\ntitle = "甲"\nforms = ["nothing"]', "没有表单“nothing”"),
        ('["3"]\ntitle = "甲"\ntimers = ["T-0"]', "没有时限“T-0”"),
        ('["3"]\ntitle = "甲"\nprocesses = ["main"]\nscenarios = ["no-such"]', "没有场景“no-such”"),
        ('["3"]\ntitle = "甲"', "没有说明原因"),
        ('["3"]\nnone = "无"', "缺少 title"),
        ('["3"]\ntitle = "甲"\nkind = "guess"', "kind 应为"),
        ('["3"]\ntitle = "甲"\nelement = "main.handle"', "不认识“element”"),
        ('["3"]\ntitle = "甲"\nelements = "main.handle"', "elements 应为文字的列表"),
        ("three = 3", "应为表"),
        ("[", "TOML 语法错误"),
    ],
)
def test_a_fault_of_the_map_is_named(written: str, says: str) -> None:
    problems = articles(written).problems()
    assert any(says in problem.zh for problem in problems), problems
    assert all(problem.file == "articles.toml" for problem in problems)


def test_loose_articles_are_warnings_of_the_lint() -> None:
    files = {**files_of_small(), "articles.toml": '["3"]\ntitle = "甲"'.encode()}
    warnings = Platform.compile(pack_of(files, "small")).warnings
    assert [(one.level, one.element) for one in warnings if one.file == "articles.toml"] == [("warning", "3")]


def test_a_text_is_split_at_its_articles_and_not_at_references() -> None:
    found = split_text(TEXT)
    assert list(found) == [1, 2, 21]
    assert found[1] == "第一条 为了办事。" and "不再另行规定" in found[2]


@pytest.mark.parametrize("text", [b"\xff\xfe", b"x" * (1024 * 1024 + 1), "没有条".encode()])
def test_a_text_that_is_none_is_refused(text: bytes) -> None:
    with pytest.raises(BadPack):
        attach(read_pack(FOLDER), text)


def test_the_command_tells_what_is_missing(nowhere: Path) -> None:
    good, bad = nowhere / "good", nowhere / "bad"
    for folder, written in ((good, MAP), (bad, '["3"]\ntitle = "甲"\n')):
        for name, content in {**files_of_small(), "articles.toml": written.encode()}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    answer = run("articles", "--pack", f"{good}/.", "--json")
    assert answer.exit_code == 0, answer.output
    report = json.loads(answer.stdout)
    assert (report["total"], report["mapped"], report["explained"], report["gaps"]) == (2, 1, 1, [])
    answer = run("articles", "--pack", f"{bad}/.")
    assert answer.exit_code == 1 and "没有说明原因" in answer.output
    assert run("articles", "--pack", f"{FOLDER}/.").exit_code == 1


def test_nanchang_maps_every_article(nowhere: Path) -> None:
    answer = run("articles", "--pack", str(ROOT / "bpmn/nanchang"), "--json")
    assert answer.exit_code == 0, answer.stderr


def test_the_official_text_is_kept_with_the_deployment(nowhere: Path, shared_dir: Path) -> None:
    text = shared_dir / "regulations" / "nanchang.txt"
    answer = run("deploy", str(FOLDER), "--text", str(text), "--json")
    assert answer.exit_code == 0, answer.output
    number = json.loads(answer.stdout)["number"]
    platform = Platform(f"sqlite:///{nowhere / 'none.db'}", "key of the tests")
    assert platform.library.files(number)[OFFICIAL] == text.read_bytes().removeprefix(b"\xef\xbb\xbf")
    assert {1, 14, 33, 43} <= Articles(platform.library.of(number)).official().keys()
    platform.database.engine.dispose()


def test_the_page_shows_places_reasons_and_text(small_house: House) -> None:
    small, enter = small_house
    agent = enter("agent")
    assert agent.get("/packs/small/articles").status == 404

    def mapped(files: dict[str, bytes]) -> None:
        files |= {"articles.toml": MAP.encode(), OFFICIAL: TEXT.encode()}

    small.deploy(change=mapped)
    page = agent.get("/packs/small/articles")
    first, second = page.words("//article")
    assert "无对应环节 立法目的" in first and "条文" in first
    assert "由主办单位办理" in second and "解读" in second
    assert "第一条 为了办事。" in page.words("//*[@id='article-1']//aside")[0]
    assert "第 21 条没有列入" in page.words("//div[contains(@class, 'flash')]")[0]
    links = page.tree.xpath("//a[@class='place']/@href")
    assert any("/processes/main?" in link and "element=handle" in link for link in links)
    for link in links:
        assert agent.get(link).status == 200
    assert len(agent.get("/packs/small/articles?kind=none").words("//article")) == 1


def test_a_text_without_articles_is_split_at_its_chapters() -> None:
    found = split_text(CHAPTERS)
    assert {number: said.splitlines()[0] for number, said in found.items()} == {
        1: "一、体制",
        2: "二、范围",
        3: "三、受理中心接听。",
    }
    assert found[1].endswith("一、不是新的一章。")
