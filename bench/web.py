"""The whole way of a form: 50 people in browsers without scripts, gunicorn with the web app, PostgreSQL behind it.

Each signs in (`http_sign_in`) and then fills in forms without pause: page, form with its token, redirect. The baseline
is the same people against an empty view of the same app (session, person, token, headers, access log, redirect), in the
same run.
What of the time is the door is measured in this process, one form after another.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import click
from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue

from app.factory import create_app
from app.platform import Platform
from app.settings import DEMO_PASSWORD, Settings
from app.web.passwords import hash_password, is_password
from app.wsgi import make
from bench.cluster import NoPostgres, cluster
from bench.generate import SECRET
from bench.rows import ms, row
from processes.door import Door
from processes.pack import read_pack
from processes.people import SYSTEM, Duty
from tests.app.browsing import Browser
from tests.crash.clients import Away, Client
from tests.small import FOLDER, LONG_AGO

ROOT = Path(__file__).resolve().parent.parent
PEOPLE, SECONDS, RUNS, PROCESSES = 50, 10, 3, 2
DUTIES = [Duty("small", role, "housing" if role == "handler" else None)
          for role in ("agent", "dispatcher", "handler", "reviewer")]  # fmt: skip
EMPTY = "/bench/empty"
START_SECONDS = 60


def empty() -> Flask:
    """The web app with one view more that does nothing. Gunicorn is pointed here for the baseline too."""
    app = make()

    @app.route(EMPTY, methods=["GET", "POST"])
    def nothing() -> ResponseReturnValue:
        return redirect(EMPTY) if request.method == "POST" else "ok"

    return app


class Timed(Client):
    """A person who notes how long every answer took, in milliseconds."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.taken: list[float] = []
        self.signing_in = 0.0

    def sign_in(self) -> None:
        begun = perf_counter()
        super().sign_in()
        self.signing_in = (perf_counter() - begun) * 1e3

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str, str]:
        begun = perf_counter()
        answer = super().ask(method, path, body)
        if not path.startswith("/sign-in"):  # once a day, and slow on purpose: a row of its own
            self.taken.append((perf_counter() - begun) * 1e3)
        return answer


class Idle(Timed):
    """The same with the empty view: two requests for two."""

    def receive(self) -> str:
        self.get(EMPTY)
        return self.post(EMPTY, {})

    def finish(self, path: str) -> None:
        self.get(path)


def measure() -> list[dict[str, Any]]:
    """`http_p95`, with p50, p99, requests a second, signing in, and the share of the door."""
    try:
        with cluster(max_connections="200") as postgres:
            url = postgres.database()
            platform = _people(url)
            with _gunicorn(url, postgres.home) as address:
                ours, theirs, signing_in = _turns(address)
            return [*_rows(ours, theirs), _sign_in(signing_in), _door(platform)]
    except NoPostgres as missing:
        click.echo(f"left out: {missing}")
        return []


def _people(url: str) -> Platform:
    platform = Platform(url, SECRET)
    platform.library.deploy(read_pack(FOLDER), effective_from=LONG_AGO, actor=SYSTEM, note="", now=LONG_AGO)
    password = hash_password(DEMO_PASSWORD)
    for number in range(PEOPLE):
        platform.people.add(f"busy{number}", "某人", password, DUTIES)
    return platform


@contextmanager
def _gunicorn(url: str, home: Path) -> Iterator[str]:
    """The address of a gunicorn as it is deployed."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{found.getsockname()[1]}"
    environment = os.environ | {
        "JIEBAN_DATABASE_URL": url, "JIEBAN_SECRET_KEY": SECRET, "JIEBAN_MASTER_KEY": SECRET,
        "JIEBAN_ANCHORS": str(home / "anchors"),
        "JIEBAN_BIND": bind, "WEB_CONCURRENCY": str(PROCESSES),
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "bench.web:empty()"]
    with Path(f"{home}-gunicorn.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        _wait(server, f"http://{bind}", Path(log.name))
        yield f"http://{bind}"
    finally:
        server.terminate()
        server.wait(START_SECONDS)
        Path(log.name).unlink()


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    client, latest = Client(lambda: address, "", "", ""), time.monotonic() + START_SECONDS
    while True:
        try:
            client.get("/healthz")
            return
        except Away:
            if server.poll() is not None or time.monotonic() > latest:
                raise RuntimeError(log.read_text()[-2000:]) from None
            time.sleep(0.1)


def _turns(address: str) -> tuple[list[list[float]], list[list[float]], list[float]]:
    """For each run the sorted times of all answers: of forms, and of the empty view; and each person's signing in."""
    ours: list[list[float]] = []
    theirs: list[list[float]] = []
    signing_in: list[float] = []
    for run in range(RUNS):
        for kind, found in ((Timed, ours), (Idle, theirs)):
            taken, signed = _crowd(lambda number, kind=kind, run=run: kind(  # type: ignore[misc]
                lambda: address, f"{kind.__name__}{run}-{number}", f"busy{number}", DEMO_PASSWORD))  # fmt: skip
            found.append(taken)
            signing_in += signed
    return ours, theirs, signing_in


