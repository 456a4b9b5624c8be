"""A question to the database that may hang: asked on a thread of its own, waited for so long and no longer.

A frozen server takes a connection's question and never answers, whatever time limit the server was told. Only one is
under way: whoever asks meanwhile waits for the same answer, and after `seconds` nobody waits for it any more.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Generic, TypeVar

from timers.clock import elapsed

T = TypeVar("T")


class Bounded(Generic[T]):
    """`ask()` answers, or raises; `seconds`: how long after it was asked anybody waits."""

    def __init__(self, ask: Callable[[], T], seconds: float) -> None:
        self._ask, self._seconds = ask, seconds
        self._lock = Lock()
        self._answer: Future[T] | None = None
        self._until = 0.0

    def __call__(self) -> T:
        """The answer. Raises what `ask` raises, and `TimeoutError`."""
        with self._lock:
            if self._answer is None or self._answer.done():
                self._answer, self._until = Future(), elapsed() + self._seconds
                Thread(target=self._run, args=(self._answer,), name="question", daemon=True).start()
            answer = self._answer
        return answer.result(max(self._until - elapsed(), 0.0))

    def _run(self, answer: Future[T]) -> None:
        try:
            answer.set_result(self._ask())
        except Exception as error:
            answer.set_exception(error)
