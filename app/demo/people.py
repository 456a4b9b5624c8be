"""Demo people: somebody for every duty that the pack names, with the one demo password.

Logins are the duty: `role` in the office, `role.unit` in a unit. Some people hold several duties, as people do: whoever
handles in a small unit also signs for it, and one person stands in for everybody in the office.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from random import Random

from app.platform import Platform
from app.settings import DEMO_PASSWORD
from app.web.context import SEES_ALL
from app.web.passwords import hash_password
from processes.people import Actor, Duty
from processes.regulation import Regulation

SEED = 12345
FULL_UNITS = 8
"""Units in which every duty has a person of its own."""

SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡余于叶蒋杜苏魏程吕丁沈任姚卢"
GIVEN = [
    *[
        "建国",
        "秀英",
        "志强",
        "丽华",
        "伟",
        "芳",
        "敏",
        "静",
        "磊",
        "洋",
        "艳",
        "勇",
        "军",
        "杰",
        "娟",
        "涛",
        "明",
        "超",
    ],
    *["霞", "平", "刚", "桂兰", "晓东", "海燕", "文博", "思远", "子涵", "雨桐", "欣怡", "浩然", "梓轩", "俊杰", "佳琪"],
    *["雪梅", "玉珍", "国栋", "红梅", "建华", "丽娟", "春燕", "晓明", "志远", "嘉怡", "宇航", "诗雨", "立新", "永强"],
    *["慧敏", "少华", "晓燕", "婷婷", "家豪", "晨曦", "若兰"],
]


def enter_people(platform: Platform, office: str, now: datetime) -> int:
    """Enter the demo people of an office; returns how many are new."""
    regulation = platform.library.in_force(office, now)
    units = [str(row["id"]) for row in platform.read.units(office)]
    names = _names(Random(f"{SEED}:{office}"))
    password: str | None = None
    new = 0
    for login, duties in _duties(regulation, units):
        name = next(names)
        theirs = _login(platform, office, login)
        if platform.people.by_login(theirs) is not None:
            continue
        # One password and one demo: its hash is made once, for hashing is slow on purpose.
        password = password or hash_password(DEMO_PASSWORD)
        platform.people.add(theirs, name, password, duties, demo=True)
        new += 1
    return new


def demo_people(platform: Platform, office: str) -> list[Actor]:
    """The demo people who hold a duty in the office, by login."""
    users = [user for user in platform.people.all() if user["demo"] and not user["disabled"]]
    return [
        Actor(user["login"], user["name"], tuple(user["duties"]))
        for user in users
        if any(duty.office == office for duty in user["duties"])
    ]


def name_of(rng: Random) -> str:
    """A Chinese name."""
    return rng.choice(SURNAMES) + rng.choice(GIVEN)


def phone_of(rng: Random) -> str:
    """A mobile number out of a block that begins like no issued one that anybody knows by heart."""
    return f"1380000{rng.randrange(10_000):04d}"


def _login(platform: Platform, office: str, login: str) -> str:
    """`login`, or with the office in front where another office's person has it already."""
    user = platform.people.by_login(login)
    if user is None or any(duty.office == office for duty in platform.people.duties(user["id"])):
        return login
    return f"{office}.{login}"


def _duties(regulation: Regulation, units: list[str]) -> Iterator[tuple[str, list[Duty]]]:
    """Login and duties of everybody, in a fixed order."""
    office, roles = regulation.office, regulation.roles
    in_office = [role for role, said in roles.items() if said.get("sees") == "office"]
    for role in in_office:
        yield role, [Duty(office, role)]
    yield "stand_in", [Duty(office, role) for role in in_office]
    in_units = [role for role, said in roles.items() if said.get("sees") == "unit"]
    working = _working_roles(regulation, in_units)
    full = set(Random(SEED).sample(units, min(FULL_UNITS, len(units))))
    for unit in units if working else ():
        if unit in full:
            for role in in_units:
                yield f"{role}.{unit}", [Duty(office, role, unit)]
        else:
            yield f"{working[0]}.{unit}", [Duty(office, role, unit) for role in working]
    for role in sorted(SEES_ALL):
        yield role, [Duty(office, role)]


def _working_roles(regulation: Regulation, in_units: Iterable[str]) -> list[str]:
    """The roles of units that do the tasks of the main line, the busiest first."""
    tasks = [e for e in regulation.definitions.processes[regulation.main].elements.values() if e.type == "userTask"]
    counted = Counter(role for task in tasks for role in task.roles)
    return sorted((role for role in in_units if counted[role]), key=lambda role: -counted[role])


def _names(rng: Random) -> Iterator[str]:
    """Names without doubles."""
    used: set[str] = set()
    while True:
        name = name_of(rng)
        if name not in used:
            used.add(name)
            yield name
