"""One notice as a signed POST to the gateway of the office (an SMS provider, a city's message bus).

The host is resolved once, every address it has is judged, and the connection goes to the address that was judged: a
name that answers differently a moment later leads nowhere else. No redirects, bounded time, bounded answer.

Headers: `Idempotency-Key` is the notice's key; `Jieban-Signature: t=<Unix seconds>,v1=<hex>` is the HMAC-SHA256 of
`<t>.<body>` under the shared secret. The receiver checks it, refuses a `t` that is minutes old, and drops known keys.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Timer
from typing import Any

from app.delivery.ways import TIMEOUT_SECONDS, NotDelivered, Webhook

TOTAL_SECONDS = 30.0
"""Of one whole delivery: a receiver that answers byte by byte is cut off."""
MOST_READ = 4096
TRANSLATED = IPv6Network("64:ff9b::/96")
OURS = (IPv6Network("::/96"), IPv6Network("64:ff9b:1::/48"))
"""Never of the open internet, whatever they lead to: IPv4 as IPv6 wrote it once, and translation inside a network."""
RETRY = frozenset({408, 425, 429})
UNWELCOME = frozenset({401, 403, 404, 407})
"""It is our address, secret or path that is wrong, not the notice."""


def send(hook: Webhook, key: str, body: Mapping[str, Any], now: datetime) -> None:
    """Post the body. Raises `NotDelivered`."""
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Idempotency-Key": key,
        "Jieban-Signature": signature(hook.secret, data, int(now.timestamp())),
        "User-Agent": "jieban",
        "Connection": "close",
    }
    address = resolve(hook)
    try:
        with _connected(hook, address) as connection:
            connection.request("POST", hook.path, data, headers)
            answer = connection.getresponse()
            answer.read(MOST_READ)
    except (OSError, http.client.HTTPException, ValueError) as error:
        name = type(error).__name__
        raise NotDelivered(f"网关无法使用（{name}）。", f"The gateway cannot be used ({name}).") from error
    if not 200 <= answer.status < 300:
        said, unwelcome = answer.status, answer.status in UNWELCOME
        again = said >= 500 or said in RETRY or unwelcome
        raise NotDelivered(
            f"网关答复 {said}。", f"The gateway answered {said}.", for_good=not again, unwelcome=unwelcome
        )


def signature(secret: str, data: bytes, at: int) -> str:
    """The value of the header `Jieban-Signature`."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + data, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def resolve(hook: Webhook) -> str:
    """The address to connect to. Raises `NotDelivered` if any address of the host is not one of the open internet."""
    try:
        found = socket.getaddrinfo(hook.host, hook.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NotDelivered("网关的域名解析不到。", "The gateway's name cannot be resolved.") from error
    addresses = [str(one[4][0]) for one in found]
    if not hook.private and not all(is_public(address) for address in addresses):
        raise NotDelivered(
            "网关的地址在内部网络，已拒绝连接。", "The gateway is in a private network: refused.", for_good=True
        )
    return addresses[0]


def is_public(text: str) -> bool:
    """Whether an address lies in the open internet, also where it is wrapped into another."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        inner = _wrapped(address)
        if inner is not None:
            return is_public(str(inner))
        if address.is_site_local or any(address in network for network in OURS):
            return False
    return address.is_global and not address.is_multicast


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    if address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


@contextmanager
def _connected(hook: Webhook, address: str) -> Iterator[http.client.HTTPConnection]:
    """A connection to the judged address, ended after `TOTAL_SECONDS` whatever the other side does."""
    plain = socket.create_connection((address, hook.port), timeout=TIMEOUT_SECONDS)
    # A descriptor of its own: TLS takes the socket's away from it.
    guard = plain.dup()
    cut = Timer(TOTAL_SECONDS, _cut_off, (guard,))
    cut.daemon = True
    cut.start()
    try:
        wire = ssl.create_default_context().wrap_socket(plain, server_hostname=hook.host) if hook.https else plain
        connection = http.client.HTTPConnection(hook.host, hook.port, timeout=TIMEOUT_SECONDS)
        connection.sock = wire
        try:
            yield connection
        finally:
            connection.close()
    finally:
        cut.cancel()
        guard.close()
        plain.close()


def _cut_off(wire: socket.socket) -> None:
    try:
        wire.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended by itself
