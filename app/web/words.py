"""Dates, masks and small words as the office writes them, in the language of the request."""

from __future__ import annotations

from datetime import datetime, tzinfo

from app.web.language import _, language
from persistence.mine import MOST_COUNTED
from timers.words import day_words


def moment(at: datetime, zone: tzinfo, now: datetime) -> str:
    """`10月13日（周二）17:30`; the year when it is not this one. `at`, `now`: aware."""
    local = at.astimezone(zone)
    day = day_words(local.date(), language(), now.astimezone(zone).year)
    return f"{day} {local:%H:%M}" if language() == "en" else f"{day}{local:%H:%M}"


def short_moment(at: datetime, zone: tzinfo, now: datetime) -> str:
    """For lists and the story: `今天 17:30`, `10月12日 10:31`, with the year when it is another."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return _("今天 %(clock)s", clock=f"{local:%H:%M}")
    if language() == "en":
        year = f" {local.year}" if local.year != today.year else ""
        return f"{local.day} {local:%b}{year} {local:%H:%M}"
    year = f"{local.year}年" if local.year != today.year else ""
    return f"{year}{local.month}月{local.day}日 {local:%H:%M}"


def exact_moment(at: datetime, zone: tzinfo) -> str:
    """For the audit: `2026-10-13 17:30:00`, local time of the office."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def size_words(size: int) -> str:
    """`870 B`, `12 KB`, `1.5 MB`. `size`: bytes."""
    if size < 1024:
        return f"{size} B"
    return f"{size / 1024:.0f} KB" if size < 1024 * 1024 else f"{size / (1024 * 1024):.1f} MB"


def masked(kind: str, value: str) -> str:
    """A personal value as everybody may see it: the surname, 3 + 4 digits of a phone, 4 + 2 of an ID number."""
    if not value:
        return "—"
    if kind == "phone":
        return f"{value[:3]}****{value[-4:]}" if len(value) >= 10 else "****" + value[-2:]
    if kind == "id_number":
        return f"{value[:4]}{'*' * max(len(value) - 6, 4)}{value[-2:]}"
    return f"{value[0]}**"


def counted(n: int) -> str:
    """A count; where counting stops it says that there may be more."""
    return f"{MOST_COUNTED - 1}+" if n >= MOST_COUNTED else str(n)
