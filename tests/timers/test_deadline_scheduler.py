"""The scheduler with a real APScheduler and real, short times."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Lock, Thread

import apscheduler.schedulers.base
import pytest
from apscheduler.executors.base import BaseExecutor

import timers.scheduler
from timers.clock import Clock, system_clock
from timers.scheduler import DeadlineScheduler
from timers.sweep import Swept, sweep

PATIENCE = 20.0
"""Seconds, a third of the safety net's: what is found before was not found by the net."""


class Store:
    """Due instants, and when each was fired; what fires `again` saves a follow-up while the sweep runs."""

    def __init__(self, clock: Clock = system_clock) -> None:
        self.clock = clock
        self.lock = Lock()
        self.waiting: list[datetime] = []
        self.fired: dict[datetime, datetime] = {}
        self.sweeps = 0
        self.away = False

    def save(self, at: datetime) -> datetime:
        with self.lock:
            self.waiting.append(at)
        return at

    def in_(self, seconds: float) -> datetime:
        return self.save(self.clock.now() + timedelta(seconds=seconds))

    def next_due(self, swept_at: datetime) -> datetime | None:
        with self.lock:
            return min((at for at in self.waiting if at >= swept_at), default=None)

    def sweep(self, now: datetime) -> Swept:
        self.sweeps += 1
        if self.away:
            raise ConnectionError("the store is away")
        return sweep(now, self._due, self._fire, self._failed, limit=3)

    def _due(self, now: datetime, limit: int) -> list[datetime]:
        with self.lock:
            return sorted(at for at in self.waiting if at < now)[:limit]

    def _fire(self, key: datetime, now: datetime) -> None:
        with self.lock:
            self.waiting.remove(key)
            self.fired[key] = self.clock.now()

    def _failed(self, key: datetime, error: Exception, now: datetime) -> None:
        raise AssertionError(f"nothing fails here: {error}")

    def lateness(self, at: datetime) -> float:
        return (self.fired[at] - at).total_seconds()


@contextmanager
def running(store: Store, net_seconds: float = 60.0) -> Iterator[DeadlineScheduler]:
    scheduler = DeadlineScheduler(store.sweep, store.next_due, store.clock, net_seconds)
    scheduler.start()
    try:
        yield scheduler
    finally:
        scheduler.shutdown()


def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


def test_what_passed_while_nothing_ran_fires_at_once_and_the_next_on_its_due_time() -> None:
    store = Store()
    past = [store.in_(-seconds) for seconds in range(1, 9)]
    soon = store.in_(0.4)
    with running(store):
        assert until(lambda: len(store.fired) == 9)
    assert list(store.fired) == [*reversed(past), soon]
    assert 0 < store.lateness(soon) < PATIENCE


def test_a_nearer_deadline_that_is_saved_wakes_the_sweep() -> None:
    store = Store()
    store.in_(3600)
    with running(store) as scheduler:
        assert until(lambda: store.sweeps == 1)
        for seconds in (0.3, 0.1, 0.5):
            scheduler.wake(store.in_(seconds))
        assert until(lambda: len(store.fired) == 3)
    assert all(0 < store.lateness(at) < PATIENCE for at in store.fired)


def test_a_deadline_saved_while_a_sweep_runs_is_not_forgotten() -> None:
    store = Store()
    began, go_on = Event(), Event()

    def slow_next_due(swept_at: datetime) -> datetime | None:
        found = store.next_due(swept_at)
        began.set()
        go_on.wait(2)
        return found

    scheduler = DeadlineScheduler(store.sweep, slow_next_due, net_seconds=60)
    scheduler.start()
    try:
        assert began.wait(2)
        scheduler.wake(store.in_(0.05))  # committed after the store was asked for the next one
        go_on.set()
        assert until(lambda: len(store.fired) == 1)
    finally:
        scheduler.shutdown()


def test_what_falls_due_while_a_sweep_runs_is_swept_at_once() -> None:
    store = Store()
    meanwhile: list[datetime] = []

    def slow(now: datetime) -> Swept:
        swept = store.sweep(now)
        if not meanwhile:
            meanwhile.append(store.in_(0))
        return swept

    scheduler = DeadlineScheduler(slow, store.next_due, net_seconds=60)
    scheduler.start()
    try:
        assert until(lambda: list(store.fired) == meanwhile != [])
    finally:
        scheduler.shutdown()


