"""One request through the main line in a real browser, each step by the person whose duty it is.

What is asserted is what that person reads: the state of the order, the clock with its words and its reason, the
story of what was done.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.desk import RESULT, Desk, dispatch, receive

TITLE = "桥下照明损坏多日"
UNIT = "housing_bureau"


@pytest.mark.slow
def test_each_duty_does_its_step_from_intake_to_the_archive(desk: Desk) -> None:
    receive_and_accept(desk)
    dispatch_and_handle(desk)
    review_and_call_back(desk)
    file_and_audit(desk)


def receive_and_accept(desk: Desk) -> None:
    receive(desk, TITLE)
    expect(desk.said).to_have_text(re.compile(r"已登记，编号 NC\d{8}-\d{4}"))
    expect(desk.status).to_have_text("已登记")
    # A choice shows its questions at once, and hides them again.
    desk.fill(decision="refuse")
    expect(desk.field("reason_told")).to_be_visible()
    desk.fill(decision="accept")
    expect(desk.field("reason_told")).to_have_count(0)
    desk.press("受理")
    expect(desk.page.get_by_text("此环节由上述人员办理")).to_be_visible()


def dispatch_and_handle(desk: Desk) -> None:
    dispatch(desk, TITLE, UNIT)
    expect(desk.status).to_have_text("已派单待签收")
    desk.sign_in(f"unit_clerk.{UNIT}")
    desk.page.get_by_role("link", name=re.compile("待签收")).click()
    desk.page.get_by_role("link", name=TITLE).click()
    expect(desk.clock).to_contain_text("签收时限")
    expect(desk.clock.locator(".lamp")).to_have_text(re.compile(r"^剩 \d+ 个工作日$|^今日 "))
    expect(desk.clock).to_contain_text(re.compile(r"应于 .*月\d+日（周.）17:30 前"))
    expect(desk.clock.locator("summary")).to_have_text(["为何是此时限", "如何计算"])
    expect(desk.clock.locator("details li").first).to_be_visible()
    desk.press("签收")
    expect(desk.status).to_have_text("办理中")
    desk.sign_in(f"unit_handler.{UNIT}")
    desk.find(TITLE)
    expect(desk.clock).to_contain_text("10 个工作日")
    desk.fill(**RESULT)
    desk.press("办理")
    expect(desk.status).to_have_text("办结待审核")


def review_and_call_back(desk: Desk) -> None:
    desk.sign_in("reviewer")
    desk.find(TITLE)
    expect(desk.form).to_contain_text(RESULT["result_text"])
    desk.fill(decision="close")
    desk.press("审核")
    expect(desk.status).to_have_text("待回访")
    desk.sign_in("callback_agent")
    desk.find(TITLE)
    desk.fill(mode="manual")
    desk.field("reached").check()
    desk.fill(solved="yes", satisfaction="satisfied")
    desk.press("回访")
    expect(desk.status).to_have_text("已结案")
    expect(desk.clock.locator(".lamp")).to_have_text("已结案")
    expect(desk.story).to_contain_text("满意")


def file_and_audit(desk: Desk) -> None:
    desk.sign_in("archivist")
    desk.find(TITLE)
    desk.press("归档")
    expect(desk.status).to_have_text("已归档")
    expect(desk.page.get_by_text("本工单没有待办环节。")).to_be_visible()
    desk.sign_in("auditor")
    desk.find(TITLE)
    desk.page.get_by_role("link", name="审计记录").click()
    rows = desk.page.locator("tbody tr")
    sequence = rows.locator("td:first-child").all_inner_texts()
    assert [int(text) for text in sequence] == list(range(1, len(sequence) + 1))
    for person in ("登记", "派单", "签收", "审核办结申请", "回访", "整理归档"):
        expect(desk.page.locator("table")).to_contain_text(person)
    desk.page.get_by_role("button", name="校验本工单").click()
    expect(desk.said).to_have_text(f"记录完整：{len(sequence)} 条记录的摘要逐条相符。")
