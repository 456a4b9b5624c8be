"""Duties that come round: each occurrence once, at its own instant, whatever is revised, fails or was down."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest

from app.platform import Platform
from app.recurring import Duties
from app.working.one_process import Sweeping
from persistence.incidents import FIRST_RETRY, Incidents
from persistence.recurrences import Recurrences
from persistence.registers import count_incidents, incidents
from tests.app.browsing import Clock
from tests.deploying import put_in_force
from tests.persistence.test_several_packs import DUTY, pack
from tests.small import ADMIN, LONG_AGO, MONDAY, SECRET, Small, at

SEPTEMBER = at("2026-09-02T00:00")
OCTOBER = at("2026-10-01T00:00")
SECONDS = timedelta(seconds=3)
TASK = """<bpmn:userTask id="write" name="写月报" camunda:candidateGroups="agent"><bpmn:extensionElements>
  <camunda:properties><camunda:property name="unit" value="declared(&quot;x&quot;, null, title, now)"/>
  </camunda:properties></bpmn:extensionElements></bpmn:userTask>
  <bpmn:sequenceFlow id="b" sourceRef="write" targetRef="reported"/>"""
BAD = (
    DUTY.replace('targetRef="reported"', 'targetRef="write"')
    .replace("<bpmn:endEvent", TASK + "<bpmn:endEvent")
    .replace("xmlns:bpmn=", 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:bpmn=')
)
"""The unit of its task cannot be told: a title is no instant."""


def deploy(small: Small, since: datetime, every: str = "P1M", duty: str = DUTY) -> None:
    """The pack `third` with a duty on this period, counted from 1 January 2023 at 00:00, in force from `since`."""
    more = {"monthly__bpmn": duty.replace("P1M", every)} if every else {}
    put_in_force(small.platform, pack("third", "T{date:%Y%m%d}-{seq:03d}", **more), since, office="small")


def opened(small: Small) -> list[str]:
    """The days whose occurrence was opened, in order; each at its own instant."""
    rows = small.read.cases_of("small", "monthly")
    return sorted(row["received_at"].astimezone(MONDAY.tzinfo).isoformat()[:16] for row in rows)


def test_a_duty_due_the_moment_its_regulation_comes_into_force_is_opened(small: Small) -> None:
    deploy(small, OCTOBER)
    duties = Duties(small.platform)
    assert duties.sweep(OCTOBER - SECONDS) == 0
    assert duties.sweep(OCTOBER + SECONDS) == 1
    assert Duties(small.platform).sweep(OCTOBER + SECONDS) == 0, "a restart opens nothing again"
    assert opened(small) == ["2026-10-01T00:00"]


@pytest.mark.parametrize("every", ["P3M", "P1D", "P1M", "P1Y"])
def test_what_is_due_when_the_interval_is_revised_is_opened_once(small: Small, every: str) -> None:
    """The old text: each month. The last month under it is reported when the new one takes over, whatever that says."""
    deploy(small, SEPTEMBER)
    duties = Duties(small.platform)
    duties.sweep(MONDAY)
    deploy(small, OCTOBER, every)
    assert duties.sweep(OCTOBER + SECONDS) == 1
    assert opened(small) == ["2026-10-01T00:00"]
    following = {"P3M": "2027-01-01", "P1D": "2026-10-02", "P1M": "2026-11-01", "P1Y": "2027-01-01"}[every]
    (row,) = Recurrences(small.database).all("small")
    assert (row.due_at, row.interval[-3:]) == (at(f"{following}T00:00"), every)


def test_an_outage_over_several_revisions_loses_no_occurrence(small: Small) -> None:
    """Down from 28 September to 12 October: every week, from 1 October every day, from the 3rd not at all, from the
    10th every day again."""
    deploy(small, at("2026-09-01T00:00"), "P7D")
    Duties(small.platform).sweep(at("2026-09-24T12:00"))
    before = opened(small)
    deploy(small, OCTOBER, "P1D")
    deploy(small, at("2026-10-03T00:00"), "")
    deploy(small, at("2026-10-10T12:00"), "P1D")
    duties = Duties(small.platform)
    duties.sweep(at("2026-10-12T12:00"))
    assert before == ["2026-09-06T00:00", "2026-09-13T00:00", "2026-09-20T00:00"]
    days = ["2026-09-27", "2026-10-01", "2026-10-02", "2026-10-11", "2026-10-12"]
    assert opened(small) == before + [f"{day}T00:00" for day in days]


def test_a_duty_begins_with_its_deployment_not_with_an_older_date(small: Small) -> None:
    third = pack("third", "T{date:%Y%m%d}-{seq:03d}", monthly__bpmn=DUTY)
    library = small.platform.library
    library.deploy(third, effective_from=LONG_AGO, actor=ADMIN, note="", now=MONDAY, office="small")
    assert Duties(small.platform).sweep(OCTOBER) == 1


def test_two_workers_plan_and_open_the_same_duty_once(postgres_database_url: str) -> None:
    small = Small(postgres_database_url)
    deploy(small, SEPTEMBER)
    other = Platform(postgres_database_url, SECRET)
    both = threading.Barrier(2)
    counted: list[object] = []

    def work(platform: Platform) -> None:
        duties = Duties(platform)
        genuine = duties._recurrences.plan

        def together(*words: object) -> None:
            if words[0].pack == "third":  # type: ignore[attr-defined]
                both.wait()
            genuine(*words)  # type: ignore[arg-type]

        duties._recurrences.plan = together  # type: ignore[method-assign, assignment]
        try:
            counted.append(duties.sweep(MONDAY))
        except Exception as error:
            counted.append(error)

    threads = [threading.Thread(target=work, args=(one,)) for one in (small.platform, other)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    other.database.engine.dispose()
    assert sorted(map(str, counted)) == ["0", "0"]
    assert [row.process for row in Recurrences(small.database).all("small")] == ["monthly"]
    small.close()


def test_a_duty_that_cannot_open_is_an_incident_and_stops_nothing(small: Small) -> None:
    deploy(small, SEPTEMBER, duty=BAD)
    order = small.dispatched()
    clock = Clock(MONDAY)
    sweeping = Sweeping(small.platform, clock=clock)
    sweeping.sweep(MONDAY)
    late = at("2026-11-05T09:00")
    sweeping.sweep(late)
    assert all(small.deadlines(order)[one][0]["fired_at"] for one in ("sign_for_overdue", "handle_overdue"))
    (row,) = incidents(small.read, "small")
    assert (row["office"], row["pack"], row["process"], row["due_at"]) == ("small", "third", "monthly", OCTOBER)
    assert "write" in row["error"] and "declared" in row["error"] and count_incidents(small.read, "small") == 1
    assert row["next_at"] == late + FIRST_RETRY
    sweeping.sweep(late + FIRST_RETRY)
    (row,) = incidents(small.read, "small")
    assert (row["attempts"], row["next_at"]) == (2, late + 3 * FIRST_RETRY)
    assert incidents(small.read, "elsewhere") == []
    assert not Incidents(small.database).retry_now(row["id"], "elsewhere", late)
    # The regulation is put right for the time of the occurrence.
    right, since = pack("third", "T{date:%Y%m%d}-{seq:03d}", monthly__bpmn=DUTY), SEPTEMBER + timedelta(days=1)
    library = small.platform.library
    library.deploy(right, effective_from=since, actor=ADMIN, note="", now=late, office="small")
    now = late + 2 * FIRST_RETRY
    assert Duties(small.platform).sweep(now) == 0
    assert Incidents(small.database).retry_now(row["id"], "small", now)
    assert Duties(small.platform).sweep(now) == 2
    assert opened(small) == ["2026-10-01T00:00", "2026-11-01T00:00"]
    assert incidents(small.read, "small") == []


def test_a_regulation_that_cannot_be_planned_holds_back_no_other(
    small: Small, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    deploy(small, SEPTEMBER)
    put_in_force(
        small.platform, pack("fourth", "F{date:%Y%m%d}-{seq:03d}", monthly__bpmn=DUTY), SEPTEMBER, office="small"
    )
    genuine, bad = Duties.plan, {"third"}

    def plan(self: Duties, begin: object, after: datetime) -> None:
        if begin.pack in bad:  # type: ignore[attr-defined]
            raise RuntimeError
        genuine(self, begin, after)  # type: ignore[arg-type]

    monkeypatch.setattr(Duties, "plan", plan)
    duties = Duties(small.platform)
    duties.sweep(SEPTEMBER)
    assert [row.pack for row in Recurrences(small.database).all("small")] == ["fourth"]
    assert "cannot be planned" in caplog.text
    bad.clear()
    duties.sweep(SEPTEMBER)
    assert [row.pack for row in Recurrences(small.database).all("small")] == ["fourth", "third"]
