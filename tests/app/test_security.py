"""What every answer carries, what every request must prove, and what cannot be smuggled in."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app.factory import create_app
from app.platform import Platform
from app.settings import Settings
from tests.app.browsing import ROOT, Browser

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
