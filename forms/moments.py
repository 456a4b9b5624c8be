"""Dates and times as people and programs write them, kept as ISO 8601 text.

A date and time without an offset is local time of the pack; one with an offset is brought to that zone, so
that all stored moments of an office read alike. Chinese spelling (2026年9月29日 9时30分) and slashes are
understood, because the form must also work where the browser offers no date picker.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any, Literal

from wtforms.validators import ValidationError

from forms.messages import Message
from forms.text import fold_code

Subtype = Literal["date", "time", "datetime"]
SUBTYPES: tuple[Subtype, ...] = ("date", "time", "datetime")

CHINA_TIME = timezone(timedelta(hours=8))

_FIRST_YEAR, _LAST_YEAR = 1900, 2999
_LONGEST_TYPED = 60
_DATE = r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
_CLOCK = r"(\d{1,2})(?::|时|点)(\d{1,2})?(?::|分)?(?:(\d{1,2})(?:[.,]\d{1,9})?秒?)?"
_OFFSET = r"\s*(Z|[+-]\d{2}:?\d{2})?(?:\[[\w/+-]{1,40}\])?"
_DATE_ONLY = re.compile(_DATE, re.ASCII)
_TIME_ONLY = re.compile(_CLOCK, re.ASCII)
_BOTH = re.compile(rf"{_DATE}(?:\s*T\s*|\s*){_CLOCK}{_OFFSET}", re.ASCII)


def read_moment(raw: Any, subtype: Subtype, zone: tzinfo) -> str | None:
    """ISO text: `2026-09-29`, `09:30:00` or `2026-09-29T09:30:00+08:00`; None when nothing was given.

    `raw`: text, `date`, `time` or `datetime`. Raises `ValidationError`: `not_date`, `not_time`,
    `not_datetime`.
    """
    if raw is None or raw == "":
        return None
    try:
        moment = parse_moment(raw, subtype, zone)
    except (ValueError, OverflowError):
        raise ValidationError(Message(f"not_{subtype}")) from None
    return None if moment is None else moment.isoformat()


def parse_moment(raw: Any, subtype: Subtype, zone: tzinfo) -> date | time | datetime | None:
    """The value as `date`, `time` (naive, whole seconds) or `datetime` in `zone`. Raises `ValueError`."""
    if isinstance(raw, str):
        text = fold_code(raw[:_LONGEST_TYPED])
        return _from_text(text, subtype, zone) if text else None
    if isinstance(raw, datetime):
        local = _localised(raw, zone)
        return local if subtype == "datetime" else local.date() if subtype == "date" else local.time()
    if isinstance(raw, date) and subtype == "date":
        return raw
    if isinstance(raw, time) and subtype == "time":
        return raw.replace(tzinfo=None, microsecond=0)
    raise ValueError(raw)


def input_text(iso: str, subtype: Subtype) -> str:
    """Stored ISO text as a browser's date and time inputs want it: no offset, no seconds when they are
    zero.
    """
    if subtype == "date":
        return iso
    plain = iso[:19] if subtype == "datetime" else iso[:8]
    return plain[:-3] if plain.endswith(":00") else plain


def spoken(moment: date | time | datetime) -> str:
    """The moment for a sentence: `2026-09-29 09:30`."""
    if isinstance(moment, datetime):
        return moment.strftime("%Y-%m-%d %H:%M")
    return moment.strftime("%H:%M") if isinstance(moment, time) else moment.isoformat()


def _from_text(text: str, subtype: Subtype, zone: tzinfo) -> date | time | datetime:
    if subtype == "time":
        clock = _TIME_ONLY.fullmatch(text)
        if clock is None:
            raise ValueError(text)
        hour, minute, second = _numbers(clock.groups())
        return time(hour, minute, second)
    if subtype == "date":
        day = _DATE_ONLY.fullmatch(text)
        if day is None:
            # A stored moment is a fair answer to "which day": programs send it, calendars give it.
            return _from_both(text, zone).date()
        return _in_range(date(*_numbers(day.groups())))
    return _from_both(text, zone)


def _from_both(text: str, zone: tzinfo) -> datetime:
    both = _BOTH.fullmatch(text)
    if both is None:
        raise ValueError(text)
    *numbers, offset = both.groups()
    naive = datetime(*_numbers(numbers))  # type: ignore[arg-type]  # six or fewer whole numbers, none a tzinfo
    return _localised(naive if offset is None else naive.replace(tzinfo=_offset(offset)), zone)


def _localised(moment: datetime, zone: tzinfo) -> datetime:
    _in_range(moment)
    aware = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    return aware.replace(microsecond=0) if aware.microsecond else aware


def _in_range(day: date) -> date:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(day)
    return day


@lru_cache(maxsize=64)
def _offset(text: str) -> tzinfo:
    if text == "Z":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _numbers(groups: Any) -> list[int]:
    return [int(group or 0) for group in groups]
