"""Real receivers on this machine: an SMTP server and an HTTP gateway that note what they get and fail when told to."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from app.delivery.ways import MailServer, Webhook

SECRET = "a secret shared with the gateway"


@dataclass
class MailBox:
    """`refuse`: address → the server's answer to it; `answer`: its answer to a whole letter;
    `sender_answer`: to whom it is from; `seconds`: how long it takes over each address."""

    letters: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    answer: str = "250 OK"
    sender_answer: str = "250 OK"
    seconds: float = 0.0
    server: MailServer = field(default_factory=lambda: MailServer("", 0, "", "", "", ""))

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        envelope.mail_from = address
        return self.sender_answer

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        await asyncio.sleep(self.seconds)
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            letter = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(letter, EmailMessage)
            self.letters.append((list(envelope.rcpt_tos), letter))
        return self.answer


@contextmanager
def mail_server() -> Iterator[MailBox]:
    """A running SMTP server. To every password it answers 535."""
    box = MailBox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    refuses = {"authenticator": lambda *_: AuthResult(success=False, handled=False), "auth_require_tls": False}
    controller = Controller(box, hostname="127.0.0.1", port=port, **refuses)
    controller.start()
    box.server = MailServer("127.0.0.1", port, "", "", "", "jieban@city.example")
    try:
        yield box
    finally:
        controller.stop()


@dataclass
class Gateway:
    """What was posted: path, headers, body. `statuses`: answers still to give before 204."""

    posted: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    seconds: float = 0.0
    """How long it takes over an answer."""
    hook: Webhook = field(default_factory=lambda: Webhook(False, "", 0, "", ""))


@contextmanager
def gateway() -> Iterator[Gateway]:
    """A running HTTP receiver. What asks it to redirect is sent to `/elsewhere` of itself."""
    got = Gateway()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.posted.append((self.path, dict(self.headers.items()), body))
            time.sleep(got.seconds)
            status = got.statuses.pop(0) if got.statuses else 204
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    got.hook = Webhook(False, "127.0.0.1", server.server_address[1], "/sms", SECRET, private=True)
    try:
        yield got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
