"""Why a due time is what it is, in sentences.

The counting (`due`) records what it did as lines: a code and JSON-able parameters. Here every code has its
sentence in Chinese and in English, so that a line stored years ago can be read in either language. Dates
are ISO local dates, `at` is an ISO local date and time. A year is said where it changes: with the first date, and
again with every date of another year than the one before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

Lang = Literal["zh", "en"]


class Line(NamedTuple):
    """One thing the counting did. `code`: see `_ZH`; `params`: JSON-able."""

    code: str
    params: Mapping[str, Any]


class _Year:
    """The year that was said last."""

    def __init__(self) -> None:
        self._said = 0

    def turn(self, year: int) -> int:
        """The year said last; from now on it is `year`."""
        before, self._said = self._said, year
        return before


def sentences(lines: Iterable[Line], lang: Lang = "zh") -> list[str]:
    """The lines of one explanation in words."""
    every, year = _EN if lang == "en" else _ZH, _Year()
    return [every[line.code](line.params, year) for line in lines]


_WEEKDAYS_ZH = "一二三四五六日"
_UNITS_ZH = {"min": "分钟", "h": "小时", "wd": "个工作日", "d": "天", "month": "个月", "year": "年"}
_UNITS_EN = {"min": "minute", "h": "hour", "wd": "working day", "d": "day", "month": "month", "year": "year"}
_HOLIDAYS_EN = {
    "元旦": "New Year's Day",
    "春节": "Spring Festival",
    "清明节": "Tomb-sweeping Day",
    "劳动节": "Labour Day",
    "端午节": "Dragon Boat Festival",
    "中秋节": "Mid-autumn Festival",
    "国庆节": "National Day",
}


def limit_words(value: int, unit: str, lang: str = "zh") -> str:
    """`10 个工作日` / `10 working days`."""
    if lang == "en":
        return f"{value} {_UNITS_EN[unit]}{'' if value == 1 else 's'}"
    return f"{value} {_UNITS_ZH[unit]}"


def day_words(day: date, lang: str, year: int) -> str:
    """`10月10日（周六）` / `Sat 10 Oct`, with the year when it is not `year`."""
    foreign = day.year != year
    if lang == "en":
        return f"{day:%a} {day.day} {day:%b}{f' {day.year}' if foreign else ''}"
    return f"{f'{day.year}年' if foreign else ''}{day.month}月{day.day}日（周{_WEEKDAYS_ZH[day.weekday()]}）"


def _zh(text: str, year: _Year) -> str:
    day = date.fromisoformat(text)
    return day_words(day, "zh", year.turn(day.year))


def _en(text: str, year: _Year) -> str:
    day = date.fromisoformat(text)
    return day_words(day, "en", year.turn(day.year))


def _at_zh(at: str, year: _Year) -> str:
    moment = datetime.fromisoformat(at)
    return f"{day_words(moment.date(), 'zh', year.turn(moment.year))}{_clock(moment)}"


def _at_en(at: str, year: _Year) -> str:
    moment = datetime.fromisoformat(at)
    return f"{day_words(moment.date(), 'en', year.turn(moment.year))} {_clock(moment)}"


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"


def _stretch_zh(first: str, last: str, year: _Year) -> str:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    said = f"{f'{begin.year}年' if year.turn(begin.year) != begin.year else ''}{begin.month}月{begin.day}日"
    if end == begin:
        return said
    ending = f"{f'{end.year}年' if year.turn(end.year) != end.year else ''}"
    return f"{said}–{ending}{'' if end.month == begin.month else f'{end.month}月'}{end.day}日"


def _stretch_en(first: str, last: str, year: _Year) -> str:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    # In English the year stands behind: the one year of a stretch is said once, at its end.
    begun = f" {begin.year}" if begin.year != end.year and year.turn(begin.year) != begin.year else ""
    said = f"{end.day} {end:%b}{f' {end.year}' if year.turn(end.year) != end.year else ''}"
    if end == begin:
        return said
    return f"{begin.day}{'' if end.month == begin.month else f' {begin:%b}{begun}'}–{said}"


def _holiday_zh(name: str) -> str:
    return name or "放假"


def _holiday_en(name: str) -> str:
    return _HOLIDAYS_EN.get(name, name) or "holiday"


def _ends_zh(p: Mapping[str, Any], _: _Year) -> str:
    ends = {
        "close": f"{p['time']} 下班时",
        "midnight": "当日 24:00",
        "same_time": f"与起算同一时刻 {p['time']}",
        "day_end": f"当日非工作日，{p['time']}",
    }
    return f"{ends[p['mode']]}{'届满' if p['ends'] else ''}"


def _ends_en(p: Mapping[str, Any], _: _Year) -> str:
    ends = {
        "close": f"at close of business, {p['time']}",
        "midnight": "at 24:00 of the day",
        "same_time": f"at the same time of day, {p['time']}",
        "day_end": f"at {p['time']}, not being a working day",
    }
    return f"{'ends ' if p['ends'] else ''}{ends[p['mode']]}"


def _day_off_zh(name: str) -> str:
    return name or "休息日"


def _day_off_en(name: str) -> str:
    return _HOLIDAYS_EN.get(name, name) or "a day off"


def _years(p: Mapping[str, Any], joint: str) -> str:
    return joint.join(str(year) for year in p["years"])


_Sentence = Callable[[Mapping[str, Any], _Year], str]

_ZH: dict[str, _Sentence] = {
    "anchor": lambda p, y: f"起算：{_at_zh(p['at'], y)}",
    "after": lambda p, y: f"自前一期限届满日起算：{_at_zh(p['at'], y)}",
    "before": lambda p, y: f"自到期日向前推算：{_at_zh(p['at'], y)}",
    "extend": lambda p, y: f"自原到期日延长：{_at_zh(p['at'], y)}",
    "share": lambda p, y: f"自{_at_zh(p['at'], y)}至{_at_zh(p['due'], y)}，剩余 {p['percent']}% 时",
    "excluded": lambda p, y: "当日不计",
    "first": lambda p, y: f"第 1 个工作日：{_zh(p['date'], y)}",
    "holiday": lambda p, y: f"跳过 {_stretch_zh(p['first'], p['last'], y)} {_holiday_zh(p['name'])}",
    "weekends": lambda p, y: f"跳过周末 {'、'.join(_stretch_zh(a, b, y) for a, b in p['days'])}",
    "makeup": lambda p, y: f"{_zh(p['date'], y)}为调休上班日，计入",
    "last": lambda p, y: f"第 {p['n']} 个工作日：{_zh(p['date'], y)}",
    "backwards": lambda p, y: f"到期日前 {limit_words(p['n'], p['unit'])}：{_zh(p['date'], y)}",
    "left": lambda p, y: f"共 {p['of']} 个工作日，还剩 {p['n']} 个工作日：{_zh(p['date'], y)}",
    "natural": lambda p, y: f"自然日连续计算，第 {p['n']} 天：{_zh(p['date'], y)}",
    "same_day": lambda p, y: f"当日：{_zh(p['date'], y)}",
    "corresponding": lambda p, y: f"满 {limit_words(p['n'], p['unit'])}的对应日：{_zh(p['date'], y)}",
    "month_end": lambda p, y: f"满 {limit_words(p['n'], p['unit'])}没有对应日，以月末为准：{_zh(p['date'], y)}",
    "rolled": lambda p, y: f"{_zh(p['from'], y)}为{_day_off_zh(p['name'])}，顺延至{_zh(p['to'], y)}",
    "unrolled": lambda p, y: f"{_zh(p['date'], y)}为{_day_off_zh(p['name'])}，本期限不顺延",
    "running": lambda p, y: f"{limit_words(p['n'], p['unit'])}，昼夜连续计算，节假日不停",
    "ends": _ends_zh,
    "ends_at": lambda p, y: f"{_at_zh(p['at'], y)}届满",
    "falls_at": lambda p, y: f"即{_at_zh(p['at'], y)}",
    "capped": lambda p, y: f"不晚于{_at_zh(p['at'], y)}",
    "calendar": lambda p, y: f"历法：{'、'.join([*p['sources'], '版本 ' + p['version']])}",
    "provisional": lambda p, y: (
        f"暂定：{_years(p, '、')} 年放假安排尚未公布，按周一至周五上班、1月1日放假推算，公布后重新计算"
    ),
}

_EN: dict[str, _Sentence] = {
    "anchor": lambda p, y: f"counted from {_at_en(p['at'], y)}",
    "after": lambda p, y: f"counted from the day the earlier limit ends: {_at_en(p['at'], y)}",
    "before": lambda p, y: f"counted back from the due day: {_at_en(p['at'], y)}",
    "extend": lambda p, y: f"extended from the original due day: {_at_en(p['at'], y)}",
    "share": lambda p, y: f"when {p['percent']}% is left between {_at_en(p['at'], y)} and {_at_en(p['due'], y)}",
    "excluded": lambda p, y: "that day is not counted",
    "first": lambda p, y: f"working day 1: {_en(p['date'], y)}",
    "holiday": lambda p, y: f"skipped {_stretch_en(p['first'], p['last'], y)}, {_holiday_en(p['name'])}",
    "weekends": lambda p, y: f"skipped weekends {', '.join(_stretch_en(a, b, y) for a, b in p['days'])}",
    "makeup": lambda p, y: f"{_en(p['date'], y)} is a make-up workday and counts",
    "last": lambda p, y: f"working day {p['n']}: {_en(p['date'], y)}",
    "backwards": lambda p, y: f"{limit_words(p['n'], p['unit'], 'en')} before the due day: {_en(p['date'], y)}",
    "left": lambda p, y: f"{limit_words(p['n'], 'wd', 'en')} of {p['of']} left: {_en(p['date'], y)}",
    "natural": lambda p, y: f"natural days, day {p['n']}: {_en(p['date'], y)}",
    "same_day": lambda p, y: f"the same day: {_en(p['date'], y)}",
    "corresponding": lambda p, y: (
        f"the corresponding day after {limit_words(p['n'], p['unit'], 'en')}: {_en(p['date'], y)}"
    ),
    "month_end": lambda p, y: (
        f"no corresponding day after {limit_words(p['n'], p['unit'], 'en')}, so the month's end: {_en(p['date'], y)}"
    ),
    "rolled": lambda p, y: f"{_en(p['from'], y)} is {_day_off_en(p['name'])}, moved to {_en(p['to'], y)}",
    "unrolled": lambda p, y: f"{_en(p['date'], y)} is {_day_off_en(p['name'])}; this limit does not move",
    "running": lambda p, y: f"{limit_words(p['n'], p['unit'], 'en')} around the clock, holidays included",
    "ends": _ends_en,
    "ends_at": lambda p, y: f"ends {_at_en(p['at'], y)}",
    "falls_at": lambda p, y: f"that is {_at_en(p['at'], y)}",
    "capped": lambda p, y: f"but not after {_at_en(p['at'], y)}",
    "calendar": lambda p, y: f"calendar: {', '.join([*p['sources'], 'version ' + p['version']])}",
    "provisional": lambda p, y: (
        f"provisional: the holidays of {_years(p, ', ')} are not published; Monday to Friday are taken as "
        "worked, 1 January as off; recomputed on publication"
    ),
}
