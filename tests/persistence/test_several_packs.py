"""Two regulations in one office: each order belongs to one, each counts for itself, each sees its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.recurring import Duties
from persistence.recurrences import Recurrences
from persistence.sight import Sight
from processes import verbs
from processes.errors import SameNumbers
from processes.pack import Pack, pack_of, read_pack
from processes.people import Actor, Duty
from tests.deploying import put_in_force
from tests.small import ADMIN, FOLDER, LONG_AGO, MONDAY, Small, at

OFFICE = "small"
SEPTEMBER = at("2026-09-02T00:00")
AGENT = Actor("agent", "受理员", (Duty(OFFICE, "agent"),))
DUTY = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="urn:small">
  <bpmn:process id="monthly" name="月报" isExecutable="true">
    <bpmn:startEvent id="month_ends" name="每月"><bpmn:timerEventDefinition id="t">
      <bpmn:timeCycle>R/2023-01-01T00:00:00+08:00/P1M</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:startEvent>
    <bpmn:sequenceFlow id="a" sourceRef="month_ends" targetRef="reported"/>
    <bpmn:endEvent id="reported" name="已报"/>
  </bpmn:process>
</bpmn:definitions>"""


def pack(name: str, number: str, **more: str) -> Pack:
    """The small pack under another name and numbering."""
    files = dict(read_pack(FOLDER).files)
    settings = files["pack.toml"].decode().replace('name = "small"', f'name = "{name}"')
    files["pack.toml"] = settings.replace("S{date:%Y%m%d}-{seq:03d}", number).encode()
    files |= {path.replace("__", "."): text.encode() for path, text in more.items()}
    return pack_of(files)


@pytest.fixture
def small(database_url: str) -> Iterator[Small]:
    one = Small(database_url)
    put_in_force(one.platform, pack("other", "O{date:%Y%m%d}-{seq:03d}", monthly__bpmn=DUTY), SEPTEMBER, office=OFFICE)
    yield one
    one.close()


def receive(small: Small, name: str | None) -> str:
    values = {"request_type": "complaint", "title": "积水", "content": "车库积水"}
    return verbs.receive(small.door, AGENT, OFFICE, values, MONDAY, pack=name).order.number


def test_each_order_belongs_to_one_pack_and_each_pack_counts_for_itself(small: Small) -> None:
    given = [receive(small, name) for name in ("small", "other", None, "other", "small")]
    assert given == ["S20260928-001", "O20260928-001", "S20260928-002", "O20260928-002", "S20260928-003"]
    library = small.platform.library
    assert library.packs(OFFICE) == ["small", "other"]
    seen = {}
    for name in library.packs(OFFICE):
        sight = Sight(AGENT, OFFICE, True, tuple(library.deployments(OFFICE, name)))
        seen[name] = sorted(row["number"] for row in small.read.orders(sight))
        assert len(small.read.dues(sight)) == len(seen[name])
    assert seen == {"small": sorted(n for n in given if n[0] == "S"), "other": sorted(n for n in given if n[0] == "O")}
    assert len(small.read.orders(Sight(AGENT, OFFICE, True))) == 5


def test_figures_are_those_of_one_regulation(small: Small) -> None:
    for name in ("small", "other", "other"):
        receive(small, name)
    with small.database.transaction() as work:
        counted = {name: work.figures(OFFICE, name, LONG_AGO, at("2027-01-01T00:00")) for name in ("small", "other")}
    assert {name: found["received"] for name, found in counted.items()} == {"small": 1, "other": 2}


def test_a_revision_of_one_leaves_the_other_alone(small: Small) -> None:
    library = small.platform.library
    put_in_force(small.platform, pack("other", "O{date:%Y%m%d}-{seq:04d}"), at("2026-09-28T09:00"), office=OFFICE)
    assert library.numbers_in_force(OFFICE, MONDAY) == [1, 3]
    assert library.numbers_in_force(OFFICE, at("2026-09-28T08:59")) == [1, 2]
    assert receive(small, "other") == "O20260928-0001"


def test_two_packs_may_not_number_alike(small: Small) -> None:
    with pytest.raises(SameNumbers):
        put_in_force(small.platform, pack("third", "S{date:%Y%m%d}-{seq:03d}"), SEPTEMBER, office=OFFICE)
    assert small.platform.library.packs(OFFICE) == ["small", "other"]


def test_duties_come_round_for_each_pack(small: Small) -> None:
    put_in_force(
        small.platform, pack("third", "T{date:%Y%m%d}-{seq:03d}", monthly__bpmn=DUTY), SEPTEMBER, office=OFFICE
    )
    duties = Duties(small.platform)
    assert duties.sweep(MONDAY) == 0
    planned = Recurrences(small.database).all(OFFICE)
    assert [(one.pack, one.process) for one in planned] == [("other", "monthly"), ("third", "monthly")]
    assert duties.sweep(at("2026-10-01T00:00")) == 2
    rows = small.read.cases_of(OFFICE, "monthly")
    assert sorted(row["number"] for row in rows) == ["MONTHLY-20261001-01", "MONTHLY-20261001-02"]
    assert {small.platform.library.of(row["deployment"]).name for row in rows} == {"other", "third"}


def test_the_chain_of_the_office_keeps_every_deployment(small: Small) -> None:
    acts = [row["act"] for row in small.read.office_journal(OFFICE)]
    assert acts.count("deploy") == 2
    assert ADMIN.user in {row["actor"] for row in small.read.office_journal(OFFICE)}
