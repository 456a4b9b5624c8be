"""What a replay comes to: counts of orders and commands, how answers kept their limits, and the time it took.

Orders, answers in time, late answers, supervision and working days describe every order of the file that the database
now holds; steps, deadlines fired and seconds are this run's. Working days are counted from the day of receipt (not
counted) to the day of the answer. An answer is late when the limit its task worked under had passed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from app.replaying.run import COMMANDS_PER_COMMIT, Done
from persistence.replays import Fared
from processes.regulation import Regulation
from timers.calendar import Calendar

SUPERVISION = "supervision"
"""Process that supervises an order (`bpmn/common`)."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures, as printed with `--json`. Days are None when nothing was answered."""

    orders: int
    steps: int
    deadlines_fired: int
    completed_on_time: int
    completed_late: int
    supervised: int
    median_working_days: float | None
    p90_working_days: int | None
    seconds: float
    orders_per_second: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def figures(
    done: Done, fared: Iterable[Fared], ids: Collection[str], regulation: Regulation, calendar: Calendar, seconds: float
) -> Figures:
    """`fared`: what the database holds; `ids`: the orders of this file; `seconds`: wall time of this run."""
    ours = [one for one in fared if one.order_id in ids]
    answered = [one for one in ours if one.done_at is not None]
    late = [one for one in answered if one.due_at is not None and one.done_at is not None and one.done_at > one.due_at]
    days = sorted(_working_days(one, regulation, calendar) for one in answered)
    return Figures(
        orders=len(ours),
        steps=done.steps,
        deadlines_fired=done.deadlines_fired,
        completed_on_time=len(answered) - len(late),
        completed_late=len(late),
        supervised=sum(1 for one in ours if one.started.get(SUPERVISION)),
        median_working_days=median(days) if days else None,
        p90_working_days=_ninth_tenth(days),
        seconds=round(seconds, 2),
        orders_per_second=round(done.orders / seconds, 1) if seconds else 0.0,
    )


def lines(found: Figures, done: Done) -> list[str]:
    """The figures for people."""
    open_still = found.orders - found.completed_on_time - found.completed_late
    return [
        f"工单 {found.orders} 张（其中 {done.finished_before} 张此前已办完），命令 {found.steps} 条，"
        f"触发时限 {found.deadlines_fired} 次；每 {COMMANDS_PER_COMMIT} 条命令合为一次提交。",
        f"按时答复 {found.completed_on_time}，逾期答复 {found.completed_late}，未答复 {open_still}，"
        f"转督办 {found.supervised}。",
        f"答复用时（工作日）：中位数 {_said(found.median_working_days)}，九成在 {_said(found.p90_working_days)} 以内。",
        f"用时 {found.seconds:.1f} 秒，每秒 {found.orders_per_second} 张工单。",
        f"{found.orders} orders, {found.steps} commands in commits of {COMMANDS_PER_COMMIT}, "
        f"{found.deadlines_fired} deadlines fired; {found.completed_on_time} on time, {found.completed_late} late, "
        f"{found.supervised} supervised; {found.seconds:.1f} s.",
    ]


def _working_days(one: Fared, regulation: Regulation, calendar: Calendar) -> int:
    if one.done_at is None:
        raise ValueError(one.order_id)
    first = one.received_at.astimezone(regulation.zone).date().toordinal()
    last = one.done_at.astimezone(regulation.zone).date().toordinal()
    return calendar.working_between(first, last)


def _ninth_tenth(days: Sequence[int]) -> int | None:
    """The smallest number of days within which nine tenths were answered."""
    return days[-(-len(days) * 9 // 10) - 1] if days else None


def _said(days: float | None) -> str:
    return "—" if days is None else f"{days:g}"
