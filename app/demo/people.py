"""Demo people: somebody for every duty that the pack names, with the one demo password.

Logins are the duty: `role` in the office, `role.unit` in a unit. In every unit somebody holds each duty of the main
line; the rarer ones are held in a few units only, or where the pack says. One person stands in for everybody in the
office.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from random import Random
from typing import Any

from app.demo.told import told_of
from app.platform import Platform
from app.settings import DEMO_PASSWORD
from app.web.context import SEES_ALL
from app.web.passwords import hash_password
from processes.engine.diagram import Process
from processes.people import Actor, Duty
from processes.regulation import Regulation

SEED = 12345
FULL_UNITS = 8
"""Units in which also the duties beside the main line are held."""

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
    units = platform.read.units(office)
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
    return [
        Actor(user["login"], user["name"], tuple(user["duties"]))
        for user in platform.people.of_office(office)
        if user["demo"] and not user["disabled"]
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


def _duties(regulation: Regulation, units: list[Mapping[str, Any]]) -> Iterator[tuple[str, list[Duty]]]:
    """Login and duties of everybody, in a fixed order."""
    office, roles = regulation.office, regulation.roles
    in_office = [role for role, said in roles.items() if said.get("sees") == "office"]
    for role in in_office:
        yield role, [Duty(office, role)]
    yield "stand_in", [Duty(office, role) for role in in_office]
    rng = Random(SEED)
    full = {unit["id"] for unit in rng.sample(units, min(FULL_UNITS, len(units)))}
    in_units = [role for role, said in roles.items() if said.get("sees") == "unit"]
    daily, named = _roles_of_tasks(_main_line(regulation)), _roles_of_tasks(regulation.processes())
    posts: dict[str, list[str]] = told_of(regulation.pack).get("posts", {})
    for role in in_units:
        if role in posts:
            chosen = [unit for unit in units if unit["id"] in posts[role]]
        elif role in daily:
            chosen = units
        elif role in named:
            chosen = [unit for unit in units if unit["id"] in full]
        else:
            chosen = [rng.choice([unit for unit in units if unit["level"] != "city"] or units)]
        for unit in chosen:
            yield f"{role}.{unit['id']}", [Duty(office, role, str(unit["id"]))]
    for role in sorted(SEES_ALL):
        yield role, [Duty(office, role)]


def _main_line(regulation: Regulation) -> list[Process]:
    """The main process and all that it calls."""
    processes = regulation.definitions.processes
    found = [regulation.main]
    for id in found:
        called = (element.called for element in processes[id].elements.values())
        found += [one for one in dict.fromkeys(called) if one and one not in found]
    return [processes[id] for id in found]


def _roles_of_tasks(processes: Iterable[Process]) -> set[str]:
    """The roles that do the user tasks of these processes."""
    return {role for process in processes for element in process.elements.values() for role in element.roles}


def _names(rng: Random) -> Iterator[str]:
    """Names without doubles."""
    used: set[str] = set()
    while True:
        name = name_of(rng)
        if name not in used:
            used.add(name)
            yield name
