"""The door: who gets in, who does not, and that nobody learns why."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from flask import Flask

from app.factory import create_app
from app.platform import Platform
from app.settings import DEMO_PASSWORD, Settings
from app.web.auth import sign_in_with
from app.web.passwords import hash_password
from app.web.security import local_path
from processes.errors import ReservedName
from processes.people import SYSTEM, Duty
from tests.app.browsing import MONDAY, OFFICE, Browser, Clock


@pytest.mark.parametrize("path", ["/", "/inbox", "/intake", "/packs/", "/calendar/", "/people/", "/orders/NC1"])
def test_every_page_asks_for_sign_in_and_leads_back(visitor: Browser, path: str) -> None:
    page = visitor.get(path)
    assert page.status == 302
    assert page.headers["Location"].startswith("/sign-in?next=/")


def test_a_person_signs_in_and_out(signed_in: Callable[[str], Browser]) -> None:
    agent = signed_in("agent")
    assert agent.get("/inbox").words("//details[@class='menu']/summary") == ["张颖"]
    assert agent.post("/sign-out").status == 302
    assert agent.get("/inbox").status == 302


def test_signing_out_ends_the_session_also_where_its_cookie_was_copied(
    signed_in: Callable[[str], Browser], app: Flask
) -> None:
    agent, thief = signed_in("agent"), Browser(app.test_client())
    cookie = agent.client.get_cookie("jieban")
    assert cookie is not None
    thief.client.set_cookie("jieban", cookie.value)
    assert thief.get("/inbox").status == 200
    agent.get("/inbox")
    agent.post("/sign-out")
    assert thief.get("/inbox").status == 302


def test_only_a_post_signs_in(visitor: Browser) -> None:
    form = {"login": "agent", "password": DEMO_PASSWORD}
    answer = visitor.client.open("/sign-in", method="HEAD", data=form)
    assert answer.status_code == 200
    assert visitor.get("/inbox").status == 302


def test_demo_people_are_nobody_outside_a_demo(platform: Platform, clock: Clock, app: Flask) -> None:
    real = Browser(create_app(Settings("unused", "key of the tests", ""), platform, clock).test_client())
    known, unknown = real.sign_in("agent"), real.sign_in("nobody.at.all")
    assert known.status == unknown.status == 401
    assert known.words("//main") == unknown.words("//main")
    row = platform.people.by_login("agent")
    assert row is not None and row["failed_attempts"] == 0, "nothing is counted of who is not there"
    assert real.sign_in("admin").status == 200, "a person of the installation"
    demo = Browser(app.test_client())
    demo.sign_in("agent")
    cookie = demo.client.get_cookie("jieban")
    assert cookie is not None
    real.client.set_cookie("jieban", cookie.value)
    assert real.get("/inbox").status == 302, "a session of the demo is none here"


def test_an_account_called_like_the_platform_is_refused(platform: Platform, visitor: Browser) -> None:
    password = hash_password(DEMO_PASSWORD)
    for login, name in (("system", "某人"), ("SYSTEM", "某人"), ("someone.else", "系统"), ("someone.else", "System")):
        with pytest.raises(ReservedName):
            platform.people.add(login, name, password, [])
    # As one stands that an older version let in.
    user = platform.people.add("once.allowed", "某人", password, [Duty(OFFICE, "call_agent")])
    platform.people.update(user, login="system")
    assert visitor.sign_in("system").status == 401
    assert platform.people.actor(user) is None
    platform.people.update(user, login="once.allowed")


def test_a_lock_out_stands_in_the_offices_journal(visitor: Browser, new_login: str, platform: Platform) -> None:
    for _ in range(5):
        visitor.sign_in(new_login, "wrong")
    row = platform.read.office_journal(OFFICE)[0]
    assert (row["actor"], row["act"]) == (SYSTEM.user, "lock_user")
    assert json.loads(row["changed"])["login"] == new_login and "wrong" not in str(row)


def test_guesses_at_the_old_password_are_counted_like_those_at_the_door(
    visitor: Browser, new_login: str, clock: Clock
) -> None:
    visitor.sign_in(new_login)
    new = "a password of my own"
    visitor.get("/people/password")
    for _ in range(5):
        assert visitor.post("/people/password", {"old": "wrong", "new": new, "again": new}).status == 422
    assert visitor.post("/people/password", {"old": DEMO_PASSWORD, "new": new, "again": new}).status == 422
    clock.pass_time(minutes=1, seconds=1)
    assert visitor.post("/people/password", {"old": DEMO_PASSWORD, "new": new, "again": new}).status == 302


def test_wrong_password_and_unknown_login_get_the_same_answer(visitor: Browser, new_login: str) -> None:
    known, unknown = visitor.sign_in(new_login, "wrong"), visitor.sign_in("nobody at all", "wrong")
    assert known.status == unknown.status == 401
    said = "//div[@class='form-errors']"
    assert known.words(said) == unknown.words(said) != []


def test_guessing_locks_for_a_while_even_for_the_right_password(visitor: Browser, new_login: str, clock: Clock) -> None:
    for _ in range(5):
        assert visitor.sign_in(new_login, "wrong").status == 401
    assert visitor.sign_in(new_login).status == 401
    clock.pass_time(minutes=1, seconds=1)
    assert visitor.sign_in(new_login).status == 200


def test_guesses_that_come_at_once_are_no_more_than_guesses_one_by_one(
    app: Flask, platform: Platform, new_login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def slow(stored: str | None, password: str) -> bool:
        sleep(0.3)  # as long as a hash takes on a busy machine: the others come meanwhile
        tried.append(password)
        return False

    monkeypatch.setattr("app.web.auth.is_password", slow)

    def guess(number: int) -> None:
        with app.test_request_context():
            assert sign_in_with(platform, new_login, f"guess {number}", MONDAY, demo=True) is None

    with ThreadPoolExecutor(24) as pool:
        list(pool.map(guess, range(24)))
    row = platform.people.by_login(new_login)
    assert row is not None and row["failed_attempts"] == 5, "the others found the account locked"
    assert len(tried) == 24, "an account that is locked costs as much time"


def test_every_further_guess_doubles_the_wait(visitor: Browser, new_login: str, clock: Clock) -> None:
    for _ in range(5):
        visitor.sign_in(new_login, "wrong")
    clock.pass_time(minutes=1, seconds=1)
    visitor.sign_in(new_login, "wrong")
    clock.pass_time(minutes=1, seconds=1)
    assert visitor.sign_in(new_login).status == 401
    clock.pass_time(minutes=1)
    assert visitor.sign_in(new_login).status == 200


def test_a_disabled_persons_session_ends_at_the_next_request(
    visitor: Browser, new_login: str, platform: Platform, signed_in: Callable[[str], Browser]
) -> None:
    visitor.sign_in(new_login)
    assert visitor.get("/inbox").status == 200
    admin = signed_in("admin")
    user = platform.people.by_login(new_login)
    assert user is not None
    admin.get("/people/")
    assert admin.post(f"/people/{user['id']}/state", {"to": "disabled"}).status == 302
    assert visitor.get("/inbox").status == 302
    assert visitor.sign_in(new_login).status == 401


def test_only_an_admin_disables_and_never_oneself(signed_in: Callable[[str], Browser], platform: Platform) -> None:
    agent, admin = signed_in("agent"), signed_in("admin")
    own = platform.people.by_login("admin")
    assert own is not None
    agent.get("/inbox")
    assert agent.post(f"/people/{own['id']}/state", {"to": "disabled"}).status == 403
    admin.get("/people/")
    assert admin.post(f"/people/{own['id']}/state", {"to": "disabled"}).status == 404
    assert admin.get("/inbox").status == 200


def test_next_leads_to_the_page_asked_for(visitor: Browser) -> None:
    visitor.get("/sign-in?next=/packs/")
    page = visitor.post("/sign-in", {"login": "agent", "password": DEMO_PASSWORD, "next": "/packs/"})
    assert page.headers["Location"] == "/packs/"


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "/\t/evil", "evil", "", None,
     "/a\nSet-Cookie: x", "\\\\evil.example", " /inbox"],
)  # fmt: skip
def test_next_never_leads_out_of_the_house(visitor: Browser, target: str | None) -> None:
    assert local_path(target) is None
    visitor.get("/sign-in")
    page = visitor.post("/sign-in", {"login": "agent", "password": DEMO_PASSWORD, "next": target or ""})
    assert page.headers["Location"] == "/inbox"


def test_the_host_header_reaches_no_link(visitor: Browser) -> None:
    page = visitor.get("/inbox", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert page.headers["Location"].startswith("/sign-in")
    assert "evil.example" not in visitor.get("/sign-in", headers={"Host": "evil.example"}).text


def test_demo_people_are_listed_by_duty_and_filled_in(visitor: Browser) -> None:
    page = visitor.get("/sign-in")
    assert "陈刚" in page.text and "派单员" in page.text
    assert "管理员" not in page.words("//div[@class='demo-people']/a")
    filled = visitor.get("/sign-in?as=dispatcher").filled("//form[.//input[@name='password']]")
    assert filled["login"] == ["dispatcher"] and filled["password"] == [DEMO_PASSWORD]


def test_the_demo_password_is_given_out_for_demo_people_only(visitor: Browser) -> None:
    assert DEMO_PASSWORD not in visitor.get("/sign-in?as=admin").text
