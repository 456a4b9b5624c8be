"""A person's browser without scripts, the people of the tests, and a clock that tests set."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

from app.settings import DEMO_PASSWORD

ROOT = Path(__file__).resolve().parent.parent.parent
MONDAY = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)  # 10:00 in Nanchang
OFFICE = "nanchang"
PEOPLE = {
    "agent": ("张颖", [("call_agent", None)]),
    "dispatcher": ("陈刚", [("dispatcher", None)]),
    "clerk": ("李敏", [("unit_clerk", "housing_bureau")]),
    "handler": ("王磊", [("unit_handler", "housing_bureau")]),
    "stranger": ("刘洋", [("unit_handler", "health"), ("unit_clerk", "health")]),
    "supervisor": ("周涛", [("supervisor", None)]),
    "reviewer": ("孙丽", [("reviewer", None)]),
    "admin": ("管理员", [("admin", None)]),
    "auditor": ("审计员", [("auditor", None)]),
}


@dataclass
class Clock:
    """Stands still until a test moves it."""

    at: datetime = MONDAY

    def now(self) -> datetime:
        return self.at

    def pass_time(self, **much: float) -> None:
        self.at += timedelta(**much)


@dataclass
class Page:
    """An answer, read as a person does."""

    status: int
    text: str
    headers: Any
    tree: Any = field(repr=False)

    def words(self, path: str) -> list[str]:
        """The texts of the elements at an XPath."""
        return [re.sub(r"\s+", " ", node.text_content()).strip() for node in self.tree.xpath(path)]

    def filled(self, path: str = "//form[@data-keep]") -> dict[str, list[str]]:
        """What a browser would send of the form at `path`, as it stands."""
        (form,) = self.tree.xpath(path)
        values: dict[str, list[str]] = {}
        for name, value in form.form_values():
            # A browser drops the line break that follows <textarea>.
            values.setdefault(name, []).append(value.removeprefix("\n"))
        return values


class Browser:
    """A person's browser without scripts: keeps the session, fills in forms that pages show."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.page: Page

    def get(self, path: str, **options: Any) -> Page:
        return self.read(self.client.get(path, **options))

    def post(self, path: str, values: dict[str, Any] | None = None, **options: Any) -> Page:
        """Post with the token of the page shown last."""
        token = self.page.tree.xpath("//input[@name='csrf_token']/@value")[0]
        return self.read(self.client.post(path, data={"csrf_token": token, **(values or {})}, **options))

    def submit(self, values: dict[str, Any], path: str = "//form[@data-keep]") -> Page:
        """Fill in the form on the page and press its button; follow the redirect."""
        action = self.page.tree.xpath(path)[0].get("action").partition("#")[0]
        return self.post(action, {**self.page.filled(path), **values}, follow_redirects=True)

    def sign_in(self, login: str, password: str = DEMO_PASSWORD) -> Page:
        self.get("/sign-in")
        return self.post("/sign-in", {"login": login, "password": password}, follow_redirects=True)

    def read(self, answer: TestResponse) -> Page:
        text = answer.get_data(as_text=True)
        answer.close()
        tree = html.fromstring(text) if "text/html" in (answer.content_type or "") and text else None
        self.page = Page(answer.status_code, text, answer.headers, tree)
        return self.page


REQUEST = {
    "channel": "phone",
    "source_level": "self",
    "request_type": "complaint",
    "title": "地下车库长期积水",
    "content": "车库负二层积水约五厘米，多次向物业反映未处理，希望尽快排水。",
    "category": "housing",
    "identity_mode": "real",
    "petitioner_kind": "person",
    "petitioner_name": "王小明",
    "phone": "13812344471",
}
