"""SpiffWorkflow without its logging of every state change.

The library builds a dictionary of task data for a log record each time a task changes state, even when nobody listens,
and at log level NOTSET it would put data of citizens into log files. The journal is our log,
so the one method that does it is replaced by what it does for the workflow. Pinned to the locked version; the test
`test_quiet_keeps_what_the_library_does` fails if the library changes the method.
"""

from __future__ import annotations

import logging
from typing import Any

from SpiffWorkflow.task import Task


def _set_state(self: Any, value: int) -> None:
    self._state = value


def _no_extras(self: Any, dct: dict[str, Any] | None = None) -> dict[str, Any]:
    return dct or {}


def hush() -> None:
    """Silence the library's loggers and take the log record out of every state change."""
    for name in ("spiff", "spiff.task", "spiff.workflow", "spiff.data"):
        logging.getLogger(name).setLevel(logging.WARNING)
    Task._set_state = _set_state
    Task.collect_log_extras = _no_extras
