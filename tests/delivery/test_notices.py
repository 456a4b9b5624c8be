"""Notices on their way: by real SMTP to those on duty, by signed webhook to the petitioner, at least once, one key."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from prometheus_client.registry import REGISTRY

from app.delivery import mail, webhook
from app.delivery.deliver import MOST_ATTEMPTS, Delivery
from app.delivery.ways import TIMEOUT_SECONDS, Ways
from persistence.outbox import LEASE, Outbox, mark_demo
from processes import verbs
from processes.people import Duty
from tests.app.browsing import Clock
from tests.delivery.receiving import SECRET, Gateway, MailBox
from tests.small import AGENT, MONDAY, Small, at
from timers.clock import elapsed

LATER = at("2026-12-01T09:00")
PHONE = "13800138000"


class Post:
    """The delivery of a house, with a clock that tests set."""

    def __init__(self, small: Small, ways: Ways) -> None:
        self.small, self.clock = small, Clock(LATER)
        self.delivery = Delivery(small.platform, ways, self.clock)

    def notice(self, order_id: str) -> Mapping[str, Any]:
        (row,) = self.small.read.notices_of(order_id)
        return row

    def run(self, **later: float) -> int:
        self.clock.pass_time(**later)
        return self.delivery.deliver_due()


def reminded(small: Small, now: datetime = MONDAY, **values: Any) -> str:
    """Id of an order whose limit drew near: one notice was written."""
    order_id = small.dispatched(now, **values)
    small.wait(order_id, LATER)
    return order_id


def employ(small: Small, login: str, email: str | None, unit: str | None = "housing", role: str = "handler") -> str:
    user = small.platform.people.add(login, login, "no password", [Duty("small", role, unit)])
    small.platform.people.update(user, email=email)
    return user


def test_people_on_duty_in_the_unit_get_one_letter(small: Small, mailbox: MailBox) -> None:
    employ(small, "one", "one@city.example")
    employ(small, "two", "two@city.example")
    employ(small, "none", None)
    employ(small, "other", "other@city.example", unit="water")
    employ(small, "reviewer", "reviewer@city.example", role="reviewer", unit=None)
    small.platform.people.update(employ(small, "gone", "gone@city.example"), disabled=True)
    order_id = reminded(small)
    post = Post(small, Ways(mail=mailbox.server))
    assert post.run() == 1
    ((addresses, letter),) = mailbox.letters
    assert addresses == ["one@city.example", "two@city.example"]
    row = post.notice(order_id)
    assert (row["state"], row["sent_at"], row["attempts"], row["error"]) == ("sent", LATER, 1, None)
    assert letter["Message-ID"] == f"<{row['key'].replace(':', '.')}@city.example>"
    assert letter["X-Jieban-Notice"] == row["key"]
    assert letter["To"] == "undisclosed-recipients:;", "nobody learns the others' addresses"
    number = small.order(order_id).number
    assert letter["Subject"].endswith(f"工单 {number}：提醒")
    text = letter.get_content()
    assert text.startswith("【") and number in text and f"Order {number}" in text
    assert PHONE not in text and "车库积水" not in text
    assert post.run(days=1) == 0
    assert len(mailbox.letters) == 1


def test_what_the_mail_server_refuses_for_some_is_sent_to_the_others_once(small: Small, mailbox: MailBox) -> None:
    for login in ("busy", "fine", "moved"):
        employ(small, login, f"{login}@city.example")
    mailbox.refuse = {"busy@city.example": "450 try later", "moved@city.example": "550 no such person"}
    order_id = reminded(small)
    post = Post(small, Ways(mail=mailbox.server))
    post.run()
    row = post.notice(order_id)
    assert (row["state"], row["left"]) == ("waiting", ["busy@city.example"])
    mailbox.refuse = {}
    post.run(minutes=1)
    assert [addresses for addresses, _ in mailbox.letters] == [["fine@city.example"], ["busy@city.example"]]
    assert len({letter["Message-ID"] for _, letter in mailbox.letters}) == 1
    assert post.notice(order_id)["state"] == "sent"


def test_a_refusal_for_good_is_a_dead_letter_that_can_be_sent_again(small: Small, mailbox: MailBox) -> None:
    employ(small, "one", "one@city.example")
    mailbox.answer = "554 rejected"
    order_id = reminded(small)
    post = Post(small, Ways(mail=mailbox.server))
    post.run()
    row = post.notice(order_id)
    assert (row["state"], row["attempts"]) == ("dead", 1)
    assert "554" in row["error"]
    box = Outbox(small.database)
    assert box.count("small")["dead"] == 1
    assert not box.resend(row["key"], LATER, "another office")
    mailbox.answer = "250 OK"
    assert box.resend(row["key"], LATER, "small")
    assert post.run(seconds=1) == 1
    assert post.notice(order_id)["state"] == "sent"
    assert not box.resend(row["key"], LATER, "small"), "what was sent is not sent again"


def errors_of_settings() -> float:
    return REGISTRY.get_sample_value("jieban_errors_total", {"where": "delivery_settings"}) or 0


@pytest.mark.parametrize("refused", ["535", "530"])
def test_a_mail_server_that_does_not_want_us_is_no_fault_of_the_notice(
    small: Small, mailbox: MailBox, refused: str
) -> None:
    employ(small, "one", "one@city.example")
    server = mailbox.server
    if refused == "535":
        server = replace(server, user="jieban", password="wrong")
    else:
        mailbox.sender_answer = "530 authenticate first"
    order_id = reminded(small)
    post, before = Post(small, Ways(mail=server)), errors_of_settings()
    post.run()
    row = post.notice(order_id)
    assert (row["state"], row["next_at"]) == ("waiting", LATER + timedelta(seconds=30))
    assert refused in row["error"]
    assert errors_of_settings() == before + 1
    mailbox.sender_answer = "250 OK"
    mended = Post(small, Ways(mail=mailbox.server))
    mended.run(hours=1)
    assert mended.notice(order_id)["state"] == "sent"


def test_a_server_that_is_away_is_tried_later_and_later_and_then_given_up(small: Small, mailbox: MailBox) -> None:
    employ(small, "one", "one@city.example")
    mailbox.answer = "451 later"
    order_id = reminded(small)
    post = Post(small, Ways(mail=mailbox.server))
    post.run()
    assert post.notice(order_id)["next_at"] == LATER + timedelta(seconds=30)
    assert post.run(seconds=29) == 0
    attempts = 1
    while post.notice(order_id)["state"] == "waiting":
        attempts += post.run(hours=1)
    assert attempts == MOST_ATTEMPTS
    assert post.notice(order_id)["state"] == "dead"


def test_whoever_dies_while_sending_leaves_the_notice_due_again(small: Small, mailbox: MailBox) -> None:
    employ(small, "one", "one@city.example")
    order_id = reminded(small)
    post = Post(small, Ways(mail=mailbox.server))
    (claimed,) = Outbox(small.database).claim(LATER, 10)
    assert claimed.attempts == 1
    assert post.run(seconds=LEASE.total_seconds() - 1) == 0, "another has it in hand"
    assert post.run(seconds=1) == 1
    row = post.notice(order_id)
    assert (row["key"], row["state"], row["attempts"]) == (claimed.key, "sent", 2)


def test_a_slow_mail_server_is_cut_off_before_another_may_send_the_same_letter(
    small: Small, mailbox: MailBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = max(mail.TOTAL_SECONDS, webhook.TOTAL_SECONDS) + TIMEOUT_SECONDS
    assert timedelta(seconds=longest) < LEASE
    monkeypatch.setattr(mail, "TOTAL_SECONDS", 0.6)
    for login in "abcdefghi":
        employ(small, login, f"{login}@city.example")
    mailbox.seconds = 0.2
    order_id = reminded(small)
    post = Post(small, Ways(mail=mailbox.server))
    begun = elapsed()
    post.run()
    assert elapsed() - begun < 1.5
    row = post.notice(order_id)
    assert (row["state"], mailbox.letters) == ("waiting", [])
    mailbox.seconds = 0
    post.run(minutes=1)
    assert len(mailbox.letters) == 1
    assert post.notice(order_id)["state"] == "sent"


def test_the_petitioner_is_told_through_the_signed_gateway(small_to_petitioner: Small, sms: Gateway) -> None:
    small = small_to_petitioner
    order_id = reminded(small, phone=PHONE)
    post = Post(small, Ways(webhook=sms.hook))
    assert post.run() == 1
    ((path, headers, body),) = sms.posted
    row = post.notice(order_id)
    assert path == "/sms"
    assert headers["Idempotency-Key"] == row["key"]
    moment, _, given = headers["Jieban-Signature"].partition(",v1=")
    seconds = moment.removeprefix("t=")
    assert int(seconds) == int(LATER.timestamp())
    assert given == hmac.new(SECRET.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    said = json.loads(body)
    assert said["phone"] == PHONE and said["to"] == "petitioner"
    assert said["text"] == f"【小规程】工单 {small.order(order_id).number} 即将到期—。" or said["text"].endswith("—。")
    assert "车库积水" not in body.decode()


@pytest.mark.parametrize(
    ("status", "state"),
    [(503, "waiting"), (429, "waiting"), (401, "waiting"), (404, "waiting"), (400, "dead"), (302, "dead")],
)
def test_what_the_gateway_answers_decides(small_to_petitioner: Small, sms: Gateway, status: int, state: str) -> None:
    order_id = reminded(small_to_petitioner)
    sms.statuses = [status]
    post = Post(small_to_petitioner, Ways(webhook=sms.hook))
    post.run()
    row = post.notice(order_id)
    assert row["state"] == state and str(status) in row["error"]
    assert [path for path, *_ in sms.posted] == ["/sms"], "a redirect is not followed"


def test_without_a_phone_or_a_way_nothing_is_sent_and_it_says_why(small_to_petitioner: Small, sms: Gateway) -> None:
    small = small_to_petitioner
    silent, unsent = reminded(small, phone=""), reminded(small)
    Post(small, Ways()).run()
    assert "电话" in Post(small, Ways()).notice(silent)["error"]
    assert "JIEBAN_WEBHOOK_URL" in Post(small, Ways()).notice(unsent)["error"]
    small.platform.people.set_ways("small", "none", "none")
    off = reminded(small)
    post = Post(small, Ways(webhook=sms.hook))
    post.run()
    assert [post.notice(one)["state"] for one in (silent, unsent, off)] == ["kept"] * 3
    assert sms.posted == []
    small.platform.people.set_ways("small", "email", "webhook")
    assert Outbox(small.database).resend(post.notice(unsent)["key"], LATER, "small")
    post.run(seconds=1)
    assert len(sms.posted) == 1


def test_staff_may_be_told_through_the_gateway_without_any_phone(small: Small, sms: Gateway) -> None:
    small.platform.people.set_ways("small", "webhook", "none")
    reminded(small)
    Post(small, Ways(webhook=sms.hook)).run()
    said = json.loads(sms.posted[0][2])
    assert (said["to"], said["unit"]) == ("handler", "housing") and "phone" not in said


def test_orders_of_a_demo_and_of_a_replay_reach_nobody(small_to_petitioner: Small, sms: Gateway) -> None:
    small = small_to_petitioner
    order_id = reminded(small)
    mark_demo(small.database, "small")
    replayed = verbs.receive(
        small.door, AGENT, "small", {"title": "回放", "content": "x"}, MONDAY, regulation=small.regulation
    ).order.id
    small.forget()
    small.do(replayed, "accept", decision="accept")
    small.do(replayed, "dispatch", lead_unit="housing")
    small.wait(replayed, LATER)
    post = Post(small, Ways(webhook=sms.hook))
    assert post.run(days=1) == 1, "a replay's notice is not even due"
    assert [post.notice(one)["state"] for one in (order_id, replayed)] == ["kept", "kept"]
    assert not any(Outbox(small.database).resend(post.notice(one)["key"], LATER) for one in (order_id, replayed))
    post.run(days=1)
    assert sms.posted == []


def test_a_fault_of_ours_holds_up_no_other_notice(
    small: Small, mailbox: MailBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    employ(small, "one", "one@city.example")
    bad, good = reminded(small), reminded(small)
    post, library = Post(small, Ways(mail=mailbox.server)), small.platform.library
    of, calls = library.of, []

    def fails_once(number: int) -> Any:
        calls.append(number)
        if len(calls) == 1:
            raise RuntimeError(f"about {PHONE}")
        return of(number)

    monkeypatch.setattr(library, "of", fails_once)
    post.run()
    rows = {one: post.notice(one) for one in (bad, good)}
    assert sorted(row["state"] for row in rows.values()) == ["sent", "waiting"]
    (failed,) = [row for row in rows.values() if row["state"] == "waiting"]
    assert "RuntimeError" in failed["error"] and PHONE not in failed["error"]


def test_two_who_claim_at_once_get_different_notices(small: Small) -> None:
    for _ in range(4):
        reminded(small)
    box = Outbox(small.database)
    with small.database.transaction():
        first = {one.key for one in box.claim(LATER, 2)}
    second = {one.key for one in box.claim(LATER, 10)}
    assert (len(first), len(second), first & second) == (2, 2, set())
