"""Who may do what: what one may not see is not found, what is not one's duty is refused, what is done is done."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from persistence import tables as t
from persistence.sight import Sight
from processes import verbs
from processes.answers import Answers
from processes.errors import (
    AlreadyHandled,
    Confidential,
    NoDeployment,
    NoReason,
    NotFound,
    NotNow,
    NotYourDuty,
    TakenByAnother,
)
from processes.people import SYSTEM, Actor, Duty
from tests.small import AGENT, DISPATCHER, HANDLER, MONDAY, REVIEWER, STRANGER, Small, at, person

SECOND = person("handler", "housing", "second")


def test_another_units_order_is_not_found(small: Small) -> None:
    order_id = small.dispatched()
    task = small.task(order_id, "sign_for")
    acts: list[Callable[[], object]] = [
        lambda: verbs.complete(small.door, STRANGER, task.id, {}, MONDAY),
        lambda: verbs.claim(small.door, STRANGER, task.id, MONDAY),
        lambda: verbs.send(small.door, STRANGER, order_id, "give_back", {}, MONDAY),
        lambda: verbs.reveal(small.door, STRANGER, order_id, ["phone"], "好奇", MONDAY),
    ]
    for act in acts:
        with pytest.raises(NotFound) as error:
            act()
        assert error.value.status == 404


def test_a_task_that_does_not_exist_gives_the_same_answer(small: Small) -> None:
    with pytest.raises(NotFound):
        verbs.complete(small.door, AGENT, "0" * 32, {}, MONDAY)
    with pytest.raises(NotFound):
        verbs.complete(small.door, AGENT, "' or 1=1 --", {}, MONDAY)


def test_a_seen_task_of_another_role_is_forbidden(small: Small) -> None:
    order_id = small.dispatched()
    with pytest.raises(NotYourDuty) as error:
        small.do(order_id, "sign_for", actor=DISPATCHER)
    assert error.value.status == 403
    assert small.open(order_id) == ["sign_for"]


def test_the_right_role_in_another_unit_is_not_enough(small: Small) -> None:
    order_id = small.dispatched()
    both = Actor("both", "both", (Duty("small", "agent"), Duty("small", "handler", "water")))
    with pytest.raises(NotYourDuty):
        small.do(order_id, "sign_for", actor=both)


def test_a_duty_in_another_office_counts_for_nothing(small: Small) -> None:
    elsewhere = Actor("elsewhere", "x", (Duty("other", "dispatcher"), Duty("other", "handler", "housing")))
    order_id = small.receive()
    small.do(order_id, "accept", decision="accept")
    with pytest.raises(NotFound):
        small.do(order_id, "dispatch", actor=elsewhere, lead_unit="housing")


def test_a_finished_task_is_already_handled(small: Small) -> None:
    order_id = small.dispatched()
    task = small.task(order_id, "sign_for")
    small.do(order_id, "sign_for")
    for _ in range(2):
        with pytest.raises(AlreadyHandled) as error:
            verbs.complete(small.door, HANDLER, task.id, {}, MONDAY)
        assert error.value.status == 409
    assert small.acts(order_id).count(("complete", "sign_for")) == 1


def test_a_cancelled_task_is_already_handled(small: Small) -> None:
    order_id = small.handling()
    task = small.task(order_id, "handle")
    small.give_back(order_id)
    assert small.open(order_id) == ["dispatch"]
    with pytest.raises(AlreadyHandled):
        verbs.complete(small.door, HANDLER, task.id, {"result_text": "办了"}, MONDAY)
    assert [row["outcome"] for row in small.read.tasks_of(order_id) if row["element"] == "handle"] == ["cancelled"]


def test_a_claimed_task_is_anothers_until_it_is_released(small: Small) -> None:
    order_id = small.dispatched()
    task = small.task(order_id, "sign_for").id
    verbs.claim(small.door, HANDLER, task, MONDAY)
    with pytest.raises(TakenByAnother):
        verbs.claim(small.door, SECOND, task, MONDAY)
    with pytest.raises(AlreadyHandled):
        verbs.release(small.door, SECOND, task, MONDAY)
    with pytest.raises(TakenByAnother):
        verbs.complete(small.door, SECOND, task, {}, MONDAY)
    verbs.release(small.door, HANDLER, task, MONDAY)
    verbs.claim(small.door, SECOND, task, MONDAY)
    small.forget()
    assert small.order(order_id).tasks[task].assignee == "second"
    verbs.complete(small.door, SECOND, task, {}, MONDAY)
    assert small.open(order_id) == ["handle"]


def test_a_task_claimed_twice_is_claimed_once(small: Small) -> None:
    order_id = small.dispatched()
    task = small.task(order_id, "sign_for").id
    for _ in range(2):
        verbs.claim(small.door, HANDLER, task, MONDAY)
    assert small.acts(order_id).count(("claim", "sign_for")) == 1


@pytest.mark.parametrize("why", ["", "…", "急"])
def test_nobody_takes_over_without_a_reason(small: Small, why: str) -> None:
    order_id = small.dispatched()
    task = small.task(order_id, "sign_for").id
    verbs.claim(small.door, HANDLER, task, MONDAY)
    with pytest.raises(NoReason):
        verbs.claim(small.door, SECOND, task, MONDAY, why=why)
    assert small.task(order_id, "sign_for").assignee == HANDLER.user


def test_a_colleague_takes_over_for_a_reason_that_the_journal_keeps(small: Small) -> None:
    order_id = small.dispatched()
    task = small.task(order_id, "sign_for").id
    verbs.claim(small.door, HANDLER, task, MONDAY)
    verbs.claim(small.door, SECOND, task, MONDAY, why="张三今日休假")
    entry = small.read.journal_of(order_id)[-1]
    assert (entry["act"], entry["actor"], entry["why"]) == ("claim", "second", "张三今日休假")
    assert json.loads(entry["changed"])["from"] == HANDLER.user
    with pytest.raises(TakenByAnother):
        verbs.complete(small.door, HANDLER, task, {}, MONDAY)
    verbs.complete(small.door, SECOND, task, {}, MONDAY)
    assert small.open(order_id) == ["handle"]


def test_nobody_takes_over_what_is_not_their_duty(small: Small) -> None:
    order_id = small.dispatched()
    task = small.task(order_id, "sign_for").id
    verbs.claim(small.door, HANDLER, task, MONDAY)
    for actor, refused in ((DISPATCHER, NotYourDuty), (STRANGER, NotFound)):
        with pytest.raises(refused):
            verbs.claim(small.door, actor, task, MONDAY, why="想替他办理")


def test_a_claimed_task_stays_in_the_list_of_colleagues(small: Small) -> None:
    """A limit goes on whoever has taken the work: nobody's absence may hide it."""
    task = small.task(small.dispatched(), "sign_for").id
    verbs.claim(small.door, HANDLER, task, MONDAY)
    for actor in (HANDLER, SECOND):
        found = small.read.open_tasks(Sight(actor, "small", whole_office=False))
        assert {row["id"]: row["assignee"] for row in found}[task] == HANDLER.user


