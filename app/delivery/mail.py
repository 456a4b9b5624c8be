"""One notice as an e-mail to the people whose duty it is, by SMTP.

The notice's key is in the Message-ID, so that a mail server or a reader that gets it twice knows it for one. The people
stand in the envelope only: nobody learns the others' addresses.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from app.delivery.ways import TIMEOUT_SECONDS, MailServer, NotDelivered

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
        said = f"{error.smtp_code}"
        raise NotDelivered(
            f"邮件服务器答复 {said}。", f"The mail server answered {said}.", for_good=error.smtp_code not in TEMPORARY
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        name = type(error).__name__
        raise NotDelivered(f"邮件服务器无法使用（{name}）。", f"The mail server cannot be used ({name}).") from error
    again = _to_retry(refused)
    if again:
        raise NotDelivered(*_said(refused), left=again)
    return " / ".join(_said(refused)) if refused else None


def _connected(server: MailServer) -> smtplib.SMTP:
    if server.security == "s":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
        )
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
    try:
        if server.security == "+starttls":
            smtp.starttls(context=ssl.create_default_context())
        if server.user:
            smtp.login(server.user, server.password)
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
