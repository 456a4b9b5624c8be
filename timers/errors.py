"""What can be wrong with a limit, a calendar notice or an instant: each error is a sentence in two
languages."""

from __future__ import annotations


class TimerError(ValueError):
    """`zh`, `en`: the same sentence for the person who has to correct the input."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en


class BadLimit(TimerError):
    """A limit is written wrongly or is out of bounds."""


class BadCounting(TimerError):
    """A time zone or a due mode of the counting rules does not exist."""


class BadInstant(TimerError):
    """An instant has no offset from UTC, or lies outside the years that can be counted."""


class BadCalendar(TimerError):
    """A stored calendar cannot be read."""


class BadNotice(TimerError):
    """A holiday notice cannot be read; `line` counts from 1, 0 when the fault has no single line."""

    def __init__(self, zh: str, en: str, line: int = 0) -> None:
        super().__init__(f"第 {line} 行：{zh}" if line else zh, f"line {line}: {en}" if line else en)
        self.line = line
