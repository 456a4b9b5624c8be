"""How commands print: JSON for programs, one line per thing for people, and a bar for what takes long."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

import click

as_json = click.option("--json", "json_", is_flag=True, help="输出 JSON。 Print JSON.")


class Bar(Protocol):
    """What a long piece of work tells how far it is."""

    def update(self, n_steps: int) -> None: ...


def print_json(value: Any) -> None:
    """One JSON document on stdout. Instants in ISO 8601."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


@contextmanager
def bar(length: int, label: str) -> Iterator[Bar]:
    """A progress bar on stderr where somebody watches; silent in pipes and logs."""
    with click.progressbar(length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as shown:
        yield shown


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)