def test_what_a_diagram_assigns_to_one_person_alone_stays_there(small: Small) -> None:
    order_id = small.dispatched()
    task = small.task(order_id, "sign_for").id
    small.forget()
    with small.database.engine.begin() as connection:
        alone = {"roles": [], "role": None, "assignee": HANDLER.user}
        connection.execute(t.task.update().where(t.task.c.id == task).values(alone))
    with pytest.raises(NotNow):
        verbs.release(small.door, HANDLER, task, MONDAY)
    with pytest.raises(NotYourDuty):
        verbs.claim(small.door, SECOND, task, MONDAY, why="同事今日休假")
    verbs.complete(small.door, HANDLER, task, {}, MONDAY)
    assert small.open(order_id) == ["handle"]


def test_who_may_not_review_may_not_take_the_review(small: Small) -> None:
    everything = Actor("wang", "wang", (Duty("small", "handler", "housing"), Duty("small", "reviewer")))
    order_id = small.handling()
    small.do(order_id, "handle", actor=everything, result_text="办了")
    task = small.task(order_id, "review").id
    verbs.claim(small.door, REVIEWER, task, MONDAY)
    with pytest.raises(NotYourDuty):
        verbs.claim(small.door, everything, task, MONDAY, why="同事不在岗")


def test_who_did_the_work_does_not_review_it(small: Small) -> None:
    everything = Actor("wang", "wang", (Duty("small", "handler", "housing"), Duty("small", "reviewer")))
    order_id = small.handling()
    small.do(order_id, "handle", actor=everything, result_text="办了")
    for forget in (False, True):
        if forget:
            small.forget()
        with pytest.raises(NotYourDuty, match="somebody else must review"):
            small.do(order_id, "review", actor=everything, decision="close")
    small.do(order_id, "review", decision="rework")
    small.do(order_id, "rework")
    with pytest.raises(NotYourDuty):
        small.do(order_id, "review", actor=everything, decision="close")


