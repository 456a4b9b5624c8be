"""The sweep, over a small table of deadlines: order, bad orders, retries, batches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from timers.sweep import Swept, sweep

NOW = datetime(2026, 10, 16, 9, 30, 1, tzinfo=UTC)


class Deadlines:
    """Due instants by name; what is bad raises until its retry."""

    def __init__(self, due: dict[str, datetime], bad: Sequence[str] = ()) -> None:
        self.waiting = dict(due)
        self.bad = set(bad)
        self.fired: list[str] = []
        self.incidents: list[tuple[str, str]] = []

    def due(self, now: datetime, limit: int) -> list[str]:
        keys = [key for key, at in self.waiting.items() if at < now]
        return sorted(keys, key=lambda key: self.waiting[key])[:limit]

    def fire(self, key: str, now: datetime) -> None:
        if key in self.bad:
            raise RuntimeError(f"{key} cannot fire")
        del self.waiting[key]
        self.fired.append(key)

    def failed(self, key: str, error: Exception, now: datetime) -> None:
        self.incidents.append((key, str(error)))
        self.waiting[key] = now + timedelta(minutes=1)

    def sweep(self, limit: int = 500) -> Swept:
        return sweep(NOW, self.due, self.fire, self.failed, limit)


def minutes_ago(n: float) -> datetime:
    return NOW - timedelta(minutes=n)


def test_deadlines_fire_in_order_of_due_time() -> None:
    deadlines = Deadlines({"b": minutes_ago(5), "a": minutes_ago(9), "later": minutes_ago(-5)})
    assert deadlines.sweep() == Swept(2, 0)
    assert deadlines.fired == ["a", "b"]
    assert deadlines.sweep() == Swept(0, 0)


def test_one_bad_order_never_blocks_the_rest() -> None:
    deadlines = Deadlines({key: minutes_ago(9) for key in "abcd"}, bad=["a", "c"])
    assert deadlines.sweep() == Swept(2, 2)
    assert deadlines.fired == ["b", "d"]
    assert deadlines.incidents == [("a", "a cannot fire"), ("c", "c cannot fire")]
    assert deadlines.sweep() == Swept(0, 0)


def test_a_full_batch_says_that_there_may_be_more() -> None:
    deadlines = Deadlines({key: minutes_ago(9) for key in "abcde"})
    assert [deadlines.sweep(limit=2) for _ in range(3)] == [Swept(2, 0, True), Swept(2, 0, True), Swept(1, 0)]
    assert deadlines.fired == list("abcde")


def test_a_batch_full_of_bad_orders_gives_way_to_the_next() -> None:
    deadlines = Deadlines({"a": minutes_ago(9), "b": minutes_ago(8), "c": minutes_ago(1)}, bad=["a", "b"])
    assert deadlines.sweep(limit=2) == Swept(0, 2, True)
    assert deadlines.sweep(limit=2) == Swept(1, 0)


def test_an_incident_that_cannot_be_recorded_does_not_stop_the_sweep(
    caplog: pytest.LogCaptureFixture,
) -> None:
    deadlines = Deadlines({"a": minutes_ago(9), "b": minutes_ago(8)}, bad=["a"])

    def failed(key: str, error: Exception, now: datetime) -> None:
        raise OSError("the citizen's telephone number")

    assert sweep(NOW, deadlines.due, deadlines.fire, failed) == Swept(1, 1)
    assert deadlines.fired == ["b"]
    assert "telephone" not in caplog.text and "cannot fire" not in caplog.text
    assert "OSError" in caplog.text and "RuntimeError" in caplog.text


def test_a_full_batch_of_which_nothing_is_out_of_the_way_does_not_ask_for_another() -> None:
    """It would be the same one, again and again without a pause."""
    deadlines = Deadlines({"a": minutes_ago(9), "b": minutes_ago(8)}, bad=["a"])

    def failed(key: str, error: Exception, now: datetime) -> None:
        raise OSError("the disk is full")

    assert sweep(NOW, deadlines.due, deadlines.fire, failed, limit=1) == Swept(0, 1)


def test_a_store_that_is_away_is_the_callers_affair() -> None:
    def away(now: datetime, limit: int) -> list[str]:
        raise ConnectionError

    deadlines = Deadlines({})
    with pytest.raises(ConnectionError):
        sweep(NOW, away, deadlines.fire, deadlines.failed)
