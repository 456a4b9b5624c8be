"""Probes, metrics and logs: they tell an operator how it goes, and nobody anything about a citizen."""

from __future__ import annotations

import http.client
import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from waitress import wasyncore

from app.factory import create_app
from app.observing.logs import JsonLines
from app.server import listen
from app.settings import Settings
from app.working.one_process import Sweeping
from processes import verbs
from tests.app.browsing import REQUEST, Browser, Clock
from tests.app.conftest import app, clock, dispatched, platform, received, signed_in, visitor
from tests.small import MONDAY, SECRET, Small, at

__all__ = ["app", "clock", "dispatched", "platform", "received", "signed_in", "visitor"]
PERSONAL = {
    "petitioner_name": "欧阳某某",
    "phone": "13912345678",
    "title": "诉求标题某某",
    "content": "他住在某某路二十三号，请尽快处理路灯问题",
}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, from DEBUG on, as the server writes it."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def lines(log: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_form_leaves_nothing_of_a_citizen_in_the_log(
    log: io.StringIO, signed_in: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = signed_in("agent")
    agent.get("/intake")
    assert agent.submit({**REQUEST, **PERSONAL}).status == 200
    agent.get("/inbox?tab=all&q=欧阳某某")
    agent.get("/nowhere/13912345678")

    def fails(*_: object, **__: object) -> None:
        raise ValueError(f"cannot parse {PERSONAL['phone']} of {PERSONAL['petitioner_name']}")

    monkeypatch.setattr(verbs, "receive", fails)
    agent.get("/intake")
    assert agent.submit({**REQUEST, **PERSONAL}).status == 500
    written = log.getvalue()
    for value in PERSONAL.values():
        assert value not in written and json.dumps(value)[1:-1] not in written
    said = lines(log)
    (fault,) = [one for one in said if one["level"] == "ERROR"]
    assert fault["error"][0]["type"] == "ValueError"  # type: ignore[index]
    assert any("intake.py" in place for place in fault["error"][0]["places"])  # type: ignore[index]
    requests = [one for one in said if one["from"] == "app.access"]
    assert {"method", "route", "status", "milliseconds"} <= set(requests[0])
    assert ("POST", "/intake", 500) in [(one["method"], one["route"], one["status"]) for one in requests]


def test_what_goes_wrong_in_the_background_is_logged_without_its_words(log: io.StringIO) -> None:
    small = Small()
    order_id = small.handling(MONDAY, content="他住在某某路")
    small.database.kept.forget()
    with small.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE instance SET state = '他住在某某路'")
    Sweeping(small.platform, clock=Clock(at("2026-12-01T09:00"))).sweep(at("2026-12-01T09:00"))
    assert "某某路" not in log.getvalue()
    assert order_id
    assert any("failed to fire" in str(one["says"]) for one in lines(log))
    small.close()


def test_one_record_is_one_line(log: io.StringIO) -> None:
    logging.getLogger("app.x").warning("first\nsecond %s", "third\r\nfourth")
    assert len(log.getvalue().splitlines()) == 1
    assert lines(log)[0]["says"] == "first\nsecond third\r\nfourth"


def test_probes_answer_without_a_session_and_say_nothing(visitor: Browser) -> None:
    for path in ("/healthz", "/readyz"):
        page = visitor.get(path)
        assert (page.status, page.text) == (200, "ok\n")


@pytest.fixture
def watched(sqlite_database_url: str) -> Iterator[tuple[Small, Clock, Callable[..., Flask]]]:
    """A small house whose app is made with chosen settings."""
    small, clock = Small(sqlite_database_url), Clock(MONDAY)

    def make(**settings: Any) -> Flask:
        return create_app(Settings(sqlite_database_url, SECRET, SECRET, **settings), small.platform, clock)

    yield small, clock, make
    small.close()


