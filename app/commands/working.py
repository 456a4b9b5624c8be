"""`jieban worker`: one of any number of processes that do the background work of a PostgreSQL installation."""

from __future__ import annotations

import signal
import threading
from datetime import datetime

import click
from prometheus_client import start_http_server

from app.commands.failing import BadInput
from app.observing.logs import set_up_logging
from app.observing.metrics import STEPS
from app.opening import check_anchors, open_platform
from app.settings import from_environment
from app.working.worker import Worker


@click.command()
@click.option(
    "--concurrency",
    default=4,
    show_default=True,
    type=click.IntRange(1, 32),
    help="时限与其他工作各自的并行数。 Jobs at once, of limits and of the rest each.",
)
@click.option("--metrics-port", type=click.IntRange(1, 65535), help="提供指标的端口。 Port of this worker's metrics.")
@click.option("--metrics-address", default="127.0.0.1", show_default=True, help="及其地址。 And their address.")
def worker(concurrency: int, metrics_port: int | None, metrics_address: str) -> None:
    """执行到期时限、发送通知、批量重算（PostgreSQL）。 Fire deadlines, deliver notices, work batches."""
    settings = from_environment()
    set_up_logging(settings.log_level)
    check_anchors(settings.anchors)

    def saved(next_due: datetime | None) -> None:
        STEPS.inc()
        working.saved(next_due)

    platform = open_platform(settings, saved=saved)
    working = Worker(platform, settings, concurrency=concurrency)
    if metrics_port is not None:
        _show_metrics(metrics_address, metrics_port)
    enough = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: enough.set())
    working.start()
    click.echo("接办 worker")
    enough.wait()
    working.shutdown()
    platform.database.engine.dispose()


def _show_metrics(address: str, port: int) -> None:
    """What this process counts, over HTTP, to whoever reaches the address: numbers only."""
    try:
        start_http_server(port, addr=address)
    except OSError as error:
        why = error.strerror
        raise BadInput(f"无法监听 {address}:{port}：{why}", f"Cannot listen on {address}:{port}: {why}") from error
