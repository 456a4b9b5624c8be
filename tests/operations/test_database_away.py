"""The database away or frozen: probes answer in time, what was counted is still told, nothing waits for ever."""

from __future__ import annotations

import logging
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.factory import create_app
from app.observing.logs import set_up_logging
from app.settings import Settings
from app.web.health import READY_SECONDS
from tests.small import SECRET, Small
from tests.working.houses import wait_until
from timers.scheduler import DeadlineScheduler
from timers.sweep import Swept


def client_of(small: Small) -> FlaskClient:
    url = small.database.engine.url.render_as_string(hide_password=False)
    return create_app(Settings(url, SECRET, SECRET), small.platform).test_client()


def said(client: FlaskClient) -> dict[str, str]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))


def test_what_was_counted_is_told_without_the_database(small: Small) -> None:
    client = client_of(small)
    away = [True]

    @sa.event.listens_for(small.database.engine, "before_cursor_execute")
    def fails(*_: object) -> None:
        if away[0]:
            raise OSError("the database is away")

    told = said(client)
    assert told["jieban_database_up"] == "0.0"
    assert "jieban_steps_total" in told and "jieban_incidents" not in told
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    away[0] = False
    told = said(client)
    assert (told["jieban_database_up"], told["jieban_incidents"]) == ("1.0", "0.0")
    assert client.get("/readyz").status_code == 200


@pytest.mark.postgresql
def test_a_frozen_server_holds_up_no_probe(postgres_database_url: str, postgres_url: str) -> None:
    small = Small(postgres_database_url)
    client = client_of(small)
    assert client.get("/readyz").status_code == 200
    home = Path(str(sa.make_url(postgres_url).query["host"]))
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        others = "SELECT pid FROM pg_stat_activity WHERE datname IS NOT NULL AND pid <> pg_backend_pid()"
        backends = [row[0] for row in connection.execute(others)]
    frozen = [int((home / "data" / "postmaster.pid").read_text().split()[0]), *backends]

    def probe(path: str) -> tuple[int, float]:
        begun = time.monotonic()
        return client.application.test_client().get(path).status_code, time.monotonic() - begun

    try:
        for pid in frozen:
            with suppress(ProcessLookupError):  # one that is not needed any more ends by itself
                os.kill(pid, signal.SIGSTOP)
        with ThreadPoolExecutor(8) as probes:
            found = list(probes.map(probe, ["/readyz"] * 8))
        assert {status for status, _ in found} == {503}
        assert max(seconds for _, seconds in found) < READY_SECONDS + 1
        status, seconds = probe("/readyz")
        assert (status, seconds < 1) == (503, True), "one question is under way, nobody waits for it any more"
        assert probe("/healthz")[0] == 200
        assert said(client)["jieban_database_up"] == "0.0"
    finally:
        for pid in reversed(frozen):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
    wait_until(lambda: client.get("/readyz").status_code == 200)
    wait_until(lambda: said(client)["jieban_database_up"] == "1.0")
    small.close()


def test_a_sweep_that_fails_is_counted(small: Small) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    client = client_of(small)
    set_up_logging("ERROR")

    def fails(_: datetime) -> Swept:
        raise OSError("the database is away")

    name = 'jieban_errors_total{where="sweep"}'
    counted = float(said(client).get(name, 0))
    scheduler = DeadlineScheduler(fails, lambda _: None)
    scheduler.start()
    try:
        wait_until(lambda: float(said(client).get(name, 0)) == counted + 1)
    finally:
        scheduler.shutdown()
        root.handlers[:] = before
        root.setLevel(level)
