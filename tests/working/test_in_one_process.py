"""On SQLite one process does all the work: deadlines on one scheduler, notices, batches and anchors on another."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from prometheus_client.registry import REGISTRY

from app import calendar_import
from app.delivery.ways import Ways
from app.recurring import Duties
from app.settings import Settings
from app.working.one_process import Sweeping
from persistence import tables as t
from persistence.batches import Batches
from persistence.incidents import Incidents
from persistence.registers import incidents
from processes import verbs
from tests.app.browsing import Clock
from tests.delivery.receiving import Gateway
from tests.small import ADMIN, MONDAY, Small, at
from tests.working.houses import wait_until
from timers.notice import parse_notice

LATER = at("2026-12-01T09:00")
NOTICE = parse_notice("# year: 2030\ndate,kind,name\n2030-01-01,holiday,元旦\n", source="试验通知")


@pytest.fixture
def small(sqlite_database_url: str) -> Iterator[Small]:
    one = Small(sqlite_database_url)
    yield one
    one.close()


def test_a_notice_of_a_fired_deadline_goes_out_in_the_same_process(small: Small, sms: Gateway, tmp_path: Path) -> None:
    small.platform.people.set_ways("small", "webhook", "none")
    order_id = small.dispatched()
    clock = Clock(LATER)
    settings = Settings("", "", "", ways=Ways(webhook=sms.hook), anchors=tmp_path / "anchors.jsonl")
    sweeping = Sweeping(small.platform, settings, clock)
    assert sweeping.sweep(clock.now()).fired >= 1
    assert sweeping.run_errands(clock.now()).fired == 1
    assert [row["state"] for row in small.read.notices_of(order_id)] == ["sent"]
    assert len(sms.posted) == 1
    assert sweeping.next_errand(clock.now()) is None
    assert len((tmp_path / "anchors.jsonl").read_text().splitlines()) == 1


def test_a_batch_goes_slice_by_slice_and_what_fails_is_retried_apart(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.working.hands.SLICE", 2)
    orders = sorted(small.handling() for _ in range(5))
    clock = Clock(MONDAY + timedelta(hours=1))
    batch = calendar_import.begin(small.platform, NOTICE, ADMIN, "small", clock.now())
    assert batch is not None and batch.total == 5
    genuine, bad = verbs.recalculate, orders[2]

    def fails(door: object, actor: object, order_id: str, *rest: object) -> object:
        if order_id == bad:
            raise RuntimeError("what a citizen said")
        return genuine(door, actor, order_id, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(verbs, "recalculate", fails)
    sweeping, batches = Sweeping(small.platform, clock=clock), Batches(small.database)
    states = []
    while sweeping.run_errands(clock.now()).more:
        found = batches.get(batch.id)
        assert found is not None
        states.append((found.done, found.failed))
    assert states[:2] == [(2, 0), (4, 1)]
    ended = batches.get(batch.id)
    assert ended is not None and ended.ended_at is not None and (ended.done, ended.failed) == (5, 1)
    (row,) = incidents(small.read, "small")
    assert (row["order_id"], row["error"], row["name"]) == (bad, "RuntimeError", None)
    assert row["next_at"] == clock.now() + timedelta(seconds=2)
    monkeypatch.setattr(verbs, "recalculate", genuine)
    sweeping.run_errands(clock.now())
    assert len(incidents(small.read, "small")) == 1, "its time has not come"
    assert Incidents(small.database).retry_now(row["id"], "small", clock.now())
    assert not Incidents(small.database).retry_now(row["id"], "elsewhere", clock.now())
    sweeping.run_errands(clock.now())
    assert incidents(small.read, "small") == []
    version = small.platform.calendars.current("small").version
    assert small.platform.calendars.affected_orders("small", small.platform.calendars.current("small")) == []
    assert {small.deadline(one, "handle_overdue").calendar for one in orders} == {version}


def test_a_newer_calendar_ends_the_batch_of_the_older(small: Small) -> None:
    small.handling()
    first = calendar_import.begin(small.platform, NOTICE, ADMIN, "small", MONDAY)
    newer = parse_notice("# year: 2031\ndate,kind,name\n2031-01-01,holiday,元旦\n", source="又一通知")
    second = calendar_import.begin(small.platform, newer, ADMIN, "small", MONDAY)
    assert first is not None and second is not None
    sweeping, batches = Sweeping(small.platform, clock=Clock(MONDAY)), Batches(small.database)
    sweeping.run_errands(MONDAY)
    ended = [batches.get(one.id) for one in (first, second)]
    assert [(one.done, one.ended_at is not None) for one in ended if one] == [(0, True), (1, True)]


def test_a_duty_that_fails_stops_no_limit_and_hides_none(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = small.dispatched()

    def fails(*_: object) -> None:
        raise RuntimeError("what a citizen said")

    monkeypatch.setattr(Duties, "sweep", fails)
    monkeypatch.setattr(Duties, "next_due", lambda _: MONDAY)
    sweeping = Sweeping(small.platform, clock=Clock(LATER))
    due_at = small.deadline(order_id, "sign_for_overdue").due_at
    before = REGISTRY.get_sample_value("jieban_errors_total", {"where": "duties"}) or 0
    assert sweeping.sweep(due_at + timedelta(seconds=1)).fired == 1
    assert REGISTRY.get_sample_value("jieban_errors_total", {"where": "duties"}) == before + 1
    following = small.deadline(order_id, "extension_window").due_at
    assert sweeping.next_due(due_at + timedelta(seconds=1)) == following
    monkeypatch.setattr(Duties, "next_due", fails)
    assert sweeping.next_due(due_at + timedelta(seconds=1)) == following


def test_an_errand_that_fails_stops_no_other(small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small.handling()

    def fails(*_: object) -> None:
        raise RuntimeError("what a citizen said")

    for of, what in ((Incidents, "resolve_fired"), (Batches, "open"), (Incidents, "due_in_batches")):
        monkeypatch.setattr(of, what, fails)
    monkeypatch.setattr("app.delivery.deliver.Delivery.deliver_due", fails)
    anchors = tmp_path / "anchors.jsonl"
    Sweeping(small.platform, Settings("", "", "", anchors=anchors), Clock(LATER)).run_errands(LATER)
    assert len(anchors.read_text().splitlines()) == 1


def test_a_full_disk_makes_no_sweep_without_a_pause(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the limit nor its incident can be written."""
    small.dispatched()
    sweeps: list[datetime] = []

    def full(*_: object, **__: object) -> None:
        sweeps.append(LATER)
        raise sa.exc.OperationalError("INSERT", {}, Exception("database or disk is full"))

    monkeypatch.setattr(verbs, "fire_due", full)
    monkeypatch.setattr(Incidents, "failed", full)
    sweeping = Sweeping(small.platform, clock=Clock(LATER))
    sweeping.start()
    time.sleep(1)
    sweeping.shutdown()
    assert len(sweeps) == 2, "one order, tried once, and its incident"


def test_limits_fire_while_it_ends_and_waits_for_the_gateway(small: Small, sms: Gateway) -> None:
    sms.seconds = 3.0
    small.platform.people.set_ways("small", "webhook", "none")
    for order_id in [small.dispatched() for _ in range(4)]:
        small.wait(order_id, LATER)
    due_id = small.dispatched()
    sweeping = Sweeping(small.platform, Settings("", "", "", ways=Ways(webhook=sms.hook)))
    due_at = datetime.now(UTC) + timedelta(seconds=1)
    c = t.deadline.c
    with small.database.transaction() as work:
        work.connection.execute(t.deadline.update().where(c.order_id == due_id).values(due_at=due_at))
    small.forget()
    sweeping.start()
    wait_until(lambda: len(sms.posted) == 1)
    begun = time.monotonic()
    sweeping.shutdown()
    assert time.monotonic() - begun < 2 * sms.seconds, "one notice, not all of them"
    assert len(sms.posted) == 1
    (row,) = small.deadlines(due_id)["handle_overdue"]
    assert row["fired_at"] is not None and row["fired_at"] - due_at < timedelta(seconds=1.5)
