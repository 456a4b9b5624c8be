"""Taking a task, giving it back, and taking over from a colleague, on the page of the order and in the list of work."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.platform import Platform
from app.settings import DEMO_PASSWORD
from app.web.passwords import hash_password
from processes.people import Duty
from tests.app.browsing import OFFICE, PEOPLE, Browser

SignIn = Callable[[str], Browser]
Make = Callable[..., str]
TAKE, GIVE_BACK = "//form[contains(@action, '/claim')]", "//form[contains(@action, '/release')]"


@pytest.fixture(scope="session")
def colleague(platform: Platform) -> str:
    """Somebody with the duties of the clerk."""
    duties = [Duty(OFFICE, role, unit) for role, unit in PEOPLE["clerk"][1]]
    platform.people.add("colleague", "邻座", hash_password(DEMO_PASSWORD), duties, demo=True)
    return "colleague"


def test_what_is_taken_stays_with_whoever_took_it(dispatched: Make, signed_in: SignIn, colleague: str) -> None:
    number = dispatched()
    clerk, other = signed_in("clerk"), signed_in(colleague)
    clerk.get(f"/orders/{number}")
    page = clerk.submit({}, TAKE)
    assert page.words("//div[@role='status']") == ["已领取：签收。同事会看到由您办理。"]
    assert page.tree.xpath(GIVE_BACK) and not page.tree.xpath(TAKE)
    page = other.get(f"/orders/{number}")
    assert page.tree.xpath("//section[@id='act-form']") == []
    assert page.words("//ul[@class='units']//span[@class='tag']") == [f"{PEOPLE['clerk'][0]} 已领取"]
    assert clerk.submit({"signed_note": "转物业科"}).status == 200


def test_what_is_given_back_is_anybodys(dispatched: Make, signed_in: SignIn, colleague: str) -> None:
    number = dispatched()
    clerk, other = signed_in("clerk"), signed_in(colleague)
    clerk.get(f"/orders/{number}")
    clerk.submit({}, TAKE)
    page = clerk.submit({}, GIVE_BACK)
    assert page.words("//div[@role='status']") == ["已放回：签收。同岗位的同事都可以办理。"]
    other.get(f"/orders/{number}")
    assert other.submit({"signed_note": "我来"}).words("//div[@role='status']") == ["已完成：签收"]


def test_a_colleague_takes_over_and_says_why(dispatched: Make, signed_in: SignIn, colleague: str) -> None:
    number = dispatched()
    clerk, other = signed_in("clerk"), signed_in(colleague)
    clerk.get(f"/orders/{number}")
    opened = clerk.submit({}, TAKE)
    other.get(f"/orders/{number}")
    page = other.submit({"reason": "急"}, TAKE)
    assert page.status == 422
    assert page.filled(TAKE)["reason"] == ["急"], "what was typed stays"
    assert "两个汉字" in page.words("//p[@class='wrong']")[0]
    page = other.submit({"reason": "同事今日休假"}, TAKE)
    assert page.words("//section[@id='act-form']/div/h2") == ["签收"]
    told = page.words("//ol[@class='line']/li")[0]
    assert "接手：签收" in told and f"原由{PEOPLE['clerk'][0]}办理" in told and "同事今日休假" in told
    clerk.page = opened
    page = clerk.submit({"signed_note": "写了很久"})
    assert page.status == 409
    assert "写了很久" in page.text and "由同事领取" in page.text


def test_two_who_press_at_once_do_not_both_have_it(dispatched: Make, signed_in: SignIn, colleague: str) -> None:
    number = dispatched()
    clerk, other = signed_in("clerk"), signed_in(colleague)
    for browser in (clerk, other):
        browser.get(f"/orders/{number}")
    assert clerk.submit({}, TAKE).status == 200
    page = other.submit({}, TAKE)
    assert page.status == 409 and "由同事领取" in page.text


def test_the_list_of_work_says_who_has_it(dispatched: Make, signed_in: SignIn, colleague: str) -> None:
    number = dispatched(title="领取后仍在同事的待办里")
    clerk, other = signed_in("clerk"), signed_in(colleague)
    clerk.get(f"/orders/{number}")
    clerk.submit({}, TAKE)
    row = f"//tr[contains(., '{number}')]/td[contains(@class, 'c-step')]/div"
    assert clerk.get(f"/inbox?q={number}").words(row) == ["我已领取"]
    assert other.get(f"/inbox?q={number}").words(row) == [f"{PEOPLE['clerk'][0]} 已领取"]


def test_who_has_no_duty_is_offered_nothing(dispatched: Make, signed_in: SignIn) -> None:
    number = dispatched()
    clerk, agent, stranger = signed_in("clerk"), signed_in("agent"), signed_in("stranger")
    clerk.get(f"/orders/{number}")
    action = clerk.page.tree.xpath(TAKE)[0].get("action")
    assert agent.get(f"/orders/{number}").tree.xpath(TAKE) == []
    assert agent.post(action).status == 403
    assert agent.post(action.replace("claim", "release")).status == 409
    stranger.get("/inbox")
    assert stranger.post(action).status == 404


def test_a_task_of_another_order_is_not_taken(dispatched: Make, signed_in: SignIn) -> None:
    first, second = dispatched(), dispatched()
    clerk = signed_in("clerk")
    action = clerk.get(f"/orders/{first}").tree.xpath(TAKE)[0].get("action")
    assert clerk.post(action.replace(first, second)).status == 404
