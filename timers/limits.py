"""A limit is a number and a unit: 10 working days, 2 hours, 3 years.

Written short (`10wd`, `2h`, `30min`, `5d`, `1month`, `3y`; `1d@10:00` ends at that time of its last day) or as an ISO
8601 duration (`PT30M`, `P5D`, `P2W`). ISO days are natural days: the standard has no working day. A week is 7 natural
days. A duration that mixes days with hours, or months with days, is refused, because counting rules differ by unit and
the sum would have no single rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import time
from typing import Literal, get_args

from timers.errors import BadLimit

Unit = Literal["min", "h", "wd", "d", "month", "year"]

# Beyond these a limit is a slip of the pen: about a century in every unit that statutes use, ten years in
# those that are counted by the clock or by working days.
_MOST: dict[str, int] = {"min": 5_256_000, "h": 87_600, "wd": 2_500, "d": 36_525, "month": 1_200, "year": 100}

_SHORT = re.compile(r"(\d{1,9})\s*(min|h|wd|d|month|year|y)")
_ISO = re.compile(
    r"P(?:(?P<years>\d{1,9})Y)?(?:(?P<months>\d{1,9})M)?(?:(?P<weeks>\d{1,9})W)?(?:(?P<days>\d{1,9})D)?"
    r"(?P<time>T(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?(?:(?P<seconds>\d{1,9})S)?)?"
)


@dataclass(frozen=True, slots=True)
class Limit:
    """A length of time.

    `value`: how many of `unit` (minutes, hours, working days, natural days, months, years); at least 1, save
    that `0d` means the same day. `roll`: whether a natural-day, month or year limit that ends on a day off
    moves to the next working day; `None` leaves it to the pack. `clock`: the local time of the last day at which it
    ends, for limits in days ("the next day by 10:00"). Raises `BadLimit`.
    """

    value: int
    unit: Unit
    roll: bool | None = None
    clock: time | None = None

    def __post_init__(self) -> None:
        if self.unit not in get_args(Unit):
            raise BadLimit(f"不认识的时限单位“{self.unit}”", f"unknown unit of a limit: {self.unit!r}")
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise BadLimit(f"时限必须是整数：{self.value!r}", f"a limit is a whole number, not {self.value!r}")
        if self.clock is not None and self.unit not in ("d", "wd"):
            raise BadLimit(
                f"以{self.unit}计的时限不能写时刻 {self.clock:%H:%M}",
                f"a limit in {self.unit} cannot end at a time of day ({self.clock:%H:%M})",
            )
        least = 0 if self.unit == "d" else 1
        if not least <= self.value <= _MOST[self.unit]:
            raise BadLimit(
                f"时限 {self.value}{self.unit} 超出范围（{least} 至 {_MOST[self.unit]}）",
                f"limit {self.value}{self.unit} is out of bounds ({least} to {_MOST[self.unit]})",
            )

    def __str__(self) -> str:
        written = f"{self.value}{'y' if self.unit == 'year' else self.unit}"
        return written if self.clock is None else f"{written}@{self.clock:%H:%M}"

    @property
    def by_clock(self) -> bool:
        """True for minutes and hours, which run day and night; false for what is counted in days."""
        return self.unit in ("min", "h")


def parse_limit(text: str) -> Limit:
    """Read `10wd`, `3wd`, `2h`, `30min`, `5d`, `1month`, `3y`, `PT30M`, `PT24H`, `P5D`, `P2W`, `P1M`, `P3Y`.

    Raises `BadLimit`, with the text, when it is none of these.
    """
    written, _, clock = (part.strip() for part in text.partition("@"))
    if clock:
        return replace(parse_limit(written), clock=_clock(clock))
    if short := _SHORT.fullmatch(written):
        unit = short[2]
        return Limit(int(short[1]), "year" if unit == "y" else unit)  # type: ignore[arg-type]  # the pattern
    if iso := _ISO.fullmatch(written):
        return _from_iso(written, {name: int(n) for name, n in iso.groupdict().items() if n and n[0] != "T"})
    raise _unreadable(written)


def _clock(written: str) -> time:
    try:
        return time.fromisoformat(written)
    except ValueError:
        raise BadLimit(
            f"“{written[:20]}”不是时刻，应写作 10:00", f"{written[:20]!r} is no time of day; write 10:00"
        ) from None


def _from_iso(written: str, parts: dict[str, int]) -> Limit:
    named = set(parts)
    if not named or written.endswith("T"):
        raise _unreadable(written)
    if named <= {"hours", "minutes", "seconds"}:
        minutes, seconds = divmod(parts.get("seconds", 0), 60)
        minutes += parts.get("minutes", 0)
        if seconds:
            raise BadLimit(f"时限“{written}”不是整分钟", f"limit {written!r} is not a whole number of minutes")
        if minutes % 60 == 0 and "hours" in named:
            return Limit(parts["hours"] + minutes // 60, "h")
        return Limit(parts.get("hours", 0) * 60 + minutes, "min")
    if named <= {"weeks", "days"}:
        return Limit(parts.get("weeks", 0) * 7 + parts.get("days", 0), "d")
    if named == {"years"}:
        return Limit(parts["years"], "year")
    if named <= {"years", "months"}:
        return Limit(parts.get("years", 0) * 12 + parts["months"], "month")
    raise BadLimit(
        f"时限“{written}”混用了不同的计算单位，请只用一种",
        f"limit {written!r} mixes units that are counted by different rules; use one",
    )


def _unreadable(written: str) -> BadLimit:
    return BadLimit(
        f"看不懂时限“{written[:40]}”，应写作 10wd、2h、30min、5d、1month、3y 或 PT30M、P5D",
        f"cannot read the limit {written[:40]!r}; write 10wd, 2h, 30min, 5d, 1month, 3y or PT30M, P5D",
    )
