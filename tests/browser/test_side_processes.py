"""What may happen beside the main line, each act by the person whose duty it is: giving back, more time, urgent
requests, a limit that passes, a review one level up.
"""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from app.platform import Platform
from app.settings import DEMO_PASSWORD
from app.web.passwords import hash_password
from processes.people import Duty
from tests.browser.desk import Desk, dispatch, receive, sign_for
from tests.browser.preparing import ACCEPT, OFFICE, days, handled_twice_in_vain, prepared, to_unit

REASONS = {
    "days": "5",
    "legal_basis": "《房屋质量检测规定》第八条",
    "reason": "需要委托第三方检测并等待报告",
    "note": "已完成首次勘查",
}


@pytest.mark.slow
def test_a_unit_gives_an_order_back_and_another_one_gets_it(desk: Desk, live_platform: Platform) -> None:
    title = "河道护栏缺失"
    prepared(live_platform, title, timedelta(minutes=20), (timedelta(0), "accept", ACCEPT))
    dispatch(desk, title, "housing_bureau")
    desk.sign_in("unit_clerk.housing_bureau")
    desk.find(title)
    desk.act("退回")
    desk.fill(ground="not_our_duty", reason="该河段由区级管理", basis="河道管理职责分工")
    desk.fill(suggested_unit="donghu_district")
    desk.press("退回")
    expect(desk.status).to_have_text("退回审核中")
    desk.sign_in("supervisor")
    desk.find(title)
    expect(desk.form).to_contain_text("该河段由区级管理")
    desk.fill(decision="approve")
    expect(desk.field("new_lead")).to_have_value("donghu_district")
    desk.press("审核退回")
    desk.sign_in("dispatcher")
    desk.find(title)
    expect(desk.field("lead_unit")).to_have_value("donghu_district")
    desk.fill(basis="退回后改派", urgency="none")
    desk.press("派单")
    expect(desk.page.locator(".panel-units")).to_contain_text("东湖区")
    sign_for(desk, title, "donghu_district")
    expect(desk.status).to_have_text("办理中")


@pytest.mark.slow
def test_more_time_is_asked_for_by_one_and_granted_by_another(desk: Desk, live_platform: Platform) -> None:
    title = "外墙瓷砖脱落"
    prepared(
        live_platform,
        title,
        days(3),
        (days(3), "accept", ACCEPT),
        (days(3), "dispatch", to_unit("housing_bureau")),
        (days(2.9), "sign_for", {}),
    )
    both = [Duty(OFFICE, "unit_handler", "housing_bureau"), Duty(OFFICE, "supervisor")]
    live_platform.people.add("both", "双职", hash_password(DEMO_PASSWORD), both, demo=True)
    desk.sign_in("both")
    desk.find(title)
    due = desk.clock.get_by_text(re.compile("^应于")).inner_text()
    desk.act("延期")
    desk.fill(**{**REASONS, "legal_basis": ""})
    desk.form.locator(".btn-primary").click()
    expect(desk.said).to_contain_text("按规定不予接受")
    desk.act("延期")
    desk.fill(**REASONS)
    desk.press("延期")
    expect(desk.status).to_have_text("延期审批中")
    expect(desk.clocks).to_contain_text("暂停，等待审批")
    # Who asked holds the duty to decide, but not about their own application.
    expect(desk.page.get_by_role("button", name="审批延期")).to_have_count(0)
    desk.sign_in("supervisor")
    desk.find(title)
    expect(desk.field("reason")).to_have_value(REASONS["reason"])
    desk.fill(decision="consent")
    desk.press("审批延期")
    expect(desk.status).to_have_text("办理中")
    expect(desk.clocks).to_contain_text("已延期，原为 " + due.removeprefix("应于 ").removesuffix(" 前"))


