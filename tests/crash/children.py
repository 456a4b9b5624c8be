"""What the crash tests start and kill: a process of the product, and the gateway that takes its notices."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.crash.faults import FAULT

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180


class Service:
    """One process of the product (`serve` or `worker`), started again after every death. `address`: where it serves, if
    it does.
    """

    def __init__(self, what: str, environment: dict[str, str], log: Path) -> None:
        self.what = what
        self._command = [
            sys.executable,
            "-m",
            "tests.crash.faults",
            what,
            *(("--port", "0") if what == "serve" else ()),
        ]
        self._environment, self._log = environment, log
        self.address = ""
        self.start()

    def start(self, fault: str = "") -> None:
        """Returns once it works. `fault`: where it will die by itself, which may be before that."""
        with self._log.open("ab") as log:
            environment = self._environment | {FAULT: fault}
            self.process = subprocess.Popen(
                self._command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        watchdog = threading.Timer(START_SECONDS, self.process.kill)
        watchdog.start()
        said = self.process.stdout.readline().split()
        watchdog.cancel()
        if said:
            self.address = said[-1]
        elif not fault:
            raise AssertionError(f"it did not start:\n{self._log.read_text(encoding='utf-8')[-2000:]}")

    @property
    def dead(self) -> bool:
        """Whether it has died by itself, where it was to."""
        ended = self.process.poll()
        assert ended in (None, -signal.SIGKILL), f"it ended with {ended}"
        return ended is not None

    def kill(self) -> None:
        """No signal handler runs, nothing is flushed."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


class Gateway(ThreadingHTTPServer):
    """Takes notices and remembers their keys."""

    daemon_threads = True

    def __init__(self) -> None:
        self.keys: list[str] = []
        gateway = self

        class Take(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                gateway.keys.append(self.headers["Idempotency-Key"])
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing to say."""

        super().__init__(("127.0.0.1", 0), Take)
        threading.Thread(target=self.serve_forever, daemon=True).start()
