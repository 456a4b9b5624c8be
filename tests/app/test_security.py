"""What every answer carries, what every request must prove, and what cannot be smuggled in."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.factory import create_app
from app.platform import Platform
from app.settings import DEMO_PASSWORD, Settings
from app.web.passwords import hash_password
from processes.people import Duty
from tests.app.browsing import ROOT, Browser, Clock
from tests.small import Small


@pytest.fixture
def small_on(database_url: str, clock: Clock) -> Iterator[Browser]:
    """An admin of a small house, on each database."""
    small = Small(database_url)
    small.platform.people.add("admin", "某人", hash_password(DEMO_PASSWORD), [Duty("small", "admin")])
    browser = Browser(create_app(Settings("unused", "key of the tests", ""), small.platform, clock).test_client())
    assert browser.sign_in("admin").status == 200
    yield browser
    small.close()


TEMPLATES = sorted((ROOT / "app" / "templates").rglob("*.html"))


def test_every_answer_carries_the_policy(visitor: Browser) -> None:
    for path in ("/sign-in", "/nowhere", "/healthz", "/static/css/base.css"):
        headers = visitor.get(path).headers
        assert "script-src 'self';" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_pages_are_not_kept_and_files_are(visitor: Browser) -> None:
    assert visitor.get("/sign-in").headers["Cache-Control"] == "no-store"
    assert "max-age=31536000" in visitor.get("/static/css/base.css").headers["Cache-Control"]


def test_the_session_cookie_is_out_of_reach_of_scripts(visitor: Browser, app: Flask) -> None:
    cookie = visitor.get("/sign-in").headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert app.config["SESSION_COOKIE_SECURE"] is False


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_inline_script_style_or_handler(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|\|\s*safe\b|javascript:", text)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_posted_form_carries_a_token(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL):
        assert "csrf" in form


def test_a_post_without_token_is_refused_and_shows_what_was_typed(signed_in: Callable[[str], Browser]) -> None:
    agent = signed_in("agent")
    page = agent.read(agent.client.post("/intake", data={"title": "写了很久的标题", "password": "geheim"}))
    assert page.status == 400
    assert "写了很久的标题" in page.text and "geheim" not in page.text


def test_passwords_are_never_shown_back(signed_in: Callable[[str], Browser], visitor: Browser) -> None:
    agent = signed_in("agent")
    typed = {"old": "geheim-alt", "new": "geheim-neu", "again": "geheim-neu", "anything": "geheim-auch"}
    for path in ("/people/password", "/sign-in", "/units/", "/nowhere"):
        page = agent.read(agent.client.post(path, data=typed))
        assert page.status in (400, 404) and "geheim" not in page.text
    page = visitor.read(visitor.client.post("/sign-in", data={"login": "agent", "password": "geheim"}))
    assert page.status == 400 and "geheim" not in page.text and "agent" not in page.text


def test_a_missing_file_is_said_to_all_alike_and_kept_by_nobody(signed_in: Callable[[str], Browser]) -> None:
    page = signed_in("agent").get("/static/nothing.css")
    assert page.status == 404
    assert page.headers["Cache-Control"] == "no-store"
    assert "张颖" not in page.text and "Set-Cookie" not in page.headers


@pytest.mark.parametrize("path", ["/orders/%00", "/orders/NC1%00/trace", "/people/a%00b", "/attachments/%00"])
def test_no_address_holds_a_nul(small_on: Browser, path: str) -> None:
    assert small_on.get(path).status == 404


def test_no_form_and_no_question_holds_a_nul(small_on: Browser) -> None:
    assert small_on.get("/inbox?q=%00").status == 400
    small_on.get("/people/password")
    assert small_on.post("/people/password", {"old": "a\0b", "new": "x", "again": "x"}).status == 400
    visitor = Browser(small_on.client.application.test_client())
    visitor.get("/sign-in")
    assert visitor.post("/sign-in", {"login": "a\0b", "password": "x"}).status == 400
    visitor.get("/sign-in")
    assert visitor.post("/sign-in", {"login": "a", "pass\0word": "x"}).status == 400


def test_a_number_that_no_column_holds_names_nothing(small_on: Browser) -> None:
    small_on.get("/incidents/")
    for number in (10**25, 2**63, 2**31, 2**31 - 1):
        assert small_on.post(f"/incidents/{number}/retry").status == 404


def test_too_large_a_request_is_refused(signed_in: Callable[[str], Browser]) -> None:
    agent = signed_in("agent")
    agent.get("/intake")
    assert agent.post("/intake", {"content": "长" * 600_000}).status == 413


def test_what_a_citizen_writes_is_inert(received: Callable[..., str], signed_in: Callable[[str], Browser]) -> None:
    number = received(title="<script>alert(1)</script>{{7*7}}", content="<img src=x onerror=alert(1)>" + "字" * 10)
    agent = signed_in("agent")
    for path in (f"/orders/{number}", f"/orders/{number}/trace", "/inbox", f"/orders/{number}/diagram"):
        page = agent.get(path)
        assert page.status == 200
        assert "<script>alert" not in page.text and "<img src=x" not in page.text and ">49" not in page.text


def test_a_newline_in_an_address_does_not_forge_a_log_line(
    signed_in: Callable[[str], Browser],
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    agent = signed_in("agent")
    monkeypatch.setattr(platform.read, "order", broken)
    page = agent.get("/orders/NC1%0AINFO%20forged")
    assert page.status == 500 and "a fault of ours" not in page.text
    said = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert said == ["GET /orders/<number> failed"], "the rule of the address, not what was typed into it"


def test_https_makes_cookies_secure_and_says_so(platform: Platform) -> None:
    app = create_app(Settings("unused", "key", "", https=True), platform)
    headers = app.test_client().get("/sign-in").headers
    assert "Secure" in headers["Set-Cookie"]
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    over_https = {"base_url": "https://localhost", "headers": {"Referer": "https://localhost/sign-in"}}
    visitor = Browser(app.test_client())
    visitor.get("/sign-in", base_url="https://localhost")
    chosen = visitor.post("/preferences", {"language": "en", "look": "dark"}, **over_https).headers.getlist(
        "Set-Cookie"
    )
    assert len([cookie for cookie in chosen if cookie.startswith(("language=", "look="))]) == 2
    assert all("Secure" in cookie for cookie in chosen)
