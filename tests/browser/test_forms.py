"""Forms lose nothing: not at an error, not when another tab was faster, not without scripts. And who looks at a
petitioner's telephone number leaves a trace.
"""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, Response, expect

from app.platform import Platform
from tests.browser.desk import REQUEST, RESULT, Desk, dispatch, receive
from tests.browser.preparing import ACCEPT, days, prepared, to_unit


def waiting_for_handling(platform: Platform, title: str) -> None:
    """An order that the housing bureau has signed for."""
    prepared(
        platform,
        title,
        days(2),
        (days(2), "accept", ACCEPT),
        (days(2), "dispatch", to_unit("housing_bureau")),
        (days(1.9), "sign_for", {}),
    )


def sent(answer: Response) -> bool:
    """Of a form that was sent: while it is filled in, it is also drawn anew."""
    return answer.request.method == "POST" and answer.request.is_navigation_request()


def test_an_error_names_the_question_and_keeps_what_was_typed(desk: Desk) -> None:
    desk.sign_in("call_agent")
    desk.go("/intake")
    desk.fill(**REQUEST)
    desk.fill(phone="1380000", content="太短")
    with desk.page.expect_response(sent) as answer:
        desk.form.locator(".btn-primary").click()
    assert answer.value.status == 422
    alert = desk.form.get_by_role("alert")
    expect(alert).to_be_focused()
    for question in ("标题", "诉求内容", "联系方式"):
        expect(alert).to_contain_text(question)
    expect(desk.field("content")).to_have_value("太短")
    expect(desk.field("phone")).to_have_value("1380000")
    expect(desk.field("petitioner_name")).to_have_value(REQUEST["petitioner_name"])
    expect(desk.form.locator("[name=request_type]:checked")).to_have_value("complaint")
    alert.get_by_role("link", name="联系方式").click()
    expect(desk.field("phone")).to_be_focused()
    expect(desk.field("phone")).to_have_attribute("aria-invalid", "true")


def test_neither_files_nor_a_form_drawn_anew_carry_the_session(desk: Desk) -> None:
    """Their answers may come late: they would bring back a session that was ended or has gone on meanwhile."""
    desk.sign_in("call_agent")
    answers: list[Response] = []

    def note(answer: Response) -> None:
        answers.append(answer)

    desk.page.on("response", note)
    with desk.page.expect_response(lambda answer: answer.request.method == "POST"):
        desk.go("/intake")
        desk.fill(identity_mode="anonymous")
    expect(desk.field("petitioner_name")).to_have_count(0)
    assert {answer.request.method for answer in answers} == {"GET", "POST"}
    carrying = [answer.url for answer in answers if "set-cookie" in answer.all_headers()]
    assert carrying == []


def test_the_slower_of_two_tabs_is_told_and_keeps_its_text(desk: Desk, live_platform: Platform) -> None:
    title = "单元门禁失灵"
    waiting_for_handling(live_platform, title)
    desk.sign_in("unit_handler.housing_bureau")
    desk.find(title)
    slower = Desk(desk.page.context.new_page(), desk.address)
    slower.page.goto(desk.page.url)
    slower.fill(**{**RESULT, "measures": "另一页上写了很久的办理经过"})
    desk.fill(**RESULT)
    desk.press("办理")
    with slower.page.expect_response(sent) as answer:
        slower.form.locator(".btn-primary").click()
    assert answer.value.status == 409
    expect(slower.heading).to_have_text("情况已有变化")
    expect(slower.page.locator("main")).to_contain_text("另一页上写了很久的办理经过")
    expect(slower.page.locator("main")).to_contain_text("办理措施")
    slower.go("/inbox?tab=done")
    slower.find(title)
    expect(slower.story).to_contain_text(RESULT["measures"])
    expect(slower.story).not_to_contain_text("另一页上写了很久的办理经过")


@pytest.mark.slow
def test_a_request_is_taken_accepted_and_dispatched_without_scripts(without_scripts: Page, live_server: str) -> None:
    desk, title = Desk(without_scripts, live_server), "绿化带积存垃圾"
    receive(desk, title)
    # Without scripts a button shows the questions that a choice brings up.
    desk.fill(decision="refuse")
    desk.form.locator("[name=_refresh]").click()
    expect(desk.field("reason_told")).to_be_visible()
    desk.fill(decision="accept")
    desk.press("受理")
    dispatch(desk, title, "urban_management")
    expect(desk.status).to_have_text("已派单待签收")


def test_a_telephone_number_is_shown_for_a_reason_and_journalled(desk: Desk, live_platform: Platform) -> None:
    title, reason = "消防栓漏水", "需要约定上门时间"
    waiting_for_handling(live_platform, title)
    desk.sign_in("unit_handler.housing_bureau")
    desk.find(title)
    letter = desk.page.locator(".col-request")
    expect(letter).to_contain_text("138****1234")
    expect(letter).to_contain_text("周**")
    assert REQUEST["phone"] not in desk.page.content()
    letter.get_by_text("查看联系信息").click()
    letter.get_by_label("查看原因").fill(reason)
    letter.get_by_role("button", name="查看").click()
    expect(letter).to_contain_text(REQUEST["phone"])
    expect(letter).to_contain_text(REQUEST["petitioner_name"])
    expect(desk.story).to_contain_text(reason)
    desk.find(title)
    expect(letter).to_contain_text("138****1234")
    desk.sign_in("auditor")
    desk.find(title)
    desk.page.get_by_role("link", name="审计记录").click()
    row = desk.page.locator("tbody tr", has_text=reason)
    expect(row).to_contain_text("查看个人信息")


def test_english_by_a_switch_and_back(desk: Desk, live_platform: Platform) -> None:
    title = "公交站台无遮雨棚"
    prepared(live_platform, title, timedelta(hours=1), (timedelta(0), "accept", ACCEPT))
    desk.sign_in("dispatcher")
    desk.find(title)
    desk.page.locator("details.menu > summary").last.click()
    desk.page.get_by_role("button", name="English").click()
    expect(desk.page.locator("html")).to_have_attribute("lang", "en")
    expect(desk.heading).to_have_text(title)
    expect(desk.clock).to_contain_text("How")
    expect(desk.page.get_by_role("navigation", name="Main menu").first).to_contain_text("Calendar")
    desk.fill(basis="")
    desk.form.locator(".btn-primary").click()
    expect(desk.form.get_by_role("alert")).to_contain_text("This field is required")
    desk.page.locator("details.menu > summary").last.click()
    desk.page.get_by_role("button", name="中文").click()
    expect(desk.page.locator("html")).to_have_attribute("lang", "zh-CN")