def test_a_sweep_that_follows_at_once_is_not_skipped_while_the_last_one_still_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """APScheduler counts a job as ended some time after it has returned: on a busy machine, long after."""
    submit, counted = BaseExecutor.submit_job, BaseExecutor._run_job_success
    store = Store()
    soon = [store.in_(0.1 + 0.03 * n) for n in range(10)]
    submitted, ended = 0, 0

    def submitting(self: BaseExecutor, *of: object) -> None:
        nonlocal submitted
        submitted += 1
        submit(self, *of)

    def later(self: BaseExecutor, *of: object) -> None:
        nonlocal ended
        ended += 1
        # What has returned at once is counted by the loop, which then has no other to submit.
        if threading.current_thread().name != "APScheduler":
            until(lambda: submitted > ended or len(store.fired) == len(soon))
        counted(self, *of)

    monkeypatch.setattr(BaseExecutor, "submit_job", submitting)
    monkeypatch.setattr(BaseExecutor, "_run_job_success", later)
    with running(store):
        assert until(lambda: set(store.fired) == set(soon), seconds=10)


def test_what_nobody_announced_is_found_by_the_safety_net() -> None:
    store = Store()
    with running(store, net_seconds=0.2):
        assert until(lambda: store.sweeps >= 1)
        at = store.in_(0.05)
        assert until(lambda: at in store.fired)
    assert store.lateness(at) < PATIENCE


def test_the_safety_net_finds_it_also_while_a_later_deadline_waits() -> None:
    store = Store()
    later = store.in_(60)
    with running(store, net_seconds=0.2):
        assert until(lambda: store.sweeps > 0)
        unannounced = store.in_(0.01)
        assert until(lambda: unannounced in store.fired)
    assert later not in store.fired


def test_a_store_that_was_away_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    store = Store()
    store.away = True
    at = store.in_(-1)
    with running(store, net_seconds=0.1):
        assert until(lambda: store.sweeps >= 2)
        assert not store.fired
        store.away = False
        assert until(lambda: at in store.fired)
    assert "the sweep failed" in caplog.text


def test_what_cannot_be_fired_is_left_to_the_net_and_hides_nothing() -> None:
    """Neither fired nor put off: the disk is full. Asked for at once, it would come again without a pause."""
    store = Store()
    bad = store.in_(-1)
    sweeps = 0

    def fails(now: datetime) -> Swept:
        nonlocal sweeps
        sweeps += 1
        return Swept(0, 1)

    scheduler = DeadlineScheduler(fails, lambda _: bad, net_seconds=60)
    scheduler.start()
    try:
        assert until(lambda: sweeps == 1)
        time.sleep(0.3)
        assert sweeps == 1
        scheduler.wake(store.clock.now())
        assert until(lambda: sweeps == 2)
    finally:
        scheduler.shutdown()


def test_shutting_down_waits_for_the_sweep_and_does_not_hang() -> None:
    store = Store()
    began, go_on, others = Event(), Event(), set(threading.enumerate())

    def slow(now: datetime) -> Swept:
        began.set()
        go_on.wait(2)
        return store.sweep(now)

    scheduler = DeadlineScheduler(slow, store.next_due)
    scheduler.start()
    assert began.wait(2)
    store.in_(0.01)
    stopping = Thread(target=scheduler.shutdown)
    stopping.start()
    stopping.join(0.1)
    assert stopping.is_alive() and store.sweeps == 0
    go_on.set()
    stopping.join(2)
    assert store.sweeps == 1
    assert set(threading.enumerate()) <= others, "nothing is left that could sweep once more"


class SteppedClock:
    """The machine's clock, off by `by`."""

    def __init__(self) -> None:
        self.by = timedelta(0)

    def now(self) -> datetime:
        return system_clock.now() + self.by


@pytest.fixture
def stepped(monkeypatch: pytest.MonkeyPatch) -> SteppedClock:
    """Steps the machine's clock, also for APScheduler, which reads it by itself."""
    clock = SteppedClock()

    class Stepped(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return clock.now()

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Stepped)
    monkeypatch.setattr(timers.scheduler, "system_clock", clock)
    return clock


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(hours=-1)], ids=["forward", "back"])
def test_a_stepped_clock_loses_nothing(stepped: SteppedClock, step: timedelta) -> None:
    store = Store(stepped)
    with running(store, net_seconds=0.2) as scheduler:
        assert until(lambda: store.sweeps >= 2)
        stepped.by = step
        unannounced = store.in_(0.1)
        assert until(lambda: unannounced in store.fired)
        announced = store.in_(0.1)
        scheduler.wake(announced)
        assert until(lambda: announced in store.fired)
    assert store.lateness(unannounced) < PATIENCE
    assert store.lateness(announced) < PATIENCE


def test_an_idle_scheduler_does_not_spin() -> None:
    store = Store()
    store.in_(3600)
    with running(store):
        assert until(lambda: store.sweeps == 1)
        before = time.process_time()
        time.sleep(0.5)
        assert time.process_time() - before < 0.2
    assert store.sweeps == 1
