"""Several web processes under gunicorn with the configuration of `deploy/`, on PostgreSQL: killed, stopped, watched."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.small import SECRET, Small
from tests.working.houses import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
JIEBAN = Path(sys.executable).parent / "jieban"


class Web:
    def __init__(self, url: str, folder: Path, **more: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.counted = folder / "counted"
        self.counted.mkdir()
        self.log = folder / "log"
        environment = (
            os.environ
            | {
                "JIEBAN_DATABASE_URL": url,
                "JIEBAN_SECRET_KEY": SECRET,
                "JIEBAN_MASTER_KEY": SECRET,
                "JIEBAN_BIND": f"127.0.0.1:{self.port}",
                "WEB_CONCURRENCY": "2",
                "PROMETHEUS_MULTIPROC_DIR": str(self.counted),
                "JIEBAN_LOG_LEVEL": "INFO",
            }
            | more
        )
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([JIEBAN, "web"], env=environment, stdout=log, stderr=log)

    def ask(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.ask("/readyz")[0] == 200
        except OSError:
            return False

    def children(self) -> list[int]:
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]


@pytest.fixture
def web(postgres_database_url: str, tmp_path: Path) -> Iterator[Web]:
    Small(postgres_database_url).close()
    started = Web(postgres_database_url, tmp_path)
    wait_until(started.is_ready)
    yield started
    started.process.kill()
    started.process.wait()


@pytest.mark.postgresql
@pytest.mark.slow
@pytest.mark.crash
def test_web_processes_may_die_and_end_in_order(web: Web) -> None:
    assert web.ask("/sign-in")[0] == 200
    before = web.children()
    assert len(before) >= 2
    shutil.copy(next(web.counted.glob("counter_*.db")), web.counted / f"counter_{before[-1]}.db")
    os.kill(before[-1], signal.SIGKILL)
    wait_until(lambda: web.is_ready() and len(web.children()) >= 2 and before[-1] not in web.children())
    status, metrics = web.ask("/metrics")
    assert status == 200
    assert "jieban_workers 0.0" in metrics
    assert not any(web.counted.glob(f"*_{before[-1]}.db")), "its counts are with the retired"
    web.process.terminate()
    begun = time.monotonic()
    assert web.process.wait(40) == 0
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({}, "jieban serve"),
        ({"WEB_CONCURRENCY": "abc"}, "WEB_CONCURRENCY"),
        ({"JIEBAN_LOG_LEVEL": "LOUD"}, "JIEBAN_LOG_LEVEL"),
        ({"PROMETHEUS_MULTIPROC_DIR": "/nowhere/at/all"}, "/nowhere/at/all"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, more: dict[str, str], named: str) -> None:
    web = Web(f"sqlite:///{tmp_path / 'jieban.db'}", tmp_path, **more)
    assert web.process.wait(60) == 2
    *before, line = web.log.read_text().splitlines()
    assert all('"INFO"' in one for one in before), "at most what the migrations of a new file say"
    assert named in line and " / " in line


def test_the_compose_file_says_what_the_programs_understand() -> None:
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
    assert set(services) == {"postgres", "prepare", "web", "worker"}
    source = (ROOT / "app" / "settings.py").read_text()
    for name in ("prepare", "web", "worker"):
        for variable in services[name]["environment"]:
            said = f'"{variable.removesuffix("_FILE")}"' in source
            assert said or not variable.startswith("JIEBAN_"), variable


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for unit in (ROOT / "deploy" / "systemd").iterdir():
        here = unit.read_text().replace("/opt/jieban/.venv/bin", str(JIEBAN.parent))
        (tmp_path / unit.name).write_text(here)
    for unit in sorted(tmp_path.iterdir()):
        said = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
        # It may complain of the machine's own units too.
        assert not [line for line in (said.stdout + said.stderr).splitlines() if "jieban" in line]
