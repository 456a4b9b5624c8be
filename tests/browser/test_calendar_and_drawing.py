"""A holiday notice moves what was provisional; the drawing shows where an order stands."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from app.platform import Platform
from tests.browser.desk import Desk
from tests.browser.preparing import ACCEPT, days, prepared, to_unit

SOURCE = "关于次年部分节假日安排的通知"


def year_to_come(platform: Platform) -> int:
    """The first year whose holidays nobody has published."""
    published = platform.calendars.current("nanchang").years
    return max(datetime.now(UTC).year, *published) + 1


@pytest.mark.slow
def test_a_holiday_notice_is_previewed_then_moves_what_was_provisional(desk: Desk, live_platform: Platform) -> None:
    title, year = "危房鉴定期限较长", year_to_come(live_platform)
    far = to_unit("housing_bureau", special_law=True, special_value=400, special_unit="wd", special_basis="鉴定规定")
    prepared(live_platform, title, days(1), (days(1), "accept", ACCEPT), (days(1), "dispatch", far))
    desk.sign_in("admin")
    desk.find(title)
    clock = desk.clocks.locator(".clock", has_text="T-NC-05").first
    expect(clock).to_contain_text("暂定")
    before = clock.get_by_text(re.compile("^应于")).inner_text()
    desk.go(f"/calendar/?year={year}")
    expect(desk.page.get_by_role("status")).to_contain_text("尚未公布")
    form = desk.page.locator("#import form")
    form.get_by_label("年份").fill(str(year))
    form.get_by_label("文号与标题").fill(SOURCE)
    form.get_by_label("放假与调休安排").fill(f"{year}-02-30,放假,元旦")
    form.get_by_role("button").click()
    expect(desk.page.locator("#import").get_by_role("alert")).to_be_visible()
    expect(form.get_by_label("文号与标题")).to_have_value(SOURCE)
    form.get_by_label("放假与调休安排").fill(
        f"{year}-01-01..{year}-01-03,放假,元旦\n{year}-04-01..{year}-04-07,放假,清明节"
    )
    form.get_by_role("button").click()
    moved = desk.page.locator("tbody tr", has_text=title)
    expect(moved.first).to_be_visible()
    desk.page.get_by_role("button", name="返回修改").click()
    expect(form.get_by_label("文号与标题")).to_have_value(SOURCE)
    form.get_by_role("button").click()
    desk.page.get_by_role("button", name="写入历法并重算").click()
    expect(desk.said).to_have_text(re.compile(rf"已写入 {year} 年放假安排，重算了 [1-9]\d* 件工单的时限"))
    expect(desk.page.locator("main")).to_contain_text(SOURCE)
    desk.find(title)
    after = clock.get_by_text(re.compile("^应于")).inner_text()
    assert after != before
    expect(desk.story).to_contain_text("按新的放假安排重算时限")


def test_the_drawing_marks_the_live_step_and_says_it_in_words(desk: Desk, live_platform: Platform) -> None:
    title = "地铁口自行车乱停"
    prepared(
        live_platform, title, days(1), (days(1), "accept", ACCEPT), (days(1), "dispatch", to_unit("urban_management"))
    )
    desk.sign_in("unit_clerk.urban_management")
    desk.find(title)
    expect(desk.page.locator(".strip [aria-current=step]")).to_contain_text("签收")
    desk.page.get_by_role("link", name="流程图").click()
    drawing = desk.page.locator(".drawing")
    expect(drawing.locator("[data-element-id=sign_for].is-live")).to_be_visible()
    expect(drawing.locator(".is-live")).to_have_count(1)
    expect(drawing.locator("[data-element-id=dispatch].is-done")).to_be_attached()
    expect(desk.page.locator("main")).to_contain_text("正在办理：签收")
    desk.find(title)
    desk.press("签收")
    desk.page.get_by_role("link", name="流程图").click()
    expect(drawing.locator("[data-element-id=handle].is-live")).to_be_visible()
    expect(drawing.locator("[data-element-id=sign_for].is-done")).to_be_attached()
