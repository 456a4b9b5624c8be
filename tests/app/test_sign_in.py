"""The door: who gets in, who does not, and that nobody learns why."""

from collections.abc import Callable

import pytest

from app.platform import Platform
from app.settings import DEMO_PASSWORD
from app.web.security import local_path
from tests.app.browsing import Browser, Clock


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
