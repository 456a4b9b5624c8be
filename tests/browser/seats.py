"""A seat before a page: the one way in which a story's answers get into a form, and what comes back.

Only controls that the delivered page has can be filled; a question that appears after another was answered is waited
for. `Paper` is a browser without scripts (the page as HTML, the post as a browser would send it), `Screen` is chromium.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, tzinfo
from typing import Any, Protocol

from flask.testing import FlaskClient
from lxml import html
from playwright.sync_api import FilePayload, Locator, Response, expect
from playwright.sync_api import Page as Tab

from forms.specs import wire
from tests.app.browsing import Browser, Page

FORM = "//form[@data-keep]"
FILE_NAME = "现场记录.pdf"
FILE = b"%PDF-1.4 what a scanner writes"


class NotOnThePage(AssertionError):
    """A person could not have answered this: the page has no such control, or not this choice."""


class Seat(Protocol):
    """A person before a page. `page`: what they see now."""

    page: Page

    def get(self, path: str) -> Page: ...
    def fill(self, answers: Mapping[str, Any], zone: tzinfo) -> list[str]:
        """Answer the one form of the page; the names of questions that it does not ask. Raises `NotOnThePage`."""
        ...

    def press(self) -> Page:
        """The form's button; the page it leads to."""
        ...


def controls(page: Page, name: str) -> list[Any]:
    """The controls of a question that a person can use."""
    found = page.tree.xpath(f"{FORM}//*[@name=$name][not(@type='hidden')]", name=name)
    return [one for one in found if one.get("disabled") is None and one.get("readonly") is None]


def choosers(page: Page) -> list[str]:
    """The names of the questions for files."""
    return [str(name) for name in page.tree.xpath(f"{FORM}//input[@type='file'][not(@disabled)]/@name")]


def written(found: Sequence[Any], value: Any, zone: tzinfo) -> list[str]:
    """What is typed or chosen for a plain value. Raises `NotOnThePage` for a choice that is not offered."""
    first = found[0]
    kind = first.get("type", first.tag)
    if value is None or value == "":
        return []
    if kind == "checkbox" and isinstance(value, bool):
        return ["true"] if value else []
    if kind in ("date", "datetime-local", "time"):
        return [_local(str(value), kind, zone)]
    texts = [wire(one) for one in (value if isinstance(value, list) else [value])]
    offered = first.xpath(".//option/@value") if first.tag == "select" else None
    if kind in ("radio", "checkbox"):
        offered = [one.get("value") for one in found]
    if offered is not None and not set(texts) <= set(offered):
        raise NotOnThePage(f"{first.get('name')}: {texts} is not among {offered}")
    return texts


def _local(iso: str, kind: str, zone: tzinfo) -> str:
    """A moment as a picker writes it: local time, seconds only where there are some."""
    if kind != "datetime-local":
        return iso
    moment = datetime.fromisoformat(iso)
    local = moment.astimezone(zone) if moment.tzinfo else moment
    return local.strftime("%Y-%m-%dT%H:%M:%S").removesuffix(":00")


class Paper(Browser):
    """A browser without scripts: after an answer on which others depend, its button draws the form anew."""

    def __init__(self, client: FlaskClient) -> None:
        super().__init__(client)
        self._values: dict[str, Any] = {}

    def fill(self, answers: Mapping[str, Any], zone: tzinfo) -> list[str]:
        left = dict(answers)
        self._values = dict(self.page.filled())
        while True:
            asked = {key: value for key, value in left.items() if controls(self.page, key)}
            for key, value in asked.items():
                self._values[key] = written(controls(self.page, key), value, zone)
                del left[key]
            live = self.page.tree.xpath(f"{FORM}//*[@data-live]")
            if not live or not asked:
                break
            self.submit({**self._values, "_refresh": "1"})
            assert self.page.status == 200, self.page.words("//main")
            self._values = dict(self.page.filled())
        for name in choosers(self.page):
            self._values[name] = [(io.BytesIO(FILE), FILE_NAME)]
        return list(left)

    def press(self) -> Page:
        (form,) = self.page.tree.xpath(FORM)
        values, self._values = {**self.page.filled(), **self._values}, {}
        return self.post(form.get("action").partition("#")[0], values, follow_redirects=True)


class Screen:
    """A tab of chromium. `idle`: while open, the server may answer."""

    def __init__(self, tab: Tab, address: str, idle: Callable[[], AbstractContextManager[None]]) -> None:
        self._tab, self._address, self._idle = tab, address, idle
        self.page: Page

    def get(self, path: str) -> Page:
        with self._idle():
            return self._read(self._tab.goto(f"{self._address}{path}"))

    def fill(self, answers: Mapping[str, Any], zone: tzinfo) -> list[str]:
        left = dict(answers)
        with self._idle():
            while asked := next((key for key in left if controls(self.page, key)), None):
                found = controls(self.page, asked)
                self._answer(asked, found[0], written(found, left.pop(asked), zone))
            for name in choosers(self.page):
                file = FilePayload(name=FILE_NAME, mimeType="application/pdf", buffer=FILE)
                self._form.locator(f"[name={name}]").set_input_files([file])
        return list(left)

    def press(self) -> Page:
        with self._idle():
            with self._tab.expect_navigation() as led:
                self._form.locator(".form-actions .btn-primary").click()
            return self._read(led.value)

    def _answer(self, name: str, control: Any, texts: list[str]) -> None:
        question = self._form.locator(f"[name={name}]:not([type=hidden])")
        if control.tag == "select":
            question.select_option(texts or "")
        elif control.get("type") in ("radio", "checkbox"):
            for one in question.all():
                value = one.get_attribute("value")
                if control.get("type") == "checkbox" or value in texts:
                    one.set_checked(value in texts)
        else:
            question.fill(texts[0] if texts else "")
            return
        # A choice may show other questions: the server draws them, and the form is read again.
        expect(self._tab.locator(".htmx-request")).to_have_count(0)
        self._read(None)

    @property
    def _form(self) -> Locator:
        return self._tab.locator("form[data-keep]")

    def _read(self, answer: Response | None) -> Page:
        text = self._tab.content()
        status = answer.status if answer is not None else self.page.status
        self.page = Page(status, text, {}, html.fromstring(text))
        return self.page
