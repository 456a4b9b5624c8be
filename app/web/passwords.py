"""Passwords: argon2id, and a pause that grows with every wrong guess.

The answer to a failed sign-in never tells why it failed: an unknown account costs the same time as a known one
(a hash of nobody is verified), a locked or disabled account is refused like a wrong password.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

FREE_GUESSES = 4
"""Wrong guesses in a row before an account has to wait."""
LONGEST_WAIT_MINUTES = 15

_hasher = PasswordHasher()


@cache
def _nobody() -> str:
    """A hash of no one's password, with today's parameters; made at the first sign-in, for it takes its time."""
    return _hasher.hash("a password that nobody has")


def hash_password(password: str) -> str:
    """Argon2id hash with its parameters and salt, as text to store."""
    return _hasher.hash(password)


def is_password(stored: str | None, password: str) -> bool:
    """True if `password` is the one behind `stored`. Without `stored` it takes as long and is False."""
    try:
        return _hasher.verify(stored or _nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def locked_until(failed_attempts: int, now: datetime) -> datetime | None:
    """Until when an account waits after this many wrong guesses in a row: 1, 2, 4, 8, then 15 minutes."""
    over = failed_attempts - FREE_GUESSES
    if over <= 0:
        return None
    return now + timedelta(minutes=min(2 ** min(over - 1, 10), LONGEST_WAIT_MINUTES))
