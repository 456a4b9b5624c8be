"""Keys of personal values and of files.

Each order has its own AES-256-GCM key, wrapped by the office's master key (`JIEBAN_MASTER_KEY`, from the environment).
Values are sealed with it, and the journal holds their HMAC under the same key: dropping the wrapped key destroys the
values for good while the journal's chain stays provable. A hash without a key would not do: phone numbers are few
enough to try them all.

A file has a key of its own, wrapped by the master key while the file waits and by the order's key from then on: twenty
megabytes are sealed once, and the order's key takes its files with it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


class WrongMasterKey(Exception):
    """The master key does not open what is stored: the server was started with another one."""

    zh = "主密钥打不开库中已加密的个人信息：请用首次启动时的 JIEBAN_MASTER_KEY（或 JIEBAN_SECRET_KEY）启动。"
    en = "The master key does not open what is stored: start with the JIEBAN_MASTER_KEY (or secret key) used first."

    def __init__(self) -> None:
        super().__init__(f"{self.zh} / {self.en}")


class Key:
    """An AES-256-GCM key. `plain`: 32 bytes."""

    def __init__(self, plain: bytes) -> None:
        self.plain = plain
        self._cipher = AESGCM(plain)

    @classmethod
    def new(cls) -> Self:
        return cls(os.urandom(32))

    def seal_bytes(self, what: str, content: bytes) -> bytes:
        """Encrypt, bound to what it is: it opens as nothing else."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, content, what.encode())

    def open_bytes(self, what: str, sealed: bytes) -> bytes:
        """Raises `InvalidTag`."""
        return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], what.encode())


class OrderKey(Key):
    """The key of one order."""

    def seal(self, field: str, value: Any) -> bytes:
        """Encrypt a JSON-able value, bound to its field."""
        return self.seal_bytes(field, json.dumps(value, ensure_ascii=False).encode())

    def open(self, field: str, sealed: bytes) -> Any:
        return json.loads(self.open_bytes(field, sealed))

    def digest(self, field: str, value: Any) -> str:
        """Keyed hash of a value, for the journal."""
        text = f"{field}={json.dumps(value, ensure_ascii=False, sort_keys=True)}"
        return hmac.new(self.plain, text.encode(), hashlib.sha256).hexdigest()


class MasterKey(Key):
    """Wraps keys of orders and of files that wait. `secret`: any text of the environment; its SHA-256 is the key."""

    def __init__(self, secret: str) -> None:
        super().__init__(hashlib.sha256(secret.encode()).digest())

    def wrap(self, what: str, key: Key) -> bytes:
        """A key for the store."""
        return self.seal_bytes(what, key.plain)

    def unwrap(self, what: str, wrapped: bytes) -> OrderKey:
        """Raises `WrongMasterKey`."""
        try:
            return OrderKey(self.open_bytes(what, wrapped))
        except InvalidTag as error:
            raise WrongMasterKey from error
