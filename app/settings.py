"""What differs from one installation to the next, read once from the environment.

| variable | meaning | default |
|---|---|---|
| `JIEBAN_DATABASE_URL` | SQLAlchemy URL of the store | `sqlite:///var/jieban.db` |
| `JIEBAN_SECRET_KEY` | key of the session cookies | made once, kept in `var/secret_key` |
| `JIEBAN_MASTER_KEY` | key that wraps the keys of personal values; losing it loses them | the secret key |
| `JIEBAN_HTTPS` | `1` when a proxy in front ends TLS: cookies then go over https only | off |
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

DEMO_PASSWORD = "jieban-demo"
"""The password of every demo user; shown on the sign-in page of a demo."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`demo` shows the demo sign-ins.

    `request_bytes` bounds a request, `upload_bytes` one with a pack, `attachment_bytes` a form with its files.
    """

    database_url: str
    secret_key: str
    master_key: str
    demo: bool = False
    https: bool = False
    request_bytes: int = 4 * 1024 * 1024
    upload_bytes: int = 21 * 1024 * 1024
    attachment_bytes: int = 25 * 1024 * 1024


def from_environment(environ: Mapping[str, str] = os.environ, *, demo: bool = False) -> Settings:
    """Settings of this process. Creates `var/` beside the code when a default needs it."""
    var = ROOT / "var"
    url = environ.get("JIEBAN_DATABASE_URL")
    key = environ.get("JIEBAN_SECRET_KEY")
    if not url or not key:
        var.mkdir(exist_ok=True)
    key = key or _kept_key(var / "secret_key")
    return Settings(
        database_url=url or f"sqlite:///{var / 'jieban.db'}",
        secret_key=key,
        master_key=environ.get("JIEBAN_MASTER_KEY") or key,
        demo=demo,
        https=environ.get("JIEBAN_HTTPS") == "1",
    )


def _kept_key(path: Path) -> str:
    """A key that survives restarts, readable by its owner only."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = secrets.token_hex(32)
        file.write(key)
    return key
