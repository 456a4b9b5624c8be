"""Gunicorn as `jieban web` starts it: web processes with threads, behind a proxy that ends TLS. `JIEBAN_BIND` and
`WEB_CONCURRENCY` change the two numbers that differ between machines.

With `PROMETHEUS_MULTIPROC_DIR` set (a folder of these processes alone) `/metrics` adds all processes together.
"""

import os

from app.observing import together
from app.observing.logs import gunicorn_logging

bind = os.environ.get("JIEBAN_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY") or "4")
worker_class = "gthread"
threads = 8
timeout = 60
# SIGTERM: no new connections, requests that are in are answered.
graceful_timeout = 30
max_requests = 20_000
max_requests_jitter = 2_000
# Our own access log has no addresses as typed, and so no citizens' data.
accesslog = None
logconfig_dict = gunicorn_logging(os.environ.get("JIEBAN_LOG_LEVEL") or "WARNING")
limit_request_line = 4094
control_socket_disable = True


def child_exit(_server, worker):
    """A process that ended, or was replaced after `max_requests`, leaves its counts and no files."""
    if place := together.folder():
        together.retire(place, worker.pid)
