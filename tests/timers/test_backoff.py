"""What fails is tried again ever more rarely, never more rarely than once an hour."""

from __future__ import annotations

from datetime import timedelta

from timers.backoff import pause


def test_a_pause_doubles_up_to_an_hour() -> None:
    attempts = (1, 2, 3, 9, 10, 1_000_000)
    pauses = [pause(timedelta(seconds=10), n).total_seconds() for n in attempts]
    assert pauses == [10, 20, 40, 2560, 3600, 3600]
