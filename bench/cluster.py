"""A PostgreSQL cluster of our own from Debian's binaries, thrown away at the end: for benchmarks and the soak.

It has PostgreSQL's own durability (`fsync` and `synchronous_commit` on) and listens on the loopback and on a socket in
its own folder. Every engine that is measured reaches it over TCP.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

START_SECONDS = 60
_numbers = count(1)


class NoPostgres(Exception):
    """Debian's PostgreSQL is not installed: `scripts/setup-tests` installs it."""


class Cluster:
    """`options`: settings of the server, name → value. `wal_mb`: size of a file of its log."""

    def __init__(self, *, wal_mb: int = 16, **options: str) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
        if not found:
            raise NoPostgres("没有 PostgreSQL / no PostgreSQL: scripts/setup-tests")
        self.binaries = found[-1].parent
        # Directly under /tmp: the path of a Unix socket may have 107 bytes at most.
        self.home = Path(tempfile.mkdtemp(prefix="jieban-pg-", dir="/tmp"))
        self._run_as: dict[str, Any] = {"cwd": "/"}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root; its own Debian user then runs it
            owner = pwd.getpwnam("postgres")
            self._run_as |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
            os.chown(self.home, owner.pw_uid, owner.pw_gid)
        self.port = _free_port()
        self._options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.home),
            **options,
        }
        initdb = [f"{self.binaries}/initdb", f"--pgdata={self.home / 'data'}", "--username=jieban", "--auth=trust"]
        initdb += ["--encoding=UTF8", "--locale=C.UTF-8", f"--wal-segsize={wal_mb}"]
        subprocess.run(initdb, check=True, capture_output=True, **self._run_as)
        self.wal_bytes = wal_mb * 1024 * 1024
        self.start()

    def start(self) -> None:
        settings = [part for name, value in self._options.items() for part in ("-c", f"{name}={value}")]
        with (self.home / "log").open("ab") as log:
            command = [f"{self.binaries}/postgres", "-D", f"{self.home / 'data'}", *settings]
            self.server = subprocess.Popen(command, stdout=log, stderr=log, **self._run_as)
        latest = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.address("postgres")).close()
                return
            except psycopg.OperationalError:
                if self.server.poll() is not None or time.monotonic() > latest:
                    raise
                time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT cuts off open sessions ("fast"), SIGQUIT leaves everything to recovery ("immediate")."""
        self.server.send_signal(how)
        self.server.wait(START_SECONDS)

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        self.stop(how)
        self.start()

    @contextmanager
    def no_room(self) -> Iterator[None]:
        """As on a full disk: nothing the server has may grow beyond the largest file there is."""
        sizes = [path.stat().st_size for path in (self.home / "data/base").rglob("*") if path.is_file()]
        self._limit_files(str(max([self.wal_bytes, *sizes])))
        try:
            yield
        finally:
            self._limit_files("unlimited")

    def _limit_files(self, most: str) -> None:
        """For the server and its sessions; a new one has the limit of the server."""
        children = Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children").read_text(encoding="ascii")
        for pid in (str(self.server.pid), *children.split()):
            # As the same user: who it is decides, and a session that has ended meanwhile needs none.
            command = ["prlimit", "--pid", pid, f"--fsize={most}:unlimited"]
            subprocess.run(command, check=False, capture_output=True, **self._run_as)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def address(self, database: str) -> str:
        return f"postgresql://jieban@127.0.0.1:{self.port}/{database}"

    def database(self, name: str = "", like: str = "template1") -> str:
        """URL of a new database: empty, or a copy of the one named, to which nobody may be connected."""
        name = name or f"bench_{next(_numbers)}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(like))
        with psycopg.connect(self.address("postgres"), autocommit=True) as maintenance:
            maintenance.execute(create)
        return self.address(name)


@contextmanager
def cluster(**options: str) -> Iterator[Cluster]:
    """A cluster for the length of a measurement."""
    started = Cluster(wal_mb=16, **options)
    try:
        yield started
    finally:
        started.remove()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
