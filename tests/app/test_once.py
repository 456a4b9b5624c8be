"""A form that is sent twice acts once, and its word leads nobody else to what it made."""

import io
from collections import Counter
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from app.platform import Platform
from app.web.once import WORD
from persistence import tables as t
from processes import verbs
from processes.door import Result
from processes.errors import AlreadySent
from tests.app.browsing import REQUEST, Browser
from tests.persistence.test_concurrency import at_once
from tests.small import AGENT, HANDLER, MONDAY, Small

Enter = Callable[[str], Browser]
RETURN = {"ground": "not_our_duty", "reason": "该地块由街道管理", "basis": "权责清单 5-1"}
MANY = 4


def press_twice(browser: Browser, values: dict[str, Any]) -> list[str]:
    """Send the form on the page twice, as a double click does; where each answer leads."""
    values = {**browser.page.filled(), **values}
    (action,) = browser.page.tree.xpath("//form[@data-keep]/@action")
    answers = [browser.client.post(action.partition("#")[0], data=values) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    return [str(answer.headers["Location"]) for answer in answers]


def count(platform: Platform, table: sa.Table) -> int:
    return len(platform.read.rows(sa.select(table.c.id)))


def test_intake_sent_twice_makes_one_order(signed_in: Enter, platform: Platform) -> None:
    agent, before = signed_in("agent"), count(platform, t.work_order)
    agent.get("/intake")
    first, second = press_twice(agent, REQUEST)
    assert first == second and count(platform, t.work_order) == before + 1
    assert "没有重复办理" in agent.get(second).text


def test_a_form_to_be_corrected_is_sent_with_the_same_word(signed_in: Enter, platform: Platform) -> None:
    agent, before = signed_in("agent"), count(platform, t.work_order)
    agent.get("/intake")
    word = agent.page.filled()[WORD]
    assert agent.submit({**REQUEST, "title": ""}).status == 422
    assert agent.page.filled()[WORD] == word
    assert len(set(press_twice(agent, REQUEST))) == 1 and count(platform, t.work_order) == before + 1
    agent.get("/intake")
    assert agent.page.filled()[WORD] != word


def test_the_word_of_another_makes_an_order_of_ones_own(signed_in: Enter, new_login: str) -> None:
    agent, other = signed_in("agent"), signed_in(new_login)
    agent.get("/intake")
    word = agent.page.filled()[WORD]
    first, _ = press_twice(agent, REQUEST)
    other.get("/intake")
    second, _ = press_twice(other, {**REQUEST, WORD: word})
    assert first != second


def test_a_case_of_the_office_is_opened_once(signed_in: Enter, platform: Platform) -> None:
    agent, before = signed_in("agent"), count(platform, t.work_order)
    agent.get("/cases/new/confidentiality")
    first, second = press_twice(agent, {"post": "受理员", "promised": "true"})
    assert first == second and count(platform, t.work_order) == before + 1


def test_an_application_sent_twice_is_one(dispatched: Callable[..., str], signed_in: Enter, platform: Platform) -> None:
    number = dispatched()
    clerk = signed_in("clerk")
    clerk.get(f"/orders/{number}/acts/request_return")
    before = count(platform, t.instance)
    # The second press must not complain of files that the order has by now.
    kept = clerk.submit({**RETURN, "reason": "", "evidence": [(io.BytesIO(b"%PDF"), "a.pdf")]}).filled()
    press_twice(clerk, {**RETURN, "kept-evidence": kept["kept-evidence"]})
    assert count(platform, t.instance) == before + 1
    assert "没有重复办理" in clerk.get(f"/orders/{number}").text


def test_what_is_sent_at_once_is_made_once(database_url: str) -> None:
    small = Small(database_url)
    said = {"request_type": "complaint", "title": "积水", "received_at": MONDAY.isoformat()}
    word = "0" * 32
    received = at_once(MANY, lambda _: verbs.receive(small.door, AGENT, "small", said, MONDAY, order_id=word))
    assert Counter(map(type, received)) == {Result: 1, AlreadySent: MANY - 1}
    assert {one.order_id for one in received if isinstance(one, AlreadySent)} == {word}
    order_id, again = small.handling(), "1" * 32
    ask = {"days": 1, "reason": "x"}
    sent = at_once(
        MANY, lambda _: verbs.send(small.door, HANDLER, order_id, "request_extension", ask, MONDAY, instance_id=again)
    )
    assert Counter(map(type, sent)) == {Result: 1, AlreadySent: MANY - 1}
    small.close()
