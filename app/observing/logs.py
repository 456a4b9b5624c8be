"""Structured logs: one JSON object per line on stderr, and nothing that a citizen said in it.

Messages are ours and hold ids only. An exception is logged as its type and the places it came through, never with its
text: the text of an error in a form, a rule or a statement may quote a value.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from app.observing.metrics import ERRORS
from processes.errors import Refusal

OURS = ("method", "route", "status", "milliseconds", "number")
"""Fields that our own records may carry."""
ROOT = Path(__file__).resolve().parent.parent.parent
FRAMEWORKS = ("procrastinate", "apscheduler", "waitress", "gunicorn", "werkzeug", "sqlalchemy", "psycopg")
MOST_PLACES = 30
COUNTED = {"timers.scheduler": "sweep", "app.working.worker": "worker", "app.anchoring": "anchor"}
"""Where a line of the level ERROR is all that is known of a fault: logger → place in `jieban_errors_total`."""


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "from": record.name,
            "says": message_of(record),
            **{name: getattr(record, name) for name in OURS if hasattr(record, name)},
        }
        if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
            said["error"] = chain_of(record.exc_info[1])
        return json.dumps(said, ensure_ascii=False, default=str)


class Counting(logging.Handler):
    """Counts the errors of those who have no other way to tell (`COUNTED`)."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        if place := COUNTED.get(record.name):
            ERRORS.labels(place).inc()


def message_of(record: logging.LogRecord) -> str:
    """The record's words. Of a library's record an exception among the arguments leaves its type only."""
    args: Any = record.args
    if isinstance(args, tuple):
        args = tuple(type(one).__name__ if isinstance(one, BaseException) else one for one in args)
    if record.name.partition(".")[0] in FRAMEWORKS and record.exc_info:
        # A library may have put the error's text into its words already.
        return str(record.msg).partition(":")[0][:200] if not record.args else str(record.msg)
    try:
        return str(record.msg) % args if args else str(record.msg)
    except (TypeError, ValueError):
        return str(record.msg)


def chain_of(error: BaseException) -> list[dict[str, Any]]:
    """The error and what caused it: type, and the places it came through, the innermost last."""
    found: list[dict[str, Any]] = []
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        entry: dict[str, Any] = {"type": type(one).__name__, "places": places_of(one.__traceback__)}
        if isinstance(one, Refusal):
            entry["code"] = one.code
        found.append(entry)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return found


def places_of(trace: TracebackType | None) -> list[str]:
    places = traceback.extract_tb(trace)[-MOST_PLACES:]
    return [f"{_short(place.filename)}:{place.lineno} {place.name}" for place in places]


def set_up_logging(level: str) -> None:
    """Everything from this level on goes to stderr, one JSON object per line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler, Counting()]
    root.setLevel(level)
    # A line for each sweep, every few seconds, would say nothing.
    logging.getLogger("apscheduler").setLevel(max(logging.WARNING, root.level))


def gunicorn_logging(level: str) -> dict[str, Any]:
    """Gunicorn's own lines, as its `logconfig_dict`: the same JSON as ours."""
    said_by_ours = {"level": level, "handlers": [], "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"level": level, "handlers": ["lines"]},
        "loggers": {"gunicorn.error": said_by_ours, "gunicorn.access": said_by_ours},
    }


def _short(filename: str) -> str:
    path = Path(filename)
    if "site-packages" in path.parts:
        return "/".join(path.parts[path.parts.index("site-packages") + 1 :])
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
