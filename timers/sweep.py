"""The sweep: fires what is due, in order of due time, and lets no bad order stand in the way of the others.

It knows neither the store nor what firing means; it is handed three verbs. `due(now, limit)` returns the
keys of the orders with the earliest deadlines due strictly before `now`, at most `limit`, and leaves out those
whose retry is still to come. `fire(key, now)` claims an order and fires what is due on it in a transaction of
its own; it must do nothing when another sweep was first. `failed(key, error, now)` records the incident and when
to try again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

Key = TypeVar("Key")

log = logging.getLogger(__name__)


class Swept(NamedTuple):
    """How many orders were fired and failed. `more`: there may be more due already, the batch was full, and
    something of it is out of the way: the next one is another."""

    fired: int
    failed: int
    more: bool = False


def sweep(
    now: datetime,
    due: Callable[[datetime, int], Sequence[Key]],
    fire: Callable[[Key, datetime], None],
    failed: Callable[[Key, Exception, datetime], None],
    limit: int = 500,
) -> Swept:
    """Fire one batch of at most `limit` orders. What `due` raises passes through: then nothing can be
    done."""
    keys = due(now, limit)
    fired = put_off = 0
    for key in keys:
        try:
            fire(key, now)
            fired += 1
        except Exception as error:
            log.warning("order %s failed to fire: %s", key, type(error).__name__)
            put_off += _recorded(key, error, now, failed)
    return Swept(fired, len(keys) - fired, len(keys) >= limit and fired + put_off > 0)


def _recorded(key: Key, error: Exception, now: datetime, failed: Callable[[Key, Exception, datetime], None]) -> bool:
    # An incident that cannot be recorded is no reason to hold back the orders behind it; the deadline is
    # still due and comes again with the next sweep. The error's text may hold a citizen's data, so only its
    # type is logged.
    try:
        failed(key, error, now)
        return True
    except Exception as second:
        log.error("the incident of order %s could not be recorded: %s", key, type(second).__name__)
        return False
