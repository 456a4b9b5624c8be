"""Acts of administration: what is changed and its entry in the office's journal are one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from app.web import context
from processes import verbs


@contextmanager
def recorded(act: str, changed: Mapping[str, Any]) -> Iterator[None]:
    """What the body changes, and the entry of it in this office's journal by this person: both, or neither."""
    platform = context.platform()
    with platform.database.transaction():
        yield
        verbs.record(platform.door, context.me(), context.office(), act, changed, context.now())
