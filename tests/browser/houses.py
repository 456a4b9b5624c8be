"""The house in which stories are played: the web app on the stage's own store and clock, and who is signed in where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import RLock, Thread
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from playwright.sync_api import Page as Tab
from werkzeug.serving import make_server

from app.factory import create_app
from app.scenarios.stage import Stage
from app.settings import Settings
from app.web.context import Desk
from processes.people import Actor
from tests.app.browsing import Clock
from tests.browser.seats import Paper, Screen

PASSWORD = "known to the tests only"
# As weak as it can be: hundreds sign in, and what a password costs is tested elsewhere.
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


class House:
    """One app for all stories: its pages are compiled once. Each story has its own store, so its own sessions."""

    def __init__(self) -> None:
        self.clock = Clock()
        self._settings = Settings("unused: the platform is given", "key of the tests", "")
        self._app: Flask | None = None
        self._stage: Stage | None = None
        self._papers: dict[str, Paper] = {}

    def paper(self, stage: Stage, actor: Actor) -> Paper:
        """The person's browser without scripts, signed in."""
        app = self.app(stage)
        if actor.user not in self._papers:
            stage.platform.people.add(actor.user, actor.name, HASH, actor.duties)
            paper = self._papers[actor.user] = Paper(app.test_client())
            paper.get("/sign-in")
            answer = paper.post("/sign-in", {"login": actor.user, "password": PASSWORD})
            assert answer.status == 302, f"{actor.user} cannot sign in"
        return self._papers[actor.user]

    def app(self, stage: Stage) -> Flask:
        """The app at this moment of this story."""
        self.clock.at = stage.now
        if stage is not self._stage:
            self._stage, self._papers = stage, {}
            if self._app is None:
                self._app = create_app(self._settings, stage.platform, self.clock)
            self._app.extensions["desk"] = Desk(self._settings, stage.platform, self.clock)
        assert self._app is not None
        return self._app


class OpenHouse(House):
    """The same house with a door to the network, for a real browser.

    A story's store is one connection in memory: while the story goes on the server waits, and while somebody uses the
    browser the story does.
    """

    def __init__(self, tab: Tab) -> None:
        super().__init__()
        self._tab = tab
        self._busy = RLock()
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.address = f"http://127.0.0.1:{self._server.port}"

    @contextmanager
    def opened(self) -> Iterator[OpenHouse]:
        """The server runs; the story's turn comes first."""
        thread = Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        with self._busy:
            yield self
        self._server.shutdown()
        thread.join()

    def screen(self, stage: Stage, actor: Actor) -> Screen:
        """The person before the one tab, with the session they have."""
        paper = self.paper(stage, actor)
        context = self._tab.context
        session = paper.client.get_cookie("jieban")
        assert session is not None
        context.add_cookies([{"name": "jieban", "value": session.value, "url": self.address}])
        return Screen(self._tab, self.address, self._idle)

    @contextmanager
    def _idle(self) -> Iterator[None]:
        self._busy.release()
        try:
            yield
        finally:
            self._busy.acquire()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with self._busy:
            assert self._app is not None
            return self._app(environ, start_response)
