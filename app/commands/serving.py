"""`jieban serve`: the web app and all background work in one process, until a signal ends it."""

from __future__ import annotations

import click

from app.commands.failing import BadInput
from app.observing.logs import set_up_logging
from app.opening import check_anchors
from app.server import serve as serve_until_stopped
from app.settings import from_environment


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--demo", is_flag=True, help="登录页列出演示账号。 Show the demo accounts on the sign-in page.")
def serve(host: str, port: int, demo: bool) -> None:
    """启动服务，时限、通知都在同一进程。 Serve the web app; deadlines and notices in the same process."""
    settings = from_environment(demo=demo)
    set_up_logging(settings.log_level)
    check_anchors(settings.anchors)
    try:
        serve_until_stopped(settings, host, port, lambda address: click.echo(f"接办 {address}"))
    except OSError as error:
        if error.filename:
            raise  # a file, not the address
        raise BadInput(f"无法监听 {host}:{port}：{error}", f"Cannot listen on {host}:{port}: {error}") from error