@pytest.mark.slow
def test_an_urgent_request_is_told_first_and_due_in_hours(desk: Desk) -> None:
    title = "燃气管道被挖断"
    receive(desk, title)
    desk.field("time_critical").check()
    desk.press("受理")
    desk.sign_in("dispatcher")
    desk.find(title)
    expect(desk.field("urgency")).to_have_value("ordinary")
    desk.fill(lead_unit="urban_management", basis="权责清单 5-1")
    desk.form.locator(".btn-primary").click()
    expect(desk.form.get_by_role("alert")).to_contain_text("先行联系情况")
    expect(desk.field("basis")).to_have_value("权责清单 5-1")
    desk.fill(contact_first="已电话联系值班人员，先行处置")
    desk.press("派单")
    desk.sign_in("unit_clerk.urban_management")
    desk.find(title)
    expect(desk.clock.locator(".lamp")).to_have_text(re.compile("剩 (1 小时 5\\d 分|2 小时)|今日"))
    desk.press("签收")
    expect(desk.clock.locator(".lamp")).to_have_text(re.compile("剩 2[34] 小时"))


@pytest.mark.slow
def test_a_limit_that_passes_opens_a_supervision(desk: Desk, live_platform: Platform) -> None:
    title = "井盖缺失无人处理"
    in_a_moment = timedelta(hours=24) - timedelta(seconds=4)
    first_contacted = to_unit("urban_management", urgency="ordinary", contact_first="已电话联系值班人员")
    prepared(
        live_platform,
        title,
        timedelta(hours=25),
        (timedelta(hours=24.5), "accept", ACCEPT | {"time_critical": True}),
        (in_a_moment, "dispatch", first_contacted),
        (timedelta(hours=23.5), "sign_for", {}),
    )
    desk.sign_in("unit_handler.urban_management")
    desk.find(title)
    desk.reload_until(desk.story, "办理逾期")
    expect(desk.clock.locator(".lamp")).to_contain_text("已超期")
    expect(desk.clock).to_contain_text("T-NC-11")
    desk.sign_in("supervisor")
    desk.page.get_by_role("link", name=title).click()
    desk.fill(demand="请于两日内办结并书面说明逾期原因")
    desk.press("发督办单")
    desk.sign_in("unit_clerk.urban_management")
    desk.page.get_by_role("link", name=title).first.click()
    desk.switch_to("反馈整改情况")
    expect(desk.field("demand")).to_have_value("请于两日内办结并书面说明逾期原因")
    desk.fill(answer="已安排专人办理，逾期原因为跨部门会商")
    desk.press("反馈整改情况")
    desk.sign_in("supervisor")
    desk.find(title)
    desk.field("rectified").check()
    desk.press("核查整改")
    expect(desk.status).to_have_text("办理中")


@pytest.mark.slow
def test_twice_dissatisfied_is_reviewed_one_level_up(desk: Desk, live_platform: Platform) -> None:
    title = "夜间施工屡禁不止"
    handled_twice_in_vain(live_platform, title, "liantang")
    desk.sign_in("supervisor")
    desk.find(title)
    expect(desk.status).to_have_text("提级复核")
    desk.switch_to("指定提级复核")
    # Nobody reviews their own work.
    desk.fill(list_owner="township", reviewer_unit="liantang")
    desk.form.locator(".btn-primary").click()
    expect(desk.form.get_by_role("alert")).to_contain_text("复核单位")
    desk.fill(reviewer_unit="nanchang_county_urban")
    desk.press("指定提级复核")
    desk.sign_in("unit_handler.nanchang_county_urban")
    desk.find(title)
    expect(desk.clocks).to_contain_text("T-NC-16")
    desk.fill(review_result="复核认为处理适当，已要求加强夜间巡查")
    desk.press("提级复核")
    desk.sign_in("callback_agent")
    desk.find(title)
    desk.field("reached").check()
    desk.fill(solved="no", satisfaction="very")
    desk.press("回访")
    desk.sign_in("unit_handler.liantang")
    desk.find(title)
    desk.form.locator(".btn-primary").click()
    expect(desk.form.get_by_role("alert")).to_contain_text("履职情况说明")
    desk.fill(performance_statement="接件后三次到场处理，已依法履职")
    desk.press("履职情况说明")
    expect(desk.status).to_have_text("已结案")
