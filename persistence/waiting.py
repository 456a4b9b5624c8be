"""Rows that wait until a time to be tried again: notices, deadlines and duties that failed, orders of a batch."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from timers.backoff import LONGEST


def wait_is_over(until: sa.ColumnElement[Any], now: datetime) -> sa.ColumnElement[bool]:
    """Whether the wait is over. Nothing waits longer than `LONGEST`: a time further off was written under a clock that
    has been set back since.
    """
    return sa.or_(until <= now, until > now + LONGEST)
