"""One notice as an e-mail to the people whose duty it is, by SMTP.

The notice's key is in the Message-ID, so that a mail server or a reader that gets it twice knows it for one. The people
stand in the envelope only: nobody learns the others' addresses.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from threading import Timer
from typing import Any

from app.delivery.ways import TIMEOUT_SECONDS, MailServer, NotDelivered

TOTAL_SECONDS = 240.0
"""Of one whole letter: a server that takes its time over each of many answers is cut off before another process may
take the letter in hand (`persistence.outbox.LEASE`)."""
TEMPORARY = range(400, 500)


@dataclass(frozen=True, slots=True)
class Letter:
    key: str
    subject: str
    text: str
    at: datetime


def send(server: MailServer, letter: Letter, addresses: Sequence[str]) -> str | None:
    """Hand the letter to the server for these addresses.

    Returns which of them it refused for good, in words, or None. Raises `NotDelivered`; `left` names the addresses to
    try again when others were reached.
    """
    try:
        with _connected(server) as smtp:
            refused = smtp.send_message(_message(server, letter, addresses), server.sender, list(addresses))
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
        if not _to_retry(refused):
            raise NotDelivered(*_said(refused), for_good=True) from error
        raise NotDelivered(*_said(refused), left=_to_retry(refused)) from error
    except smtplib.SMTPResponseException as error:
        said, final = error.smtp_code, error.smtp_code not in TEMPORARY
        # Of the letter itself a server judges after it has read it; before that it is our name or password.
        is_letter = isinstance(error, smtplib.SMTPDataError)
        raise NotDelivered(
            f"邮件服务器答复 {said}。",
            f"The mail server answered {said}.",
            for_good=final and is_letter,
            unwelcome=final and not is_letter,
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        name = type(error).__name__
        raise NotDelivered(f"邮件服务器无法使用（{name}）。", f"The mail server cannot be used ({name}).") from error
    again = _to_retry(refused)
    if again:
        raise NotDelivered(*_said(refused), left=again)
    return " / ".join(_said(refused)) if refused else None


class Conversation(smtplib.SMTP):
    """One that ends after `TOTAL_SECONDS`, whatever the server does."""

    is_over = False

    def connect(self, *where: Any, **more: Any) -> tuple[int, bytes]:
        self._cut = Timer(TOTAL_SECONDS, self._cut_off)
        self._cut.daemon = True
        self._cut.start()
        try:
            return super().connect(*where, **more)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._cut.cancel()
        super().close()

    def check(self) -> None:
        """Raises `TimeoutError` when time was over before there was a connection to cut."""
        if self.is_over:
            raise TimeoutError

    def _cut_off(self) -> None:
        self.is_over = True
        wire = self.sock
        if wire is not None:
            # At the socket itself: a connection under TLS would first be told good-bye. OSError: it has ended.
            with suppress(OSError):
                socket.socket.shutdown(wire, socket.SHUT_RDWR)


class TlsConversation(Conversation, smtplib.SMTP_SSL):
    """TLS from the first byte."""


def _connected(server: MailServer) -> Conversation:
    if server.security == "s":
        context = ssl.create_default_context()
        smtp: Conversation = TlsConversation(server.host, server.port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        smtp = Conversation(server.host, server.port, timeout=TIMEOUT_SECONDS)
    try:
        if server.security == "+starttls":
            smtp.starttls(context=ssl.create_default_context())
        if server.user:
            smtp.login(server.user, server.password)
        smtp.check()
    except BaseException:
        smtp.close()
        raise
    return smtp


def _message(server: MailServer, letter: Letter, addresses: Sequence[str]) -> EmailMessage:
    message = EmailMessage()
    message["From"] = server.sender
    message["To"] = addresses[0] if len(addresses) == 1 else "undisclosed-recipients:;"
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = f"<{letter.key.replace(':', '.')}@{server.sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Jieban-Notice"] = letter.key
    message.set_content(letter.text, cte="base64")
    return message


def _to_retry(refused: dict[str, tuple[int, bytes]]) -> tuple[str, ...]:
    return tuple(address for address, (code, _) in refused.items() if code in TEMPORARY)


def _said(refused: dict[str, tuple[int, bytes]]) -> tuple[str, str]:
    listed = ", ".join(f"{address} ({code})" for address, (code, _) in sorted(refused.items()))
    return f"邮件服务器拒收：{listed}", f"the mail server refused {listed}"
