"""`jieban web`: the web processes of a PostgreSQL installation under gunicorn, behind a proxy that ends TLS.

Settings and database are looked at before gunicorn begins: what is wrong is then one sentence, and not the traceback
of every process.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from app.observing import together
from app.settings import ROOT, BadSetting
from app.wsgi import make

MOST_PROCESSES = 256


@click.command()
def web() -> None:
    """启动网页进程（gunicorn，PostgreSQL）。 The web processes; workers do the background work.

    JIEBAN_BIND、WEB_CONCURRENCY 指定地址和进程数。 They say where and how many.
    """
    _check_processes(os.environ.get("WEB_CONCURRENCY", ""))
    make()
    if place := together.folder():
        together.forget(place)
    gunicorn = Path(sys.executable).parent / "gunicorn"
    os.chdir(ROOT)
    os.execv(gunicorn, [str(gunicorn), "--config", "deploy/gunicorn.conf.py", "app.wsgi:make()"])


def _check_processes(given: str) -> None:
    if given and not (given.isascii() and given.isdigit() and 1 <= int(given) <= MOST_PROCESSES):
        raise BadSetting(
            "WEB_CONCURRENCY",
            f"应为 1 到 {MOST_PROCESSES} 的进程数。",
            f"should be a number of processes, 1 to {MOST_PROCESSES}.",
        )
