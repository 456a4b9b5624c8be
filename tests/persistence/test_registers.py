"""The registers of an office on both databases: ledger, archive, incidents, and who sees what of them."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from persistence import registers
from persistence import tables as t
from persistence.incidents import Incidents
from persistence.sight import Sight
from persistence.uploads import Upload, Uploads
from processes.people import Duty
from tests.small import DISPATCHER, HANDLER, MONDAY, STRANGER, Small

WHOLE = Sight(DISPATCHER, "small", whole_office=True)


def in_handling(small: Small) -> str:
    order = small.receive()
    small.do(order, "accept", decision="accept")
    small.do(order, "dispatch", lead_unit="housing")
    small.do(order, "sign_for")
    return order


def test_the_ledger_lists_instances_by_state(small: Small) -> None:
    order = in_handling(small)
    (main,) = registers.ledger(small.read, WHOLE, "main", MONDAY)
    assert (main["order_id"], main["ended_at"], bool(main["late"])) == (order, None, False)
    later = MONDAY + timedelta(days=90)
    counts = registers.count_ledger(small.read, WHOLE, "main", later)
    assert counts == {"open": 1, "overdue": 1}
    assert [bool(row["late"]) for row in registers.ledger(small.read, WHOLE, "main", later, state="overdue")] == [True]
    assert registers.ledger(small.read, WHOLE, "main", later, state="closed") == []
    assert registers.ledger(small.read, WHOLE, "extension", later) == []
    dues = registers.deadlines_of_instances(small.read, [main["id"]])
    assert dues and all(row["instance"] == main["id"] for row in dues)
    done = registers.finished_tasks_of_instances(small.read, [main["id"]])
    assert {row["element"] for row in done} == {"accept", "dispatch", "sign_for"}


def test_a_unit_sees_its_own_lines_only(small: Small) -> None:
    in_handling(small)
    theirs, others = (Sight(actor, "small", whole_office=False) for actor in (HANDLER, STRANGER))
    assert len(registers.ledger(small.read, theirs, "main", MONDAY)) == 1
    assert registers.ledger(small.read, others, "main", MONDAY) == []


def test_the_archive_is_searched_literally_and_knows_until_when(small: Small) -> None:
    order = in_handling(small)
    with small.database.engine.begin() as connection:
        values = {"archived_at": MONDAY, "archive_no": "A%1-A"}
        connection.execute(t.work_order.update().where(t.work_order.c.id == order).values(values))
    (row,) = registers.archive(small.read, WHOLE)
    due = max(one["due_at"] for one in small.read.deadlines_of(order) if not one["soft"] and not one["cancelled_at"])
    assert row["kept_until"] == due and not row["over"]
    assert len(registers.archive(small.read, WHOLE, text="A%1")) == 1
    for text in ("A_1", "AX1", "%", "1-A", '","x'):
        assert registers.archive(small.read, WHOLE, text=text) == []


def test_an_incident_is_retried_by_its_own_office_only(small: Small) -> None:
    order = in_handling(small)
    deadline = next(one["id"] for one in small.read.deadlines_of(order) if not one["cancelled_at"])
    incidents = Incidents(small.database)
    retry_at = incidents.failed(deadline, "没有匹配的规则", MONDAY)
    (row,) = registers.incidents(small.read, "small")
    assert (row["error"], row["attempts"], row["next_at"]) == ("没有匹配的规则", 1, retry_at)
    assert registers.count_incidents(small.read, "elsewhere") == 0
    assert not incidents.retry_now(row["id"], "elsewhere", MONDAY)
    assert incidents.retry_now(row["id"], "small", MONDAY)
    assert registers.incidents(small.read, "small")[0]["next_at"] == MONDAY


def test_the_last_upload_of_a_person_is_kept(small: Small) -> None:
    people, uploads = small.platform.people, Uploads(small.database)
    user = people.add("owner", "主管", "hash", [Duty("small", "process_owner")])
    for name in ("first.zip", "second.zip"):
        uploads.keep("small", user, Upload(name, name.encode(), {"fit": True}, MONDAY))
    assert uploads.find("small", user) == Upload("second.zip", b"second.zip", {"fit": True}, MONDAY)
    uploads.forget("small", user)
    assert uploads.find("small", user) is None


def test_duties_come_and_go_one_by_one(small: Small) -> None:
    people, first, second = small.platform.people, Duty("small", "agent"), Duty("small", "handler", "housing")
    user = people.add("someone", "某人", "hash", [first])
    assert people.add_duty(user, second) and not people.add_duty(user, second)
    assert not people.remove_duty(user, Duty("small", "handler"))
    assert people.remove_duty(user, first)
    assert people.duties(user) == (second,)


def test_a_unit_is_renamed_and_stays_so_after_a_deployment(small: Small) -> None:
    assert small.platform.library.rename_unit("small", "housing", "住建局（新）")
    assert not small.platform.library.rename_unit("small", "nowhere", "甲")

    def revised(files: dict[str, bytes]) -> None:
        files["notes.md"] = b"revised"

    small.deploy(change=revised)
    with small.database.reading() as connection:
        name = connection.execute(sa.select(t.unit.c.name).where(t.unit.c.id == "housing")).scalar()
    assert name == "住建局（新）"
