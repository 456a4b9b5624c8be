"""The way of one notice: claim it, find whom it is for, send it, note what became of it.

What fails is tried again after 30 seconds, then twice as long each time, an hour at most; after `MOST_ATTEMPTS`, or at
once when trying again would change nothing, it is a dead letter that an admin sees with its cause and may send again.
A server that does not want us (a wrong password) is no fault of the notice: it waits, and an error is counted.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from threading import Event

from app.delivery import mail, webhook
from app.delivery.addresses import EMAIL, PETITIONER, Addressee, addressee
from app.delivery.ways import NotDelivered, Ways
from app.delivery.words import words_of
from app.observing.metrics import DELIVERIES, ERRORS
from app.platform import Platform
from persistence.outbox import Claimed, Outbox
from timers.backoff import pause
from timers.clock import Clock, system_clock

log = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(seconds=30)
MOST_ATTEMPTS = 24
"""About 17 hours."""


class Delivery:
    def __init__(self, platform: Platform, ways: Ways, clock: Clock = system_clock) -> None:
        self._platform, self._ways, self._clock = platform, ways, clock
        self._outbox = Outbox(platform.database)

    def deliver(self, key: str) -> bool:
        """Deliver one notice, if it is due and nobody has it. True if it was taken in hand."""
        claimed = self._outbox.claim(self._clock.now(), 1, key=key)
        for notice in claimed:
            self._take(notice)
        return bool(claimed)

    def deliver_due(self, most: int = 500, enough: Event | None = None) -> int:
        """Deliver what is due, one after another, until it is `enough`; returns how many were taken in hand."""
        taken = 0
        while taken < most and not (enough and enough.is_set()):
            claimed = self._outbox.claim(self._clock.now(), 1)
            if not claimed:
                break
            self._take(claimed[0])
            taken += 1
        return taken

    def next_at(self, since: datetime) -> datetime | None:
        return self._outbox.next_at(since)

    def _take(self, notice: Claimed) -> None:
        now = self._clock.now()
        try:
            outcome = self._send(notice, now)
        except NotDelivered as error:
            said = f"{error.zh} / {error.en}"
            if error.for_good or notice.attempts >= MOST_ATTEMPTS:
                self._outbox.give_up(notice.key, said)
                outcome = "dead"
            else:
                self._outbox.put_off(
                    notice.key, self._clock.now() + pause(FIRST_PAUSE, notice.attempts), said, error.left
                )
                outcome = "failed"
            if error.unwelcome:
                ERRORS.labels("delivery_settings").inc()
            level = logging.ERROR if error.unwelcome else logging.WARNING
            log.log(level, "notice %s not delivered: %s", notice.key, error.en)
        except Exception as error:
            # A fault of ours must not stop the notices behind it. Its text may hold what a citizen said.
            name = type(error).__name__
            self._outbox.put_off(
                notice.key, self._clock.now() + pause(FIRST_PAUSE, notice.attempts), f"程序出错 / fault: {name}"
            )
            ERRORS.labels("delivery").inc()
            log.error("notice %s not delivered", notice.key, exc_info=error)
            outcome = "failed"
        DELIVERIES.labels(outcome).inc()

    def _send(self, notice: Claimed, now: datetime) -> str:
        if notice.unreal:
            self._outbox.keep(notice.key, "演示或回放的工单，不发送。 / Of a demo or a replay: not sent.")
            return "kept"
        whom = addressee(self._platform, notice)
        why_not = whom.why_not or self._no_way(whom)
        if why_not:
            self._outbox.keep(notice.key, " / ".join(why_not))
            return "kept"
        refused = None
        if whom.way == EMAIL:
            refused = self._by_mail(notice, whom)
        else:
            self._by_webhook(notice, whom, now)
        self._outbox.sent(notice.key, self._clock.now(), refused)
        return "sent"

    def _no_way(self, whom: Addressee) -> tuple[str, str] | None:
        if whom.way == EMAIL and self._ways.mail is None:
            return "没有设置邮件服务器（JIEBAN_SMTP_URL）。", "No mail server is set (JIEBAN_SMTP_URL)."
        if whom.way != EMAIL and self._ways.webhook is None:
            return "没有设置消息网关（JIEBAN_WEBHOOK_URL）。", "No gateway is set (JIEBAN_WEBHOOK_URL)."
        return None

    def _by_mail(self, notice: Claimed, whom: Addressee) -> str | None:
        server = self._ways.mail
        if server is None:
            raise RuntimeError("asked to mail without a server")
        regulation = self._platform.library.of(notice.deployment)
        words = words_of(regulation, notice, self._platform.people.ways_of(notice.office).name, to_staff=True)
        return mail.send(server, mail.Letter(notice.key, words.subject, words.text, notice.at), whom.emails)

    def _by_webhook(self, notice: Claimed, whom: Addressee, now: datetime) -> None:
        hook = self._ways.webhook
        if hook is None:
            raise RuntimeError("asked to post without a gateway")
        regulation = self._platform.library.of(notice.deployment)
        to_staff = notice.to != PETITIONER
        words = words_of(regulation, notice, self._platform.people.ways_of(notice.office).name, to_staff=to_staff)
        body = {
            "key": notice.key,
            "office": notice.office,
            "number": notice.number,
            "to": notice.to,
            "unit": notice.unit,
            "template": notice.template,
            "text": words.zh,
            "text_en": words.en,
            "at": notice.at.isoformat(),
        }
        webhook.send(hook, notice.key, body if whom.phone is None else {**body, "phone": whom.phone}, now)
