"""Accounts, duties, one-time passwords and units; and the office's journal of all of it."""

import json
from collections.abc import Callable

import pytest

from app.platform import Platform
from app.settings import DEMO_PASSWORD
from processes import verbs
from processes.pack import pack_of
from processes.people import SYSTEM, Duty
from tests.app.browsing import OFFICE, Browser, Page
from tests.app.uploading import files_of_small
from tests.small import LONG_AGO

SignIn = Callable[[str], Browser]


def acts(platform: Platform) -> list[str]:
    return [row["act"] for row in platform.read.office_journal(OFFICE)]


def once(page: Page) -> str:
    return page.words("//*[@class='once']")[0]


@pytest.fixture
def admin(signed_in: SignIn) -> Browser:
    browser = signed_in("admin")
    browser.get("/people/")
    return browser


def test_a_new_person_signs_in_once_and_chooses_a_password(
    admin: Browser, visitor: Browser, platform: Platform
) -> None:
    values = {"login": "fresh.clerk", "name": "新人", "role": "unit_clerk", "unit": "housing_bureau"}
    page = admin.post("/people/new", values)
    assert page.status == 200
    password = once(page)
    assert platform.people.by_login("fresh.clerk") is not None and acts(platform)[0] == "add_user"
    assert password not in admin.get("/people/").text
    visitor.sign_in("fresh.clerk", password)
    assert visitor.get("/inbox").headers["Location"] == "/people/password"
    visitor.get("/people/password")
    wrong = visitor.post("/people/password", {"old": password, "new": "short", "again": "short"})
    assert wrong.status == 422 and "至少 10 个字符" in wrong.words("//p[@class='wrong']")[0]
    new = "a password of my own"
    assert visitor.post("/people/password", {"old": password, "new": new, "again": new}).status == 302
    assert visitor.get("/inbox").status == 200
    user = platform.people.by_login("fresh.clerk")
    assert user is not None and user["password_once"] is False


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"login": "Ä"}, "小写字母开头"),
        ({"login": "agent"}, "已经存在"),
        ({"login": "system"}, "系统保留"),
        ({"name": "系统"}, "系统保留"),
        ({"name": ""}, "请填写姓名"),
        ({"role": "nothing"}, "请选择职责"),
        ({"role": "petitioner"}, "请选择职责"),
        ({"unit": ""}, "属于单位"),
        ({"unit": "nowhere"}, "请选择单位"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused(admin: Browser, values: dict[str, str], says: str) -> None:
    given = {"login": "someone.new", "name": "某人", "role": "unit_clerk", "unit": "housing_bureau"}
    page = admin.post("/people/new", {**given, **values})
    assert page.status == 422 and says in page.words("//p[@class='wrong']")[0]


def test_a_reset_ends_live_sessions_and_shows_the_password_once(
    admin: Browser, visitor: Browser, new_login: str, platform: Platform
) -> None:
    visitor.sign_in(new_login)
    user = platform.people.by_login(new_login)
    assert user is not None
    password = once(admin.post(f"/people/{user['id']}/password"))
    assert acts(platform)[0] == "reset_password"
    assert visitor.get("/inbox").headers["Location"].startswith("/sign-in")
    visitor.get("/sign-in")
    assert visitor.post("/sign-in", {"login": new_login, "password": DEMO_PASSWORD}).status == 401
    assert visitor.post("/sign-in", {"login": new_login, "password": password}).status == 302
    row = platform.read.office_journal(OFFICE)[0]
    assert password not in str(row)


def test_duties_are_given_and_taken_but_not_the_last(admin: Browser, new_login: str, platform: Platform) -> None:
    user = platform.people.by_login(new_login)
    assert user is not None
    held = Duty(OFFICE, "call_agent")
    more = {"role": "unit_handler", "unit": "housing_bureau"}
    assert admin.post(f"/people/{user['id']}/duties", more, follow_redirects=True).status == 200
    assert platform.people.duties(user["id"]) == (held, Duty(OFFICE, **more))
    remove = f"/people/{user['id']}/duties/remove"
    assert admin.post(remove, {"role": "call_agent"}, follow_redirects=True).status == 200
    assert platform.people.duties(user["id"]) == (Duty(OFFICE, **more),)
    assert admin.post(remove, more).status == 422
    assert acts(platform)[:2] == ["remove_duty", "add_duty"]


def test_an_admin_keeps_their_own_admin_duty(admin: Browser, platform: Platform) -> None:
    user = platform.people.by_login("admin")
    assert user is not None
    platform.people.add_duty(user["id"], Duty(OFFICE, "kb_editor"))
    assert admin.post(f"/people/{user['id']}/duties/remove", {"role": "admin"}).status == 422
    platform.people.remove_duty(user["id"], Duty(OFFICE, "kb_editor"))


def test_an_admin_has_no_hold_on_people_of_other_offices(admin: Browser, new_login: str, platform: Platform) -> None:
    user = platform.people.by_login(new_login)
    assert user is not None
    pack = pack_of(files_of_small(), "elsewhere")
    platform.library.deploy(pack, effective_from=LONG_AGO, actor=SYSTEM, note="", now=LONG_AGO)
    platform.people.add_duty(user["id"], Duty("elsewhere", "agent"))
    assert admin.post(f"/people/{user['id']}/password").status == 404
    assert admin.get(f"/people/{user['id']}").status == 404
    assert admin.post(f"/people/{user['id']}/state", {"to": "disabled"}).status == 404
    page = admin.get("/people/")
    assert f"/people/{user['id']}" not in page.text and "在其他单位也有职责" in page.text


def test_where_notices_went_is_kept_masked(admin: Browser, new_login: str, platform: Platform) -> None:
    user = platform.people.by_login(new_login)
    assert user is not None
    for email in ("zhang.san@city.example", "other@elsewhere.example"):
        assert admin.post(f"/people/{user['id']}/email", {"email": email}, follow_redirects=True).status == 200
    row = platform.read.office_journal(OFFICE)[0]
    said = {"login": new_login, "before": "z***@city.example", "after": "o***@elsewhere.example"}
    assert (row["act"], json.loads(row["changed"])) == ("set_email", said)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/people/new", {"login": "half.made", "name": "某人", "role": "unit_clerk", "unit": "housing_bureau"}),
        ("/people/{user}/password", {}),
        ("/people/{user}/email", {"email": "half@made.example"}),
        ("/people/{user}/duties", {"role": "unit_handler", "unit": "housing_bureau"}),
        ("/people/{user}/state", {"to": "disabled"}),
        ("/outbox/ways", {"staff": "none", "petitioner": "none"}),
        ("/units/", {"id": "half_made", "name": "甲", "level": "city", "parent": ""}),
    ],
)
def test_what_cannot_be_written_to_the_journal_does_not_happen(
    admin: Browser,
    new_login: str,
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    values: dict[str, str],
) -> None:
    def fails(*_: object) -> None:
        raise OSError("no room for the journal")

    def stands() -> list[object]:
        people = platform.people
        units = [dict(row) for row in platform.read.units(OFFICE)]
        return [
            people.by_id(user["id"]),
            people.duties(user["id"]),
            people.of_office(OFFICE),
            units,
            people.ways_of(OFFICE),
        ]

    user = platform.people.by_login(new_login)
    assert user is not None
    before = stands()
    monkeypatch.setattr(verbs, "record", fails)
    assert admin.post(path.format(user=user["id"]), values).status == 500
    assert stands() == before


