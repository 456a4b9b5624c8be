"""`jieban worker`: one of any number of processes that do the background work of a PostgreSQL installation."""

from __future__ import annotations

import signal
import threading

import click
from prometheus_client import start_http_server

from app.observing.logs import set_up_logging
from app.observing.metrics import STEPS
from app.opening import open_platform
from app.settings import from_environment
from app.working.worker import Worker
from processes.order import Order


@click.command()
@click.option(
    "--concurrency",
    default=4,
    show_default=True,
    type=click.IntRange(1, 32),
    help="时限与其他工作各自的并行数。 Jobs at once, of limits and of the rest each.",
)
@click.option("--metrics-port", type=click.IntRange(1, 65535), help="在 127.0.0.1 提供指标。 Metrics on 127.0.0.1.")
def worker(concurrency: int, metrics_port: int | None) -> None:
    """执行到期时限、发送通知、批量重算（PostgreSQL）。 Fire deadlines, deliver notices, work batches."""
    settings = from_environment()
    set_up_logging(settings.log_level)

    def saved(order: Order) -> None:
        STEPS.inc()
        working.saved(order)

    platform = open_platform(settings, saved=saved)
    working = Worker(platform, settings, concurrency=concurrency)
    if metrics_port is not None:
        start_http_server(metrics_port, addr="127.0.0.1")
    enough = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: enough.set())
    working.start()
    click.echo("接办 worker")
    enough.wait()
    working.shutdown()
    platform.database.engine.dispose()