def test_metrics_count_what_there_is(watched: tuple[Small, Clock, Callable[..., Flask]]) -> None:
    small, clock, make = watched
    small.handling()
    client = make().test_client()
    clock.pass_time(days=60)
    Sweeping(small.platform, clock=clock).sweep(clock.now())
    text = client.get("/metrics").text
    said = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(said['jieban_open_tasks{lamp="late"}']) == 1
    assert float(said['jieban_notices{state="waiting"}']) == 1
    assert float(said['jieban_notices{state="kept"}']) == 0
    assert float(said["jieban_deadlines_due"]) == 0
    assert float(said["jieban_incidents"]) == 0
    assert float(said['jieban_deadline_lateness_seconds_bucket{le="+Inf"}']) >= 2
    assert small.order and "S2026" not in text


@pytest.mark.parametrize(
    ("token", "headers", "remote", "status"),
    [
        ("", {}, "127.0.0.1", 200),
        ("", {}, "::1", 200),
        ("", {}, "10.0.0.7", 404),
        ("", {"X-Forwarded-For": "10.0.0.7"}, "127.0.0.1", 404),
        ("", {"Via": "1.1 proxy"}, "127.0.0.1", 404),
        ("a token of the tests", {}, "127.0.0.1", 404),
        ("a token of the tests", {"Authorization": "Bearer wrong"}, "127.0.0.1", 404),
        ("a token of the tests", {"Authorization": "Bearer a token of the tests"}, "10.0.0.7", 200),
    ],
)
def test_metrics_are_for_operators_only(
    watched: tuple[Small, Clock, Callable[..., Flask]], token: str, headers: dict[str, str], remote: str, status: int
) -> None:
    client = watched[2](**({"metrics_token": token} if token else {})).test_client()
    answer = client.get("/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": remote})
    assert answer.status_code == status


def test_behind_a_proxy_metrics_ask_for_a_token(watched: tuple[Small, Clock, Callable[..., Flask]]) -> None:
    """A proxy on this machine need not say that it is one."""
    assert watched[2](https=True).test_client().get("/metrics").status_code == 404
    client = watched[2](https=True, metrics_token="a token of the tests").test_client()
    assert client.get("/metrics", headers={"Authorization": "Bearer a token of the tests"}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 200), ({"X-Forwarded-For": "10.0.0.7"}, 404), ({"Forwarded": "for=10.0.0.7"}, 404)]
)
def test_the_real_server_lets_the_app_see_what_a_proxy_says(
    watched: tuple[Small, Clock, Callable[..., Flask]], headers: dict[str, str], status: int
) -> None:
    sockets: dict[int, Any] = {}
    server = listen(watched[2](), Settings("", SECRET, SECRET), "127.0.0.1", 0, sockets)
    looping = threading.Event()

    def loop() -> None:
        while not looping.is_set():
            wasyncore.loop(timeout=0.05, map=sockets, count=1)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", server.effective_port, timeout=10)
        connection.request("GET", "/metrics", headers=headers)
        assert connection.getresponse().status == status
        connection.close()
    finally:
        looping.set()
        thread.join()
        server.close()
        server.task_dispatcher.shutdown()
        wasyncore.close_all(map=sockets, ignore_all=True)


def test_lateness_of_a_deadline_is_what_the_clock_says(watched: tuple[Small, Clock, Callable[..., Flask]]) -> None:
    small, clock, make = watched
    order_id = small.dispatched()
    due_at = small.deadline(order_id, "sign_for_overdue").due_at
    client = make().test_client()

    def under(bucket: str) -> float:
        text = client.get("/metrics").text
        name = f'jieban_deadline_lateness_seconds_bucket{{le="{bucket}"}}'
        return float(next(line.rsplit(" ", 1)[1] for line in text.splitlines() if line.startswith(name)))

    before = under("2.0"), under("5.0")
    Sweeping(small.platform, clock=clock).sweep(due_at + timedelta(seconds=3))
    assert (under("2.0") - before[0], under("5.0") - before[1]) == (0, 1)
