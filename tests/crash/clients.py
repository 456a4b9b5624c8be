"""People who fill in real forms over HTTP as fast as they can, and remember what the server acknowledged.

A redirect is an acknowledgement. An answer that never comes (the server was killed) is none: whether it was done
is not known, and the client looks at the order again, as a person would.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode, urlsplit

ANSWERS = {"lead_unit": "housing", "result_text": "已派人疏通并复查"}
FORM = re.compile(r'action="(/orders/[^"#/]+/tasks/[^"#/]+)["#]')
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
TAGS = re.compile(r"(<[^>]*>|\s)+")
AGAIN_SECONDS = 0.02
PATIENCE_SECONDS = 120


class Away(Exception):
    """The server did not answer."""


class Failed(Away):
    """It answered that it is in trouble."""


class Client(threading.Thread):
    """One person's browser. `address()`: where the server is now; `title`: begins the titles of its requests;
    `forgiving`: an answer that says the server is in trouble is no fault, and no acknowledgement.
    """

    def __init__(
        self, address: Callable[[], str], title: str, login: str, password: str, *, forgiving: bool = False
    ) -> None:
        super().__init__(daemon=True)
        self.address, self.title = address, title
        self.login, self.password = login, password
        self.forgiving = forgiving
        self.cookies: dict[str, str] = {}
        self.token = ""
        self.submitted: list[str] = []
        """Titles of every request that was sent off."""
        self.received: list[str] = []
        """Titles of those that were acknowledged."""
        self.attempted: list[str] = []
        """Ids of the tasks whose form was sent off."""
        self.completed: list[str] = []
        """Ids of the tasks whose completion was acknowledged."""
        self.failed: list[str] = []
        self.cut: list[str] = []
        """Titles and ids of forms that the server said it could not take, and of those it gave no answer to."""
        self.faults: list[str] = []
        """Answers that no form that is filled in rightly may get."""
        self.enough = threading.Event()

    def run(self) -> None:
        try:
            self.sign_in()
            path = ""
            while path or not self.enough.is_set():
                try:
                    path = path or self.receive()
                    self.finish(path)
                    path = ""
                except Away:
                    self.wait_until_back()
        except Exception as error:  # a thread's error would be lost, and with it why the test fails
            self.faults.append(repr(error))

    def sign_in(self) -> None:
        self.get("/sign-in")
        self.post("/sign-in", {"login": self.login, "password": self.password})
        self.get("/intake")

    def receive(self) -> str:
        """Send off a new request; its order's path."""
        title = f"{self.title}-{len(self.submitted)}"
        self.submitted.append(title)
        place = self.send(title, "/intake", {"request_type": "complaint", "title": title, "phone": "13800138000"})
        self.received.append(title)
        return place

    def finish(self, path: str) -> None:
        """Do every task of the order, one form after another."""
        while True:
            page = self.get(path)
            found = FORM.search(page)
            if found is None:
                return
            decision = "accept" if 'value="accept"' in page else "close"
            task = found[1].rpartition("/")[2]
            self.attempted.append(task)
            self.send(task, found[1], {**ANSWERS, "decision": decision})
            self.completed.append(task)

    def send(self, key: str, path: str, answers: dict[str, str]) -> str:
        """Send a form off, and remember if it was not acknowledged."""
        try:
            return self.post(path, answers)
        except Failed:
            self.failed.append(key)
            raise
        except Away:
            self.cut.append(key)
            raise

    def wait_until_back(self) -> None:
        latest = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < latest:
            try:
                self.get("/healthz")
                return
            except Away:
                time.sleep(AGAIN_SECONDS)
        raise Away("the server did not come back")

    def get(self, path: str) -> str:
        status, _, page = self.ask("GET", path)
        if status != 200:
            raise AssertionError(f"GET {path}: {status}")
        if token := TOKEN.search(page):
            self.token = token[1]
        return page

    def post(self, path: str, answers: dict[str, str]) -> str:
        """Where the server sends us after taking the form. Anything but a redirect is a fault."""
        status, place, page = self.ask("POST", path, urlencode({"csrf_token": self.token, **answers}))
        if status != 302:
            raise AssertionError(f"POST {path}: {status}: {TAGS.sub(' ', page)[-600:]}")
        return place

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        host = urlsplit(self.address()).netloc
        with closing(HTTPConnection(host, timeout=PATIENCE_SECONDS)) as connection:
            try:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                page = answer.read().decode()
            except (OSError, HTTPException) as error:
                raise Away(repr(error)) from error
        if self.forgiving and answer.status >= 500:
            raise Failed(str(answer.status))
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.headers.get("Location", ""), page
