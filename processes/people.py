"""Who acts: an actor and the duties they hold.

A *duty* is a role held in a unit of an office (派单员 in the hotline centre, 经办人 in the housing bureau). One
person may hold several. Seeing and doing are two questions, and `duties` answers both: `may_see` an order, `may_do` a
task. Timers and the platform itself act as `SYSTEM`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Duty:
    """`role` in `unit` of `office`. `unit` is None for duties of the hotline centre that sit in no unit."""

    office: str
    role: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """The person (or the platform) that a command is done by. `user` is the stable id that the journal keeps.

    `is_system`: the platform itself, which needs no duty. Never decided by a name: a name can be taken.
    """

    user: str
    name: str
    duties: tuple[Duty, ...] = ()
    is_system: bool = False

    def roles(self, office: str) -> set[str]:
        """Role codes held anywhere in the office."""
        return {duty.role for duty in self.duties if duty.office == office}

    def units(self, office: str) -> set[str]:
        """Ids of the units in which the actor holds any duty."""
        return {duty.unit for duty in self.duties if duty.office == office and duty.unit}

    def holds(self, office: str, roles: Collection[str], unit: str | None) -> bool:
        """True if one duty matches: one of `roles`, and in `unit` when the duty sits in a unit."""
        return any(
            duty.office == office and duty.role in roles and (unit is None or duty.unit == unit) for duty in self.duties
        )


SYSTEM = Actor("system", "系统", is_system=True)


def is_reserved(login_or_name: str) -> bool:
    """True for what the platform is called in journals and on pages, in any case of letters: no person may be."""
    return login_or_name.strip().casefold() in (SYSTEM.user, SYSTEM.name)


def offices(duties: Iterable[Duty]) -> list[str]:
    """Offices in which the duties lie, sorted."""
    return sorted({duty.office for duty in duties})
