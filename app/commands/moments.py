"""Instants as one types them: a date, or a date and time, in the office's zone unless an offset is written."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from app.commands.failing import BadInput


def instant(text: str, zone: ZoneInfo, option: str) -> datetime:
    """Aware. A bare date means 00:00. Raises `BadInput` naming the option."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"{option}：“{text}”不是日期或时间，应写作 2026-09-28 或 2026-09-28T11:00:00+08:00。",
            f"{option}: {text!r} is no date or time; write 2026-09-28 or 2026-09-28T11:00:00+08:00.",
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=zone)