def _crowd(person: Callable[[int], Timed]) -> tuple[list[float], list[float]]:
    """Sorted milliseconds of all answers, and of each person's signing in."""
    people = [person(number) for number in range(PEOPLE)]
    for one in people:
        one.start()
        time.sleep(0.1)  # signing in is made costly on purpose
    while not all(one.taken for one in people):  # until everybody has signed in
        if faults := [fault for one in people for fault in one.faults]:
            raise RuntimeError(faults[0])
        time.sleep(0.05)
    before = [len(one.taken) for one in people]
    time.sleep(SECONDS)
    taken = sorted(one for person_, first in zip(people, before, strict=True) for one in list(person_.taken)[first:])
    for one in people:
        one.enough.set()
    for one in people:
        one.join(START_SECONDS)
        if one.faults:
            raise RuntimeError(one.faults[0])
    return taken, [one.signing_in for one in people]


def _sign_in(taken: list[float]) -> dict[str, Any]:
    """The page, its form and the first page after it, ten people a second; of it the password alone, which is made slow
    to try on purpose.
    """
    stored, alone = hash_password(DEMO_PASSWORD), []
    for _ in range(10):
        begun = perf_counter()
        is_password(stored, DEMO_PASSWORD)
        alone.append(perf_counter() - begun)
    return row("http_sign_in", "ms", median(taken), ms(alone), "checking the password alone", goal=None, n=len(taken))


def _rows(ours: list[list[float]], theirs: list[list[float]]) -> list[dict[str, Any]]:
    baseline, n = "an empty view with the same middleware", sum(map(len, ours))

    def at(share: float, runs: list[list[float]]) -> float:
        return sorted(run[int(len(run) * share)] for run in runs)[len(runs) // 2]

    rows = [
        row(f"http_{name}", "ms", at(share, ours), at(share, theirs), baseline, goal=None, n=n)
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    ]
    cost = [sorted(SECONDS / len(run) * 1e3 for run in runs)[len(runs) // 2] for runs in (ours, theirs)]
    click.echo(f"{1e3 / cost[0]:.0f} requests a second by {PEOPLE} people; the empty view {1e3 / cost[1]:.0f}")
    return [*rows, row("http_request", "ms", cost[0], cost[1], f"{baseline}; time over requests", goal=None, n=n)]


class TimedDoor(Door):
    """Counts the seconds inside."""

    seconds = 0.0

    @contextmanager
    def command(self, *args: Any, **options: Any) -> Iterator[Any]:
        begun = perf_counter()
        with super().command(*args, **options) as found:
            yield found
        self.seconds += perf_counter() - begun

    @contextmanager
    def receipt(self, *args: Any, **options: Any) -> Iterator[Any]:
        begun = perf_counter()
        with super().receipt(*args, **options) as found:
            yield found
        self.seconds += perf_counter() - begun


def _door(platform: Platform) -> dict[str, Any]:
    """Of a form (its page before it, and the answer), what is spent in the door."""
    platform.door.__class__ = TimedDoor
    door: Any = platform.door
    app = create_app(Settings("given", SECRET, SECRET), platform)
    browser = Browser(app.test_client())
    browser.sign_in("busy0", DEMO_PASSWORD)
    inside: list[float] = []
    whole: list[float] = []
    forms = 60
    for number in range(forms + 5):
        door.seconds, begun = 0.0, perf_counter()
        browser.get("/intake")
        answers = {"request_type": "complaint", "title": f"门-{number}", "phone": "13800138000"}
        if browser.post("/intake", answers).status != 302:
            raise RuntimeError("the form was not taken")
        whole.append(perf_counter() - begun)
        inside.append(door.seconds)
    baseline = "a form with the page before it"
    return row("http_door", "ms", ms(inside[5:]), ms(whole[5:]), baseline, goal=None, n=forms)
