"""One request through the main line in a real browser, each step by the person whose duty it is."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

TITLE = "桥下照明损坏多日"


@pytest.fixture
def enter(page: Page, live_server: str) -> Callable[[str], Page]:
    """`enter("dispatcher")`: that person at the desk, after whoever sat there before has left."""

    def sign_in(login: str) -> Page:
        page.context.clear_cookies()
        page.goto(f"{live_server}/sign-in?as={login}")
        page.get_by_role("button", name="登录").click()
        expect(page.locator("details.menu > summary").last).to_be_visible()
        return page

    return sign_in


def open_order(page: Page) -> None:
    """Find the order by its title, as people do."""
    page.keyboard.press("/")
    page.keyboard.type(TITLE)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=TITLE).click()


def press(page: Page, act: str) -> None:
    """The one primary button, named by the act."""
    page.locator("#act .btn-primary", has_text=act).click()


def expect_done(page: Page, act: str) -> None:
    expect(page.locator(".flash-done")).to_have_text(re.compile(act))


@pytest.mark.slow
def test_each_duty_does_its_step_from_intake_to_closure(enter: Callable[[str], Page]) -> None:
    page = enter("call_agent")
    page.get_by_role("link", name="受理台").first.click()
    page.get_by_label("咨询").first.check()
    page.get_by_label("标题").fill(TITLE)
    page.get_by_label("诉求内容").fill("立交桥下的照明已经损坏多日，夜间通行不便。")
    page.locator("[name=petitioner_name]").fill("周小满")
    page.locator("[name=phone]").fill("13800001234")
    press(page, "登记受理")
    expect_done(page, "已登记")
    expect(page.locator("h1")).to_have_text(TITLE)

    # A choice shows its questions at once, and hides them again.
    page.locator("[name=decision][value=refuse]").check()
    expect(page.locator("textarea[name=reason_told]")).to_be_visible()
    page.locator("[name=decision][value=accept]").check()
    expect(page.locator("textarea[name=reason_told]")).to_have_count(0)
    press(page, "受理")
    expect_done(page, "受理")

    page = enter("dispatcher")
    open_order(page)
    page.locator("[name=lead_unit]").select_option("housing_bureau")
    page.locator("[name=basis]").fill("权责清单 3-2")
    page.locator("[name=urgency]").select_option("none")
    press(page, "派单")
    expect_done(page, "派单")

    page = enter("unit_clerk.housing_bureau")
    page.get_by_role("link", name=re.compile("待签收")).click()
    page.get_by_role("link", name=TITLE).click()
    expect(page.locator(".clock-first .lamp")).to_contain_text("剩")
    press(page, "签收")
    expect_done(page, "签收")
    page.locator("[name=measures]").fill("已联系路灯管理单位更换灯具")
    page.locator("[name=result_text]").fill("照明已恢复")
    press(page, "办理")
    expect_done(page, "办理")

    page = enter("reviewer")
    open_order(page)
    page.locator("[name=decision][value=close]").check()
    expect(page.locator("textarea[name=close_reason]")).to_be_visible()
    page.locator("textarea[name=close_reason]").fill("其余材料随后补齐")
    press(page, "审核")
    expect_done(page, "审核")

    page = enter("callback_agent")
    open_order(page)
    page.locator("[name=mode]").select_option("manual")
    page.locator("[name=reached]").check()
    page.locator("[name=solved][value=yes]").check()
    page.locator("[name=satisfaction][value=satisfied]").check()
    press(page, "回访")
    expect_done(page, "回访")
    expect(page.locator(".order-head .tag")).to_have_text("已结案")
    page.get_by_role("link", name="流程图").click()
    expect(page.locator(".drawing .is-live").first).to_be_attached()
    expect(page.locator(".drawing .is-done").first).to_be_attached()
