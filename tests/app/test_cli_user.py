"""How a real installation begins: the first account, and no demo among real people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.factory import create_app
from app.platform import Platform
from app.settings import Settings
from tests.app.browsing import Browser, Clock
from tests.small import FOLDER

SECRET = "known to the tests only"
HEAD = ["--name", "张三", "--office", "small"]


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database of this test alone, which does not exist yet."""
    url = f"sqlite:///{tmp_path / 'jieban.db'}"
    monkeypatch.setenv("JIEBAN_DATABASE_URL", url)
    monkeypatch.setenv("JIEBAN_SECRET_KEY", SECRET)
    return url


@pytest.fixture
def house(url: str) -> Iterator[Platform]:
    """The small pack in force, and nobody there."""
    begun = jieban("deploy", FOLDER, "--effective-from", "2020-01-01")
    assert begun.exit_code == 0, begun.output
    platform = Platform(url, SECRET)
    yield platform
    platform.database.engine.dispose()


def jieban(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_init_says_how_the_first_account_is_made(url: str) -> None:
    assert "jieban user add" in jieban("init", "--pack", FOLDER).output
    assert jieban("user", "add", "zhang", *HEAD).exit_code == 0
    assert "jieban user add" not in jieban("init", "--pack", FOLDER).output


def test_the_first_admin_signs_in_and_chooses_a_password(house: Platform) -> None:
    told = jieban("user", "add", "zhang", *HEAD, "--json")
    assert told.exit_code == 0, told.output
    password = json.loads(told.stdout)["password"]
    row = house.read.office_journal("small")[0]
    assert (row["actor"], row["act"]) == ("system", "add_user") and password not in str(row)
    app = create_app(Settings("unused", "key of the tests", ""), house, Clock())
    browser = Browser(app.test_client())
    assert browser.sign_in("zhang", password).words("//h1") != []
    assert browser.get("/people/").headers["Location"] == "/people/password"
    browser.get("/people/password")
    new = "a password of my own"
    assert browser.post("/people/password", {"old": password, "new": new, "again": new}).status == 302
    assert browser.get("/people/").status == 200


def test_a_duty_of_a_unit_names_its_unit(house: Platform) -> None:
    added = jieban("user", "add", "wang", *HEAD, "--role", "handler", "--unit", "housing", "--json")
    assert added.exit_code == 0, added.output
    row = house.people.by_login("wang")
    assert row is not None and row["password_once"] and not row["demo"]
    (duty,) = house.people.duties(row["id"])
    assert (duty.office, duty.role, duty.unit) == ("small", "handler", "housing")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["Zhang", *HEAD], "Zhang"),
        (["system", *HEAD], "system"),
        (["zhang", "--name", " 系统", "--office", "small"], "--name"),
        (["zhang", "--name", "张三", "--office", "nowhere"], "nowhere"),
        (["zhang", *HEAD, "--role", "king"], "king"),
        (["zhang", *HEAD, "--role", "handler"], "--unit"),
        (["zhang", *HEAD, "--role", "petitioner"], "petitioner"),
        (["taken", *HEAD], "taken"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused(house: Platform, arguments: list[str], named: str) -> None:
    assert jieban("user", "add", "taken", *HEAD).exit_code == 0
    result = jieban("user", "add", *arguments)
    assert result.exit_code == 2, result.output
    assert named in result.stderr and " / " in result.stderr and result.stdout == ""
    assert len(house.people.of_office("small")) == 1


def test_an_account_needs_a_database(url: str) -> None:
    assert "jieban init" in jieban("user", "add", "zhang", *HEAD).stderr


def test_a_demo_is_not_laid_among_real_people(house: Platform) -> None:
    assert jieban("user", "add", "zhang", *HEAD).exit_code == 0
    refused = jieban("init", "--demo")
    assert refused.exit_code == 2 and "JIEBAN_DATABASE_URL" in refused.stderr
    assert [row["login"] for row in house.people.of_office("small")] == ["zhang"]
    assert [row["id"] for row in house.read.offices()] == ["small"]
