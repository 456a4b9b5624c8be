"""Numbers of FEEL: 34 significant digits, half-even, as in IEEE 754 decimal128.

A number is a Python int or Decimal; the two mix freely and compare equal.  Ints are exact and fast and stand for
every integral result that fits 34 digits; a result that has no finite value is null.  A caller's float is read
by its shortest decimal text.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from .limits import MAX_DIGITS

PRECISE = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-MAX_DIGITS + 1, Emax=MAX_DIGITS, traps=[])
# For intermediate results of functions that add up many terms.
WIDE = Context(prec=50, rounding=ROUND_HALF_EVEN, Emin=-MAX_DIGITS + 1, Emax=MAX_DIGITS, traps=[])
INT_LIMIT = 10**34

Number = int | Decimal


def is_number(value: Any) -> bool:
    """Whether a FEEL value is a number (a boolean is not)."""
    kind = type(value)
    return kind is int or kind is Decimal or kind is float


def from_float(value: float) -> Number | None:
    """The number a float is written as; null for NaN and infinities."""
    return Decimal(repr(value)) if math.isfinite(value) else None


def rounded(value: Decimal) -> Decimal | None:
    """`value` with 34 digits, or null when it overflows."""
    result = PRECISE.plus(value)
    return result if result.is_finite() else None


def settle(value: Number) -> Number | None:
    """A computed number brought back into range: ints up to 34 digits stay ints, the rest is rounded."""
    if type(value) is int:
        if -INT_LIMIT < value < INT_LIMIT:
            return value
        return rounded(Decimal(value))
    return rounded(value) if isinstance(value, Decimal) else value


def add(left: Number, right: Number) -> Number | None:
    """left + right"""
    if type(left) is int and type(right) is int:
        return settle(left + right)
    return _finite(PRECISE.add(Decimal(left), Decimal(right)))


def subtract(left: Number, right: Number) -> Number | None:
    """left - right"""
    if type(left) is int and type(right) is int:
        return settle(left - right)
    return _finite(PRECISE.subtract(Decimal(left), Decimal(right)))


def multiply(left: Number, right: Number) -> Number | None:
    """left * right"""
    if type(left) is int and type(right) is int:
        return settle(left * right)
    return _finite(PRECISE.multiply(Decimal(left), Decimal(right)))


def divide(left: Number, right: Number) -> Number | None:
    """left / right; null when right is zero."""
    if right == 0:
        return None
    if type(left) is int and type(right) is int and left % right == 0:
        return left // right
    return _finite(PRECISE.divide(Decimal(left), Decimal(right)))


def power(base: Number, exponent: Number) -> Number | None:
    """base ** exponent, within 34 digits; null where there is no real, finite value."""
    if base == 0 and exponent == 0:
        return 1
    return tidy(PRECISE.power(Decimal(base), Decimal(exponent)))


def floor_modulo(left: Number, right: Number) -> Number | None:
    """left - right * floor(left / right): the sign follows the divisor."""
    if right == 0:
        return None
    if type(left) is int and type(right) is int:
        return left % right
    whole = WIDE.divide(Decimal(left), Decimal(right)).to_integral_value(rounding="ROUND_FLOOR")
    return _finite(PRECISE.plus(WIDE.subtract(Decimal(left), WIDE.multiply(Decimal(right), whole))))


def tidy(value: Decimal) -> Number | None:
    """A finite decimal, as an int when it is one and is short."""
    if not value.is_finite():
        return None
    if value == value.to_integral_value() and abs(value) < INT_LIMIT:
        return int(value)
    return value


def _finite(value: Decimal) -> Decimal | None:
    return value if value.is_finite() else None


def text_of(value: Number) -> str:
    """A number in plain decimal notation, without trailing zeros after the point."""
    if type(value) is int:
        return str(value)
    number = Decimal(value)
    if number == 0:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def whole(value: Any) -> int | None:
    """An integral number as int, else None."""
    if type(value) is int:
        return value
    if type(value) is float:
        value = from_float(value)
    if isinstance(value, Decimal) and value.is_finite() and abs(value) < INT_LIMIT:
        return int(value) if value == value.to_integral_value() else None
    return None
