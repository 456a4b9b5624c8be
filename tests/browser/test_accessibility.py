"""What keyboards and screen readers need of every page: one heading, named controls, ids once, a focus one sees."""

from typing import Any

import pytest
from playwright.sync_api import Page

from app.platform import Platform
from tests.browser.desk import Desk
from tests.browser.preparing import ACCEPT, days, prepared, to_unit

TITLE = "天桥台阶破损"
PATHS = (
    "/inbox",
    "/inbox?tab=all",
    "/intake",
    "/packs/",
    "/packs/nanchang",
    "/packs/nanchang/processes/main",
    "/packs/nanchang/decisions/limits",
    "/calendar/",
    "/people/",
)
FAULTS = """() => {
  const faults = [], shown = (it) => it.getClientRects().length > 0;
  const say = (it) => it.outerHTML.slice(0, 120);
  const headings = [...document.querySelectorAll("h1")];
  if (headings.length !== 1) faults.push(`${headings.length} h1`);
  const seen = new Set();
  for (const it of document.querySelectorAll("[id]")) {
    if (seen.has(it.id)) faults.push(`id twice: ${it.id}`);
    seen.add(it.id);
  }
  for (const it of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    const named = it.labels?.length || it.getAttribute("aria-label") || it.getAttribute("aria-labelledby");
    if (!named) faults.push(`no label: ${say(it)}`);
  }
  for (const it of document.querySelectorAll("button, a[href], summary")) {
    const said = it.innerText?.trim() || it.textContent.trim() || it.getAttribute("aria-label") || it.title;
    if (!said) faults.push(`no name: ${say(it)}`);
  }
  for (const it of document.querySelectorAll("[aria-describedby], [aria-labelledby]")) {
    for (const id of (it.getAttribute("aria-describedby") || it.getAttribute("aria-labelledby")).split(" "))
      if (!document.getElementById(id)) faults.push(`describes nothing: ${id}`);
  }
  for (const it of document.querySelectorAll("img:not([alt]), svg[role=img]:not([aria-label])"))
    faults.push(`no alternative: ${say(it)}`);
  for (const it of document.querySelectorAll("fieldset:not(:has(legend))")) faults.push(`no legend: ${say(it)}`);
  for (const it of document.querySelectorAll("button, select, input[type=text], input[type=search], a.btn")) {
    const box = it.getBoundingClientRect();
    if (shown(it) && box.height < 24) faults.push(`${box.height} px high: ${say(it)}`);
  }
  if (!document.documentElement.lang) faults.push("no language");
  if (!document.title) faults.push("no title");
  return faults;
}"""
FOCUS = """() => {
  const it = document.activeElement, style = getComputedStyle(it), box = it.getBoundingClientRect();
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none";
  const inside = box.bottom > 0 && box.top < innerHeight;
  return { what: it.outerHTML.slice(0, 100), visible: it !== document.body && ring && inside };
}"""
STOPS = 14


@pytest.fixture(scope="module")
def order_path(live_platform: Platform) -> str:
    """The page of an order with a long form."""
    order = prepared(
        live_platform,
        TITLE,
        days(2),
        (days(2), "accept", ACCEPT),
        (days(2), "dispatch", to_unit("housing_bureau")),
        (days(1.9), "sign_for", {}),
    )
    return f"/orders/{order.number}"


def faults(page: Page) -> list[str]:
    found: list[str] = page.evaluate(FAULTS)
    return [f"{page.url}: {fault}" for fault in found]


def test_every_page_has_one_heading_named_controls_and_unique_ids(desk: Desk, order_path: str) -> None:
    desk.go("/sign-in")
    found = faults(desk.page)
    for login, paths in (
        ("admin", PATHS[:2] + PATHS[3:]),
        ("call_agent", ("/intake",)),
        ("auditor", (order_path, f"{order_path}/trace", f"{order_path}/diagram")),
        ("unit_handler.housing_bureau", (order_path, f"{order_path}/acts/request_extension", "/orders/none")),
    ):
        desk.sign_in(login)
        for path in paths:
            desk.go(path)
            found += faults(desk.page)
    assert not found, "\n".join(found)


def test_a_form_with_errors_keeps_to_the_rules(desk: Desk) -> None:
    desk.sign_in("call_agent")
    desk.go("/intake")
    desk.form.locator(".btn-primary").click()
    desk.form.get_by_role("alert").wait_for()
    assert faults(desk.page) == []


def test_the_focus_is_always_seen(desk: Desk, order_path: str) -> None:
    desk.sign_in("unit_handler.housing_bureau")
    for path in ("/inbox", order_path):
        desk.go(path)
        stops: list[dict[str, Any]] = []
        for _ in range(STOPS):
            desk.page.keyboard.press("Tab")
            stops.append(desk.page.evaluate(FOCUS))
        assert [stop["what"] for stop in stops if not stop["visible"]] == []
        assert len({stop["what"] for stop in stops}) > STOPS / 2
