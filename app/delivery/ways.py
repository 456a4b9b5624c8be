"""The ways out of the house, as the settings name them, and how a way says that it failed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

TIMEOUT_SECONDS = 15.0
"""Of one step of a conversation with a server (connecting, one answer)."""
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
MOST_ADDRESS = 200


def is_address(text: str) -> bool:
    """Whether the text is an e-mail address that any server understands."""
    return len(text) <= MOST_ADDRESS and ADDRESS.fullmatch(text) is not None and ".." not in text


@dataclass(frozen=True, slots=True)
class MailServer:
    """`security`: `` (plain), `+starttls` or `s` (TLS from the first byte), as after `smtp` in the URL."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    sender: str


@dataclass(frozen=True, slots=True)
class Webhook:
    """`private`: the host may be in the own network."""

    https: bool
    host: str
    port: int
    path: str
    secret: str = field(repr=False)
    private: bool = False


@dataclass(frozen=True, slots=True)
class Ways:
    mail: MailServer | None = None
    webhook: Webhook | None = None


class NotDelivered(Exception):
    """It did not go out. `zh`, `en`: why, without personal data. `for_good`: trying again would change nothing.

    `unwelcome`: we are refused, not this notice; somebody has to mend a setting. `left`: addresses that remain to be
    reached, when some were.
    """

    def __init__(
        self,
        zh: str,
        en: str,
        *,
        for_good: bool = False,
        unwelcome: bool = False,
        left: tuple[str, ...] | None = None,
    ) -> None:
        self.zh, self.en, self.for_good, self.unwelcome, self.left = zh, en, for_good, unwelcome, left
        super().__init__(f"{zh} / {en}")
