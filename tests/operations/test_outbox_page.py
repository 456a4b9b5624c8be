"""通知: an admin sees what could not be sent and why, and sends it again, on the page and on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.delivery.deliver import Delivery
from app.delivery.ways import Ways
from persistence.outbox import Outbox
from tests.app.browsing import Browser, Clock
from tests.app.conftest import clock, small_house
from tests.delivery.receiving import gateway
from tests.small import MONDAY, SECRET, Small, at

__all__ = ["clock", "small_house"]
House = tuple[Small, Callable[[str], Browser]]
LATER = at("2026-12-01T09:00")


def dead_letter(small: Small) -> str:
    """The key of a notice that the gateway refused for good."""
    small.platform.people.set_ways("small", "webhook", "webhook")
    order_id = small.dispatched(MONDAY)
    small.wait(order_id, LATER)
    with gateway() as got:
        got.statuses = [400]
        Delivery(small.platform, Ways(webhook=got.hook), Clock(LATER)).deliver_due()
    (row,) = small.read.notices_of(order_id)
    assert row["state"] == "dead"
    return str(row["key"])


def test_a_dead_letter_is_seen_with_its_cause_and_sent_again(small_house: House, clock: Clock) -> None:
    small, enter = small_house
    key = dead_letter(small)
    admin = enter("admin")
    page = admin.get("/outbox/")
    (row,) = page.words("//tbody/tr")
    assert "提醒" in row and "400" in row and "经办人" in row
    assert page.words("//a[contains(@href, '/outbox/')]")[0].startswith("通知")
    assert admin.post("/outbox/resend", {"key": key}, follow_redirects=True).status == 200
    assert Outbox(small.database).count("small") == {"waiting": 1, "dead": 0}
    assert admin.post("/outbox/resend", {"key": key}).status == 404, "it is not dead any more"
    assert any(row["act"] == "resend_notice" for row in small.read.office_journal("small"))


def test_the_ways_of_an_office_are_set_on_the_page(small_house: House) -> None:
    small, enter = small_house
    admin = enter("admin")
    admin.get("/outbox/")
    assert admin.post("/outbox/ways", {"staff": "none", "petitioner": "webhook"}, follow_redirects=True).status == 200
    ways = small.platform.people.ways_of("small")
    assert (ways.staff_by, ways.petitioner_by) == ("none", "webhook")
    assert admin.post("/outbox/ways", {"staff": "pigeon", "petitioner": "webhook"}).status == 400


def test_an_address_is_kept_only_if_it_is_one(small_house: House) -> None:
    small, enter = small_house
    admin = enter("admin")
    user = small.platform.people.by_login("agent")
    assert user is not None
    admin.get(f"/people/{user['id']}")
    assert admin.post(f"/people/{user['id']}/email", {"email": "agent@city.example"}).status == 302
    assert small.platform.people.emails("small", "agent", None) == ["agent@city.example"]
    for bad in ("agent", "a@b\nBcc: c@d", "a@@b", "x" * 250 + "@city.example"):
        admin.get(f"/people/{user['id']}")
        assert admin.post(f"/people/{user['id']}/email", {"email": bad}).status == 422
    assert small.platform.people.emails("small", "agent", None) == ["agent@city.example"]
    admin.get(f"/people/{user['id']}")
    assert admin.post(f"/people/{user['id']}/email", {"email": ""}).status == 302
    assert small.platform.people.emails("small", "agent", None) == []


@pytest.mark.parametrize("login", ["agent", "auditor", "process_owner"])
def test_it_is_for_admins_only(small_house: House, login: str) -> None:
    small, enter = small_house
    key = dead_letter(small)
    browser = enter(login)
    assert browser.get("/outbox/").status == 403
    assert browser.post("/outbox/resend", {"key": key}).status == 403
    assert browser.post("/outbox/ways", {"staff": "none", "petitioner": "none"}).status == 403
    assert Outbox(small.database).count("small")["dead"] == 1


def test_dead_letters_on_the_command_line(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'jieban.db'}"
    small = Small(url)
    key = dead_letter(small)

    def jieban(*words: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "jieban"), "outbox", *words]
        settings = {"JIEBAN_DATABASE_URL": url, "JIEBAN_SECRET_KEY": SECRET}
        return subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)

    (row,) = json.loads(jieban("--dead", "--json").stdout)
    assert (row["key"], row["state"]) == (key, "dead") and "400" in row["error"]
    assert jieban("resend").returncode == 2
    assert jieban("resend", "no such key").returncode == 2
    assert jieban("resend", "--all-dead").returncode == 0
    assert json.loads(jieban("--dead", "--json").stdout) == []
    assert Outbox(small.database).count() == {"waiting": 1, "dead": 0}
    Outbox(small.database).keep(key, "没有设置消息网关。")
    assert jieban("resend", "--all-kept").returncode == 0
    assert Outbox(small.database).count() == {"waiting": 1, "dead": 0}
    small.close()
