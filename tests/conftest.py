"""What tests of several rooms share: real databases that are thrown away, the shared folder.

PostgreSQL is a cluster of our own from Debian's binaries: nothing of the machine's databases is touched.
It listens on a Unix socket in its own folder only, with PostgreSQL's own durability settings, and is
stopped at the end.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.delivery.receiving import Gateway, gateway
from tests.small import Small

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30
database_numbers = count(1)


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The project's `../shared` folder; tests that read it are skipped where it is absent."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"{folder} 不存在 / is absent: this test reads the project's shared material")
    return folder


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL (SQLAlchemy with psycopg) of the maintenance database of a cluster started for this run."""
    binaries = postgres_binaries()
    run_as: dict[str, Any] = {}
    # Directly under /tmp: the path of a Unix socket may have 107 bytes at most.
    home = Path(tempfile.mkdtemp(prefix="jieban-pg-", dir="/tmp"))
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root; its own Debian user then runs it
        owner = pwd.getpwnam("postgres")
        run_as = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        os.chown(home, owner.pw_uid, owner.pw_gid)
    data = home / "data"
    try:
        initdb = [f"{binaries}/initdb", f"--pgdata={data}", "--username=jieban", "--auth=trust"]
        locale = ["--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run([*initdb, *locale], cwd="/", check=True, capture_output=True, **run_as)
        with (home / "log").open("wb") as log:
            command = [f"{binaries}/postgres", "-D", f"{data}", "-k", f"{home}", "-c", "listen_addresses="]
            server = subprocess.Popen(command, cwd="/", stdout=log, stderr=log, **run_as)
            try:
                wait_for_postgres(home, server)
                yield f"postgresql+psycopg://jieban@/postgres?host={home}"
            finally:
                server.send_signal(signal.SIGINT)  # "fast": open sessions are cut off
                server.wait(START_SECONDS)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def postgres_binaries() -> Path:
    """The newest PostgreSQL installed from Debian. Tests fail without one: `make test` installs it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.fail("没有 PostgreSQL / no PostgreSQL: scripts/setup-tests", pytrace=False)
    return found[-1].parent


def wait_for_postgres(home: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(host=str(home), user="jieban", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"PostgreSQL did not start:\n{(home / 'log').read_text()}", pytrace=False)
            time.sleep(0.05)


@pytest.fixture
def postgres_database_url(postgres_url: str) -> Iterator[str]:
    """URL of an empty PostgreSQL database of this test alone."""
    name = f"test_{next(database_numbers)}"
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as maintenance:
        maintenance.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield postgres_url.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as maintenance:
        # FORCE: a pool that a test left open must not fail the next test.
        maintenance.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def sqlite_database_url(tmp_path: Path) -> str:
    """URL of an SQLite file of this test alone, which does not exist yet."""
    return f"sqlite:///{tmp_path / 'jieban.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of an empty database of this test alone; the test runs once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(
        {"sqlite": "sqlite_database_url", "postgresql": "postgres_database_url"}[request.param]
    )
    return url


@pytest.fixture
def small(database_url: str) -> Iterator[Small]:
    """The small house, on each database; its one notice goes to the handlers of the lead unit."""
    one = Small(database_url)
    yield one
    one.close()


@pytest.fixture
def sms() -> Iterator[Gateway]:
    """A gateway that is told of notices."""
    with gateway() as got:
        yield got