def test_only_a_post_makes_an_account(admin: Browser, platform: Platform) -> None:
    values = {"login": "by.head", "name": "某人", "role": "unit_clerk", "unit": "housing_bureau"}
    assert admin.client.open("/people/new", method="HEAD", data=values).status_code == 200
    assert platform.people.by_login("by.head") is None


def test_units_are_added_and_renamed(admin: Browser, platform: Platform) -> None:
    admin.get("/units/")
    values = {"id": "new_bureau", "name": "新设局", "level": "city", "parent": ""}
    assert admin.post("/units/", values).status == 302
    admin.get("/units/")
    assert admin.post("/units/", values).status == 422
    assert admin.post("/units/new_bureau/name", {"name": "改名局"}).status == 302
    assert {row["id"]: row["name"] for row in platform.read.units(OFFICE)}["new_bureau"] == "改名局"
    assert acts(platform)[:2] == ["rename_unit", "add_unit"]
    admin.get("/units/")
    assert admin.post("/units/new_bureau/name", {"name": " "}).status == 422
    assert admin.post("/units/nowhere/name", {"name": "甲"}).status == 404


@pytest.mark.parametrize("path", ["/people/new", "/units/", "/incidents/"])
def test_only_admins_administer(signed_in: SignIn, path: str) -> None:
    assert signed_in("agent").get(path).status == 403
    assert signed_in("auditor").get(path).status == 403
