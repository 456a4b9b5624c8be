"""Keys of personal values.

Each order has its own AES-256-GCM key, wrapped by the office's master key (`JIEBAN_MASTER_KEY`, from the environment).
Values are sealed with it, and the journal holds their HMAC under the same key: dropping the wrapped key destroys the
values for good while the journal's chain stays provable. A hash without a key would not do: phone numbers are few
enough to try them all.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


class WrongMasterKey(Exception):
    """The master key does not open what is stored: the server was started with another one."""

    zh = "主密钥打不开库中已加密的个人信息：请用首次启动时的 JIEBAN_MASTER_KEY（或 JIEBAN_SECRET_KEY）启动。"
    en = "The master key does not open what is stored: start with the JIEBAN_MASTER_KEY (or secret key) used first."

    def __init__(self) -> None:
        super().__init__(f"{self.zh} / {self.en}")


class OrderKey:
    """The key of one order. `plain`: 32 bytes."""

    def __init__(self, plain: bytes) -> None:
        self._plain = plain
        self._cipher = AESGCM(plain)

    def seal(self, field: str, value: Any) -> bytes:
        """Encrypt a JSON-able value, bound to its field."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, json.dumps(value, ensure_ascii=False).encode(), field.encode())

    def open(self, field: str, sealed: bytes) -> Any:
        return json.loads(self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], field.encode()))

    def digest(self, field: str, value: Any) -> str:
        """Keyed hash of a value, for the journal."""
        text = f"{field}={json.dumps(value, ensure_ascii=False, sort_keys=True)}"
        return hmac.new(self._plain, text.encode(), hashlib.sha256).hexdigest()


class MasterKey:
    """Wraps order keys. `secret`: any text from the environment; the key is its SHA-256."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESGCM(hashlib.sha256(secret.encode()).digest())

    def new(self, order_id: str) -> tuple[OrderKey, bytes]:
        """A fresh key for an order, and its wrapped form for the store."""
        plain = os.urandom(32)
        nonce = os.urandom(NONCE)
        return OrderKey(plain), nonce + self._cipher.encrypt(nonce, plain, order_id.encode())

    def unwrap(self, order_id: str, wrapped: bytes) -> OrderKey:
        """Raises `WrongMasterKey`."""
        try:
            return OrderKey(self._cipher.decrypt(wrapped[:NONCE], wrapped[NONCE:], order_id.encode()))
        except InvalidTag as error:
            raise WrongMasterKey from error
