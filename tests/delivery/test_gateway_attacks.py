"""The gateway's address is an administrator's setting, but its name server may lie: nothing inside is ever reached."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from app.delivery import webhook
from app.delivery.ways import NotDelivered, Webhook
from app.delivery.words import Plain
from tests.delivery.receiving import SECRET, Gateway

NOW = datetime(2026, 12, 1, tzinfo=UTC)
INSIDE = [
    "127.0.0.1",
    "127.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "2002:7f00:1::",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "64:ff9b:1::101:101",
    "fec0::1",
    "::127.0.0.1",
    "::8.8.8.8",
]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_are_not_public(address: str) -> None:
    assert not webhook.is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "223.5.5.5", "2400:3200::1", "64:ff9b::101:101", "::ffff:1.1.1.1"])
def test_addresses_outside_are(address: str) -> None:
    assert webhook.is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "[::1]".strip("[]")])
def test_a_host_inside_is_refused_for_good_before_any_connection(sms: Gateway, host: str) -> None:
    with pytest.raises(NotDelivered) as refused:
        webhook.send(Webhook(False, host, sms.hook.port, "/", SECRET), "k", {}, NOW)
    assert refused.value.for_good
    assert sms.posted == []


def test_one_address_inside_among_good_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("1.1.1.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(NotDelivered, match="private"):
        webhook.resolve(Webhook(True, "sms.example", 443, "/", SECRET))


def test_the_name_is_asked_once_and_the_connection_goes_where_it_pointed(
    sms: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    genuine = socket.getaddrinfo

    def answer(host: str, port: int, *rest: Any, **more: Any) -> Any:
        if host == "sms.example":
            asked.append(host)
            # The second answer of a rebinding name server.
            address = "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]
        return genuine(host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    webhook.send(Webhook(False, "sms.example", sms.hook.port, "/x", SECRET, private=True), "k", {"a": 1}, NOW)
    assert asked == ["sms.example"]
    ((path, headers, _),) = sms.posted
    assert (path, headers["Host"]) == ("/x", f"sms.example:{sms.hook.port}")


def test_a_receiver_that_never_ends_its_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "TOTAL_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        hook = Webhook(False, "127.0.0.1", listening.getsockname()[1], "/", SECRET, private=True)
        begun = time.monotonic()
        with pytest.raises(NotDelivered) as late:
            webhook.send(hook, "k", {}, NOW)
    assert not late.value.for_good
    assert time.monotonic() - begun < 5


def test_the_time_limit_holds_through_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tls:
        def wrap_socket(self, plain: socket.socket, **_: Any) -> socket.socket:
            return socket.socket(fileno=plain.detach())  # as the library does it

    monkeypatch.setattr(webhook, "TOTAL_SECONDS", 0.5)
    monkeypatch.setattr(ssl, "create_default_context", Tls)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        hook = Webhook(True, "127.0.0.1", listening.getsockname()[1], "/", SECRET, private=True)
        begun = time.monotonic()
        with pytest.raises(NotDelivered):
            webhook.send(hook, "k", {}, NOW)
    assert time.monotonic() - begun < 5


def test_a_large_answer_is_not_read() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 10_000
    with socket.create_server(("127.0.0.1", 0)) as listening:
        hook = Webhook(False, "127.0.0.1", listening.getsockname()[1], "/", SECRET, private=True)

        def reply() -> None:
            taken, _ = listening.accept()
            with taken, suppress(ConnectionError):
                taken.recv(65536)
                taken.sendall(answer)
                taken.recv(1)  # until the other side has had enough

        thread = threading.Thread(target=reply)
        thread.start()
        webhook.send(hook, "k", {}, NOW)
        thread.join(5)
    assert not thread.is_alive()


def test_a_template_of_a_pack_reaches_nothing_but_its_values() -> None:
    class Body(dict[str, Any]):
        secret = "inside"

    said = Plain(Body(number="S1", reason="{number}")).vformat(
        "{number} {reason} {0.secret} {number.__class__}", (), {}
    )
    assert said == "S1 {number} — —"