def test_who_applied_does_not_decide(small: Small) -> None:
    both = Actor("li", "li", (Duty("small", "handler", "housing"), Duty("small", "reviewer")))
    order_id = small.handling()
    small.apply(order_id, MONDAY, actor=both)
    with pytest.raises(NotYourDuty):
        small.do(order_id, "decide_extension", actor=both, decision="consent")
    small.do(order_id, "decide_extension", decision="consent")


def test_only_who_may_start_the_main_line_takes_in_requests(small: Small) -> None:
    for nobody in (HANDLER, REVIEWER, Actor("guest", "guest")):
        with pytest.raises(NotYourDuty):
            small.receive(actor=nobody)
    assert small.receive(actor=SYSTEM)


def test_no_regulation_in_force_takes_no_request(small: Small) -> None:
    with pytest.raises(NoDeployment):
        small.receive(received_at="2019-12-31T10:00:00+08:00")


def test_an_application_is_for_the_unit_that_works(small: Small) -> None:
    order_id = small.handling()
    with pytest.raises(NotYourDuty):
        verbs.send(small.door, REVIEWER, order_id, "request_extension", {"days": 1, "reason": "x"}, MONDAY)
    fresh = small.receive()
    with pytest.raises(NotNow):
        verbs.send(small.door, AGENT, fresh, "request_extension", {"days": 1, "reason": "x"}, MONDAY)


def test_a_message_that_starts_nothing_is_not_found(small: Small) -> None:
    order_id = small.handling()
    for message in ("order_returned", "no_such_thing"):
        with pytest.raises(NotFound):
            verbs.send(small.door, HANDLER, order_id, message, {}, MONDAY)


def test_what_is_offered_is_what_is_allowed(small: Small) -> None:
    def offered(order_id: str, actor: Actor) -> list[str]:
        order = small.order(order_id)
        calendar = small.platform.calendars.current("small")
        answers = Answers(order, small.regulation, calendar, small.read, actor, at("2026-09-28T11:00"))
        return verbs.may_send(answers, actor)

    working, fresh = small.handling(), small.receive()
    assert offered(working, HANDLER) == ["request_extension", "give_back"]
    assert offered(working, REVIEWER) == [] and offered(fresh, HANDLER) == []
    small.do(working, "handle", result_text="办了")
    assert offered(working, HANDLER) == ["give_back"], "no limit runs any more"


def test_dispatch_lets_the_unit_see_the_order(small: Small) -> None:
    order_id = small.receive()
    small.do(order_id, "accept", decision="accept")
    with pytest.raises(NotFound):
        verbs.reveal(small.door, HANDLER, order_id, ["phone"], "回访", MONDAY)
    small.do(order_id, "dispatch", lead_unit="housing")
    verbs.reveal(small.door, HANDLER, order_id, ["phone"], "回访", MONDAY)
    row = small.read.journal_of(order_id)[-1]
    assert (row["act"], row["why"]) == ("reveal", "回访") and '"phone"' in row["changed"]


def test_a_regulation_that_names_nobody_keeps_secrets_from_units(small: Small) -> None:
    said = {"title": "积水", "request_type": "complaint", "identity_mode": "confidential"}
    order_id = verbs.receive(small.door, AGENT, "small", said, MONDAY).order.id
    small.do(order_id, "accept", decision="accept")
    small.do(order_id, "dispatch", lead_unit="housing")
    with pytest.raises(Confidential):
        verbs.reveal(small.door, HANDLER, order_id, ["phone"], "回访", MONDAY)
    verbs.reveal(small.door, REVIEWER, order_id, ["phone"], "回访", MONDAY)


def test_an_answer_that_is_emptied_when_the_form_comes_again_is_gone() -> None:
    def noted(files: dict[str, bytes]) -> None:
        form = files["review.form"].decode()
        note = '{"type": "textfield", "key": "note", "label": "备注"},'
        files["review.form"] = form.replace('"components": [', f'"components": [{note}', 1).encode()

    small = Small(change=noted)
    order_id = small.handling()
    small.do(order_id, "handle", result_text="办了", now=at("2026-09-28T11:00"))
    small.do(order_id, "review", decision="rework", note="缺依据", now=at("2026-09-28T11:01"))
    assert small.order(order_id).facts["note"] == "缺依据"
    small.do(order_id, "rework", now=at("2026-09-28T11:02"))
    small.do(order_id, "review", decision="rework", now=at("2026-09-28T11:03"))
    assert small.order(order_id).facts["note"] is None
    last = [row for row in small.read.journal_of(order_id) if row["element"] == "review"][-1]
    assert '"note":null' in str(last["changed"]).replace(" ", "")
    small.close()
