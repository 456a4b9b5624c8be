"""Functions of numbers: rounding, roots, logarithms, remainders."""

from __future__ import annotations

from datetime import timedelta
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)
from typing import Any

from ..arithmetic import negate
from ..limits import Work
from ..numbers import PRECISE, Number, floor_modulo, tidy, whole
from ..temporal import Months
from .signatures import built_in

# What these cost, in steps of the work.
ROOT_STEPS, EXP_STEPS, LOG_STEPS = 5, 20, 50

# Wide enough for any scale of a 34-digit number.
_ROUNDING = Context(prec=6_300, traps=[])
MAX_SCALE = 6_176


def _round(number: Number, scale: Number, how: str) -> Number | None:
    digits = whole(scale)
    if digits is None:
        digits = int(scale)
    if not -6_111 <= digits <= MAX_SCALE:
        return None
    value = Decimal(number)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= digits:
        return tidy(value)
    return tidy(value.quantize(Decimal(1).scaleb(-digits, _ROUNDING), rounding=how, context=_ROUNDING))


@built_in("decimal", "n: number, scale: number")
def decimal(n: Number, scale: Number) -> Number | None:
    """n to `scale` decimals, half to even."""
    return _round(n, scale, ROUND_HALF_EVEN)


@built_in("floor", "n: number, scale?: number")
def floor(n: Number, scale: Number = 0) -> Number | None:
    """The greatest number of that scale not above n."""
    return _round(n, scale, ROUND_FLOOR)


@built_in("ceiling", "n: number, scale?: number")
def ceiling(n: Number, scale: Number = 0) -> Number | None:
    """The least number of that scale not below n."""
    return _round(n, scale, ROUND_CEILING)


@built_in("round up", "n: number, scale: number")
def round_up(n: Number, scale: Number) -> Number | None:
    """Away from zero."""
    return _round(n, scale, ROUND_UP)


@built_in("round down", "n: number, scale: number")
def round_down(n: Number, scale: Number) -> Number | None:
    """Toward zero."""
    return _round(n, scale, ROUND_DOWN)


@built_in("round half up", "n: number, scale: number")
def round_half_up(n: Number, scale: Number) -> Number | None:
    """To the nearest, halves away from zero."""
    return _round(n, scale, ROUND_HALF_UP)


@built_in("round half down", "n: number, scale: number")
def round_half_down(n: Number, scale: Number) -> Number | None:
    """To the nearest, halves toward zero."""
    return _round(n, scale, ROUND_HALF_DOWN)


@built_in("abs", "n: number|days and time duration|years and months duration")
def absolute(n: Any) -> Any:
    """The value without its sign."""
    if isinstance(n, Months):
        return Months(abs(n.months))
    if isinstance(n, timedelta):
        return negate(n) if n < timedelta(0) else n
    return abs(n) if isinstance(n, int | Decimal) else None


@built_in("modulo", "dividend: number, divisor: number")
def modulo(dividend: Number, divisor: Number) -> Number | None:
    """The remainder with the sign of the divisor."""
    return floor_modulo(dividend, divisor)


@built_in("sqrt", "number: number", work=True)
def square_root(work: Work, number: Number) -> Number | None:
    """The root; null below zero."""
    work.spend(ROOT_STEPS)
    return tidy(PRECISE.sqrt(Decimal(number)))


@built_in("log", "number: number", work=True)
def logarithm(work: Work, number: Number) -> Number | None:
    """The natural logarithm; null unless positive."""
    work.spend(LOG_STEPS)
    return tidy(PRECISE.ln(Decimal(number)))


@built_in("exp", "number: number", work=True)
def exponential(work: Work, number: Number) -> Number | None:
    """e to that power."""
    work.spend(EXP_STEPS)
    return tidy(PRECISE.exp(Decimal(number)))


@built_in("odd", "number: number")
def odd(number: Number) -> bool | None:
    """Whether an integer is odd."""
    value = whole(number)
    return None if value is None else value % 2 == 1


@built_in("even", "number: number")
def even(number: Number) -> bool | None:
    """Whether an integer is even."""
    value = whole(number)
    return None if value is None else value % 2 == 0
