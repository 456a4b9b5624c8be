"""When duties come round: repeating intervals of ISO 8601, counted in the office's own zone.

`R/2023-01-01T00:00:00+08:00/P1M` begins at that instant and repeats every month: on the same day of the month, or the
month's last day where there is none. Pure; the store keeps what is due next.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_INTERVAL = re.compile(r"R\d*/(?P<start>[^/]+)/P(?P<n>\d{1,3})(?P<unit>[DWMY])")


class BadInterval(ValueError):
    """Not a repeating interval that we count."""

    def __init__(self, text: str) -> None:
        self.zh = f"周期“{text}”应写作 R/2023-01-01T00:00:00+08:00/P1M（D、W、M、Y）。"
        self.en = f"the interval {text!r} should read R/2023-01-01T00:00:00+08:00/P1M (D, W, M, Y)"
        super().__init__(self.en)


def check_interval(interval: str) -> None:
    """Raises `BadInterval` if the text is no repeating interval."""
    _parse(interval, ZoneInfo("UTC"))


def next_occurrence(interval: str, after: datetime, zone: ZoneInfo) -> datetime:
    """The first occurrence strictly after an instant. Raises `BadInterval`."""
    start, n, unit = _parse(interval, zone)
    local = after.astimezone(zone)
    if start > local:
        return start
    if unit in "DW":
        days = n * (7 if unit == "W" else 1)
        k = (local.date() - start.date()).days // days
        step = [start + timedelta(days=days * (k + more)) for more in (-1, 0, 1, 2)]
    else:
        months = n * (12 if unit == "Y" else 1)
        k = ((local.year - start.year) * 12 + local.month - start.month) // months
        step = [_months_later(start, months * (k + more)) for more in (-1, 0, 1, 2)]
    return next(at for at in step if at > local)


def period_before(interval: str, at: datetime, zone: ZoneInfo) -> tuple[date, date]:
    """First and last day of the period that ends when the occurrence `at` begins."""
    _, n, unit = _parse(interval, zone)
    local = at.astimezone(zone)
    if unit in "DW":
        first = local - timedelta(days=n * (7 if unit == "W" else 1))
    else:
        first = _months_later(local, -n * (12 if unit == "Y" else 1))
    return first.date(), local.date() - timedelta(days=1)


def _parse(interval: str, zone: ZoneInfo) -> tuple[datetime, int, str]:
    found = _INTERVAL.fullmatch(interval.strip())
    if found is None or int(found["n"]) < 1:
        raise BadInterval(interval)
    try:
        start = datetime.fromisoformat(found["start"])
    except ValueError as error:
        raise BadInterval(interval) from error
    start = start.replace(tzinfo=zone) if start.tzinfo is None else start.astimezone(zone)
    return start, int(found["n"]), found["unit"]


def _months_later(at: datetime, months: int) -> datetime:
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    day = min(at.day, calendar.monthrange(year, month + 1)[1])
    return at.replace(year=year, month=month + 1, day=day)
