"""What `deploy/` ships has been started once: the commands and environments of the compose file and of the systemd
units, with folders of this test in place of containers, on a real PostgreSQL.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
import yaml
from psycopg import sql

from tests.working.houses import wait_until

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
ROLE = "jieban_app"
PASSWORD = "it's 100% secret"
START_SECONDS = 60
# Two packs that wait for a person. Scenarios of the others take half a minute, and have tests of their own.
PACKS = "--pack nanchang --pack yunnan"


@dataclass
class Place:
    """A machine: its folders, its database, what runs on it."""

    home: Path
    url: str
    ports: Iterator[int]
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, command: list[str], environment: Mapping[str, str], log: str) -> subprocess.Popen[bytes]:
        machine = {name: os.environ[name] for name in ("HOME", "LANG", "PYTHONPATH") if name in os.environ}
        path = f"{BIN}:{os.environ['PATH']}"
        with (self.home / log).open("wb") as file:
            process = subprocess.Popen(
                command, cwd=ROOT, env={**machine, "PATH": path, **environment}, stdout=file, stderr=file
            )
        self.running.append(process)
        return process

    def answers(self, process: subprocess.Popen[bytes], log: str, port: int, path: str) -> str:
        """What is answered at last, with 200."""
        found: list[str] = []

        def asked() -> bool:
            assert process.poll() is None, (self.home / log).read_text()
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                found[:] = [answer.read().decode()]
                return answer.status == 200
            except OSError:
                return False
            finally:
                connection.close()

        wait_until(asked, START_SECONDS)
        return found[0]


def free_ports() -> Iterator[int]:
    while True:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port: int = free.getsockname()[1]
        yield port


@pytest.fixture
def place(postgres_database_url: str, tmp_path: Path) -> Iterator[Place]:
    one = Place(tmp_path, postgres_database_url.replace("+psycopg", ""), free_ports())
    yield one
    for process in one.running:
        process.kill()
        process.wait()
    with psycopg.connect(one.url, autocommit=True) as owner:
        if owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            owner.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(ROLE)))
            owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(ROLE)))


def as_app(url: str) -> str:
    return url.replace("//jieban@", f"//{ROLE}:{quote(PASSWORD)}@")


def test_the_compose_file_comes_up_and_ends_in_order(place: Place) -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    image = dict(re.findall(r"(JIEBAN_\w+)=(\S+)", (ROOT / "deploy" / "Dockerfile").read_text()))
    web_port, worker_port = next(place.ports), next(place.ports)
    folders = {"/run/secrets": "secrets", "/run/jieban-web": "counted", "/anchors": "anchors"}
    for folder in folders.values():
        (place.home / folder).mkdir()
    secrets = {"owner_url": place.url, "app_url": as_app(place.url), "app_password": PASSWORD}
    for name in compose["secrets"]:
        (place.home / "secrets" / name).write_text(secrets.get(name, f"{name} of the tests, long enough") + "\n")

    def here(text: str) -> str:
        for inside, folder in folders.items():
            text = text.replace(inside, str(place.home / folder))
        text = text.replace("0.0.0.0:8000", f"127.0.0.1:{web_port}").replace("9100", str(worker_port))
        return text.replace("jieban init", f"jieban init {PACKS}")

    def started(name: str) -> subprocess.Popen[bytes]:
        service = compose["services"][name]
        given: dict[str, Any] = {**image, **service["environment"]}
        listed = {f"/run/secrets/{one}" for one in service["secrets"]}
        assert {value for value in given.values() if "/run/secrets/" in value} <= listed
        environment = {key: here(value) for key, value in given.items()}
        return place.start([here(word) for word in service["command"]], environment, f"{name}.log")

    prepared = started("prepare").wait(START_SECONDS)
    said = (place.home / "prepare.log").read_text()
    assert prepared == 0, said
    assert "nanchang, yunnan" in said and "GRANT SELECT, INSERT" in said and PASSWORD not in said
    web, worker = started("web"), started("worker")
    assert place.answers(web, "web.log", web_port, "/readyz") == "ok\n"
    assert "jieban_steps_total" in place.answers(worker, "worker.log", worker_port, "/")
    for name in ("web", "worker"):
        probe = here(compose["services"][name]["healthcheck"]["test"][3]).replace(":8000", f":{web_port}")
        assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
    for process, name in ((web, "web"), (worker, "worker")):
        process.terminate()
        assert process.wait(START_SECONDS) == 0, (place.home / f"{name}.log").read_text()
    lines = (place.home / "web.log").read_text().splitlines()
    assert {"INFO"} == {json.loads(line)["level"] for line in lines}, "every line is JSON, gunicorn's own too"
    assert any(json.loads(line)["from"] == "gunicorn.error" for line in lines)


def test_the_units_come_up_and_end_in_order(place: Place) -> None:
    port, worker_port = next(place.ports), next(place.ports)
    folders = {"/var/lib/jieban": "lib", "/run/jieban-web": "run"}
    for folder in folders.values():
        (place.home / folder).mkdir()
    example = (ROOT / "deploy" / "jieban.env.example").read_text()
    lines = [line.partition("=") for line in example.splitlines() if line and not line.startswith("#")]
    environment = {name: value.replace("CHANGE-ME", "changed, and long enough") for name, _, value in lines}
    environment |= {"JIEBAN_DATABASE_URL": place.url, "JIEBAN_BIND": f"127.0.0.1:{port}"}

    def here(text: str) -> str:
        for inside, folder in folders.items():
            text = text.replace(inside, str(place.home / folder))
        text = text.replace("/opt/jieban/", "").replace(".venv/bin", str(BIN))
        return text.replace("%i", str(worker_port)).replace("%%", "%")

    def started(unit: str) -> subprocess.Popen[bytes]:
        text = (ROOT / "deploy" / "systemd" / unit).read_text()
        own = dict(re.findall(r"^Environment=(\w+)=(.*)$", text, re.M))
        (command,) = re.findall(r"^ExecStart=(.*)$", text, re.M)
        given = {name: here(value) for name, value in (environment | own).items()}
        return place.start(shlex.split(here(command)), given, f"{unit}.log")

    # Who comes first makes the tables: here the owner's role serves.
    web = started("jieban-web.service")
    assert place.answers(web, "jieban-web.service.log", port, "/readyz") == "ok\n"
    worker = started("jieban-worker@.service")
    assert "jieban_steps_total" in place.answers(worker, "jieban-worker@.service.log", worker_port, "/")
    (place.home / "lib" / "backups").mkdir()
    backup = started("jieban-backup.service")
    assert backup.wait(START_SECONDS) == 0, (place.home / "jieban-backup.service.log").read_text()
    assert len(list((place.home / "lib" / "backups").glob("jieban-*.backup"))) == 1
    for process in (web, worker):
        process.terminate()
        assert process.wait(START_SECONDS) == 0
