"""The server: waitress with the web app, and all background work in the same process, on either database.

With PostgreSQL further web processes (`app.wsgi` under gunicorn) and workers (`jieban worker`) may run beside it.

On SIGTERM or SIGINT it takes no new connections, finishes the requests and the sweep it is in, and ends.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import datetime
from types import FrameType
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server

from app.factory import create_app
from app.observing.metrics import STEPS
from app.opening import open_platform
from app.settings import Settings
from app.working.worker import background
from timers.clock import elapsed

THREADS = 8
GRACE_SECONDS = 10.0


def serve(settings: Settings, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until a signal ends it. `ready(address)` is called once connections are taken.

    Raises `OSError` if the address cannot be bound, and what `open_platform` raises.
    """

    def saved(next_due: datetime | None) -> None:
        STEPS.inc()
        working.saved(next_due)

    platform = open_platform(settings, saved=saved)
    working = background(platform, settings)
    sockets: dict[int, Any] = {}
    server = listen(create_app(settings, platform), settings, host, port, sockets)
    stopping: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    working.start()
    shown = f"[{host}]" if ":" in host else host
    ready(f"http://{shown}:{_port(sockets)}")
    try:
        while not stopping:
            wasyncore.loop(timeout=0.5, map=sockets, count=1)
        _finish(sockets)
    finally:
        server.task_dispatcher.shutdown()
        working.shutdown()


def listen(app: Flask, settings: Settings, host: str, port: int, sockets: dict[int, Any]) -> Any:
    """Waitress, taking connections for the app once `sockets` are looped over. Raises `OSError`."""
    return create_server(
        app,
        map=sockets,
        host=host,
        port=port,
        threads=THREADS,
        max_request_body_size=max(settings.request_bytes, settings.upload_bytes, settings.attachment_bytes),
        # Nothing is built from what a proxy says, but `/metrics` must see that one has passed the question on.
        clear_untrusted_proxy_headers=False,
        ident=None,
    )


def _finish(sockets: dict[int, Any]) -> None:
    """Let the requests that are in get their answers, for at most `GRACE_SECONDS`."""
    for listener in _listeners(sockets):
        listener.accepting = False
    latest = elapsed() + GRACE_SECONDS
    while elapsed() < latest and any(
        isinstance(one, HTTPChannel) and (one.requests or one.total_outbufs_len) for one in list(sockets.values())
    ):
        wasyncore.loop(timeout=0.1, map=sockets, count=1)


def _listeners(sockets: dict[int, Any]) -> list[BaseWSGIServer]:
    return [one for one in sockets.values() if isinstance(one, BaseWSGIServer)]


def _port(sockets: dict[int, Any]) -> int:
    """The port that was bound: the system chooses one for port 0."""
    address: tuple[Any, ...] = _listeners(sockets)[0].getsockname()
    return int(address[1])
