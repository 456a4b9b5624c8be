"""Everybody else: at every step, those who do not hold the duty neither see the act nor get its form.

Two people are asked at each step, once per step of the regulation: somebody of another role who sees as much of the
order as the one who acts (same unit), and, where the duty sits in a unit, somebody of the same role in another unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.scenarios.stage import Stage
from processes.people import Actor, Duty
from tests.app.browsing import Page
from tests.browser.seats import FORM, Paper
from tests.browser.stories import Step

KEPT_OUT = {403, 404, 409}


class Others:
    """`seat`: a plain browser for anybody."""

    def __init__(self, seat: Callable[[Stage, Actor], Paper]) -> None:
        self._seat = seat
        self.checked: set[Step] = set()

    def check(self, stage: Stage, step: Step, page: Page, *, number: str = "", task: str = "") -> None:
        """`page`: what the one whose duty it is has before them; others must have nothing of it."""
        if step in self.checked or not page.tree.xpath(FORM):
            return
        self.checked.add(step)
        address = page.tree.xpath(f"string({FORM}/@action)").partition("#")[0]
        shown = f"/orders/{number}?task={task}" if task else address
        lists = {"task": "/inbox", "act": f"/orders/{number}", "case": "/cases/", "intake": "/inbox"}[step[0]]
        link = f"?task={task}" if task else address
        for actor in self._people(stage, step, number, task):
            seat = self._seat(stage, actor)
            listed = seat.get(lists)
            assert not _mentions(listed, link), f"{actor.user} is offered {step}"
            seen = seat.get(shown)
            assert not _mentions(seen, address), f"{actor.user} gets the form of {step}"
            assert task or seen.status in KEPT_OUT, f"{actor.user} at {shown}: {seen.status}"
            seat.get("/inbox")
            for answers in ({}, {"_refresh": "1"}):
                answer = seat.post(address, answers)
                assert answer.status in KEPT_OUT, f"{actor.user} posts {step}: {answer.status}"
                assert not answer.tree.xpath(FORM), f"{actor.user} gets the form of {step} by posting"

    def _people(self, stage: Stage, step: Step, number: str, task: str) -> Iterator[Actor]:
        regulation = stage.regulation
        roles, unit = self._duty(stage, step, number, task)
        wide = [role for role, said in regulation.roles.items() if said.get("sees", "unit") == "office"]
        narrow = [role for role in regulation.roles if role not in wide]
        strangers = [(role, None) for role in wide] + [(role, unit) for role in narrow]
        yield next(_actor(stage, role, of) for role, of in strangers if role not in roles)
        if unit is not None:
            units = [str(row["id"]) for row in stage.platform.read.units(stage.office)]
            colleague = next((role for role in narrow if role not in roles), None)
            if colleague is not None:
                yield _actor(stage, colleague, unit)
            yield _actor(stage, roles[0], next(one for one in units if one != unit))

    def _duty(self, stage: Stage, step: Step, number: str, task: str) -> tuple[tuple[str, ...], str | None]:
        kind, what = step
        definitions = stage.regulation.definitions
        if kind == "task":
            row = stage.platform.read.task(task)
            assert row is not None
            return tuple(row["roles"]), row["unit"]
        if kind == "act":
            return definitions.starters[what].starters, None
        process = stage.regulation.main if kind == "intake" else what
        return definitions.processes[process].starters, None


def _actor(stage: Stage, role: str, unit: str | None) -> Actor:
    login = f"stranger.{role}.{unit}" if unit else f"stranger.{role}"
    return Actor(login, login, (Duty(stage.office, role, unit),))


def _mentions(page: Page, address: str) -> bool:
    """Whether a link or a form leads there."""
    if page.tree is None:
        return False
    found = [str(one).partition("#")[0] for one in page.tree.xpath("//a/@href | //form/@action")]
    return any(one.endswith(address) for one in found)
