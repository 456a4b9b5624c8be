"""How pages behave in hand: keys, a phone, no scripts, the drawing, light and dark."""

from datetime import timedelta

import pytest
from playwright.sync_api import Dialog, Page, expect

from app.platform import Platform
from tests.browser.desk import Desk
from tests.browser.preparing import ACCEPT, prepared, to_unit

PATHS = ("/inbox", "/inbox?tab=all", "/packs/", "/packs/nanchang", "/packs/nanchang/decisions/limits", "/calendar/")


def sign_in(page: Page, address: str, login: str) -> None:
    page.goto(f"{address}/sign-in?as={login}")
    page.locator("form .btn-primary").click()
    # The next page has arrived with its scripts when it has loaded.
    page.wait_for_url(f"{address}/inbox")


def first_order(page: Page, address: str) -> str:
    page.goto(f"{address}/inbox")
    return f"{address}{page.locator('a.open').first.get_attribute('href')}"


def test_the_list_is_walked_with_j_and_k_and_opened_with_enter(page: Page, live_server: str) -> None:
    sign_in(page, live_server, "stand_in")
    second = page.locator("tbody tr").nth(1)
    page.keyboard.press("j")
    expect(second).to_have_class("cur")
    expect(second.locator("a.open")).to_be_focused()
    page.keyboard.press("k")
    expect(second).not_to_have_class("cur")
    page.keyboard.press("j")
    title = second.locator("a.open").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(title)


def test_slash_goes_to_the_search_and_letters_are_typed_there(page: Page, live_server: str) -> None:
    sign_in(page, live_server, "stand_in")
    page.keyboard.press("/")
    expect(page.locator("#search-box")).to_be_focused()
    page.keyboard.type("jk/")
    expect(page.locator("#search-box")).to_have_value("jk/")


@pytest.mark.parametrize("path", PATHS)
def test_nothing_sticks_out_on_a_phone(phone: Page, live_server: str, path: str) -> None:
    sign_in(phone, live_server, "admin")
    phone.goto(f"{live_server}{path}")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_on_a_phone_clock_and_form_come_first_and_the_button_stays(phone: Page, live_server: str) -> None:
    sign_in(phone, live_server, "dispatcher")
    phone.goto(first_order(phone, live_server))
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    tops = {
        name: phone.locator(name).first.bounding_box()
        for name in (".clock-first", "#act-form", ".col-request", ".col-story")
    }
    heights = [box["y"] for box in tops.values() if box is not None]
    assert len(heights) == 4 and heights == sorted(heights)
    expect(phone.locator("#act-form .btn-primary")).to_be_in_viewport()


def test_a_clerk_signs_for_an_order_on_a_phone(phone: Page, live_server: str, live_platform: Platform) -> None:
    desk, title = Desk(phone, live_server), "沿街店铺占道经营"
    hour = timedelta(hours=1)
    prepared(live_platform, title, hour, (hour, "accept", ACCEPT), (hour, "dispatch", to_unit("urban_management")))
    desk.sign_in("unit_clerk.urban_management")
    phone.get_by_role("link", name=title).click()
    expect(desk.clock).to_be_in_viewport()
    expect(desk.clock).to_contain_text("签收时限")
    clock, form = desk.clock.bounding_box(), desk.form.bounding_box()
    assert clock is not None and form is not None and clock["y"] < form["y"]
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    desk.form.locator(".btn-primary").tap()
    expect(desk.said).to_contain_text("签收")
    expect(desk.status).to_have_text("办理中")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_drawing_is_drawn_and_can_be_moved_by_keyboard(page: Page, live_server: str) -> None:
    sign_in(page, live_server, "process_owner")
    page.goto(f"{live_server}/packs/nanchang/processes/main")
    expect(page.locator(".drawing .djs-shape").first).to_be_attached()
    before = page.locator(".drawing .viewport").get_attribute("transform")
    page.locator(".drawing-tools button").first.press("Enter")
    expect(page.locator(".drawing .viewport")).not_to_have_attribute("transform", before or "")


def test_a_table_opens_in_the_viewer_too(page: Page, live_server: str) -> None:
    sign_in(page, live_server, "process_owner")
    page.goto(f"{live_server}/packs/nanchang/decisions/limits")
    page.locator("details summary", has_text="DMN").click()
    expect(page.locator(".dmn-frame .tjs-table")).to_be_visible()


def test_every_page_works_without_scripts(without_scripts: Page, live_server: str) -> None:
    page = without_scripts
    sign_in(page, live_server, "dispatcher")
    page.goto(first_order(page, live_server))
    expect(page.locator("#act-form .btn-primary")).to_be_visible()
    page.locator("[name=basis]").fill("权责清单")
    page.locator("[name=_refresh]").click()
    expect(page.locator("[name=basis]")).to_have_value("权责清单")
    page.locator("details.menu > summary").last.click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_dark_is_dark(page: Page, live_server: str) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(f"{live_server}/sign-in")
    red, green, blue = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")[:3]
    assert max(red, green, blue) < 60


def test_a_form_left_half_filled_asks_before_it_is_lost(page: Page, live_server: str) -> None:
    sign_in(page, live_server, "dispatcher")
    page.goto(first_order(page, live_server))
    page.locator("[name=basis]").fill("写了一半")
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.goto(f"{live_server}/inbox")
    assert asked == ["beforeunload"]
