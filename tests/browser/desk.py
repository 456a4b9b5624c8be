"""A desk of the office in a browser: who sits there, the order on it, the form in front of them.

Tests press what people press and read what people read; forms are filled in by the names of their questions, so
that a label may be worded better without a test breaking.
"""

import re
from time import monotonic

from playwright.sync_api import Locator, Page, expect

WAITING_SECONDS = 20.0


class Desk:
    """A page of the live server and whoever is signed in on it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address

    def sign_in(self, login: str) -> None:
        """Pick that person from the sign-in page's list, after whoever sat here before has left."""
        self.page.context.clear_cookies(name="jieban")
        self.page.goto(f"{self.address}/sign-in?as={login}")
        self.page.locator("form .btn-primary").click()
        expect(self.page.locator("details.menu > summary").last).to_be_visible()

    def go(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def find(self, title: str) -> None:
        """Open the order by a search for its title, as people do."""
        self.page.get_by_role("searchbox").fill(title)
        self.page.keyboard.press("Enter")
        self.page.get_by_role("link", name=title, exact=True).click()
        expect(self.heading).to_have_text(title)

    def field(self, name: str) -> Locator:
        """The control of a question in the one form of the page."""
        return self.form.locator(f"[name={name}]:not([type=hidden])")

    def fill(self, **answers: str) -> None:
        """Type into text questions, pick from lists, choose radio buttons."""
        for name, answer in answers.items():
            control = self.field(name).first
            kind = control.evaluate("it => it.tagName === 'SELECT' ? 'select' : it.type")
            if kind == "select":
                control.select_option(answer)
            elif kind in ("radio", "checkbox"):
                self.form.locator(f"[name={name}][value='{answer}']").check()
            else:
                control.fill(answer)

    def press(self, act: str) -> None:
        """The one primary button, which is named by the act; what it did is said on the next page."""
        button = self.form.locator(".btn-primary")
        expect(button).to_contain_text(act)
        button.click()
        expect(self.said).to_contain_text(act)

    def act(self, name: str) -> None:
        """Open one of the other acts that the order offers now."""
        self.page.locator(".other-acts a", has_text=re.compile(f"^{name}$")).click()

    def switch_to(self, task: str) -> None:
        """Take up this one of several tasks that one has on the order."""
        link = self.page.locator(".col-act a", has_text=task)
        if link.count():
            link.click()
        expect(self.page.locator(".act h2").first).to_have_text(task)

    def reload_until(self, part: Locator, words: str) -> None:
        """Look again until this part of the page says so."""
        latest = monotonic() + WAITING_SECONDS
        while words not in part.inner_text():
            assert monotonic() < latest, f"{words!r} did not come"
            self.page.reload()

    @property
    def form(self) -> Locator:
        """The one form of the page."""
        return self.page.locator("form[data-keep]")

    @property
    def heading(self) -> Locator:
        return self.page.locator("h1")

    @property
    def said(self) -> Locator:
        """What the page answers to the last act."""
        return self.page.locator(".flash").first

    @property
    def status(self) -> Locator:
        return self.page.locator(".order-head .tag-accent")

    @property
    def clock(self) -> Locator:
        """The clock on top."""
        return self.page.locator(".clock-first")

    @property
    def clocks(self) -> Locator:
        return self.page.locator(".col-clocks")

    @property
    def story(self) -> Locator:
        return self.page.locator(".col-story")


REQUEST = {
    "request_type": "complaint",
    "content": "车库负二层积水约五厘米，多次向物业反映未处理，希望尽快排水。",
    "petitioner_name": "周小满",
    "phone": "13800001234",
}
RESULT = {
    "measures": "已到现场核实并更换损坏部件",
    "handler_name": "周工",
    "handler_phone": "13800005678",
    "result_text": "已修复，现场复查合格",
    "law_basis": "《物业管理条例》第三十五条",
    "answer_given": "已电话答复诉求人，诉求人表示认可",
}


def receive(desk: Desk, title: str, **answers: str) -> None:
    """Register a request and accept it, as the call agent."""
    desk.sign_in("call_agent")
    desk.go("/intake")
    desk.fill(title=title, **{**REQUEST, **answers})
    desk.form.locator(".btn-primary").click()
    expect(desk.heading).to_have_text(title)
    desk.fill(decision="accept")


def dispatch(desk: Desk, title: str, unit: str, **answers: str) -> None:
    """Send it to a unit, as the dispatcher."""
    desk.sign_in("dispatcher")
    desk.find(title)
    desk.fill(**{"lead_unit": unit, "basis": "权责清单 3-2", "urgency": "none", **answers})
    desk.press("派单")


def sign_for(desk: Desk, title: str, unit: str) -> None:
    """Sign for it, as the clerk of the unit."""
    desk.sign_in(f"unit_clerk.{unit}")
    desk.find(title)
    desk.press("签收")
