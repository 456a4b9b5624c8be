"""Scenarios played through the pages: every act of a person is done by that person, signed in, with what a page offers.

Time, deadlines and expectations are the scenario runner's own; only its acts are replaced. A task is taken up from the
inbox, an act from the order's page, a case from the list of cases. What the page answers decides whether the act
succeeded; what it refuses is told in words, with everything typed kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from app.scenarios import acts
from app.scenarios.lines import Node
from app.scenarios.packs import Packs
from app.scenarios.play import play
from app.scenarios.stage import Stage
from app.scenarios.story import Act
from app.scenarios.story import Step as Told
from persistence.sight import Sight
from processes import errors
from processes.order import OFFICE_CASE, ORDER, Refused
from processes.people import SYSTEM, Actor
from processes.regulation import Regulation
from tests.app.browsing import Page
from tests.browser.others import Others
from tests.browser.seats import FILE_NAME, FORM, Paper, Seat, choosers
from tests.browser.stories import INTAKE, Step, Story

Refusals = tuple[Refused, ...]
SENTENCES = {kind.zh: kind.code for kind in errors.Refusal.__subclasses__()}


class WebPlayer:
    """`seat`: gives somebody a browser; `paper`: one without scripts, which can also post what no page offers."""

    def __init__(self, seat: Callable[[Stage, Actor], Seat], paper: Callable[[Stage, Actor], Paper]) -> None:
        self._seat = seat
        self._paper = paper
        self._others = Others(paper)
        self.done: set[Step] = set()

    def play(self, story: Story, packs: Packs) -> list[str]:
        """The differences between what the story tells and what the pages did."""
        with self._acting():
            return play(story.scenario, packs, story.folder).differences

    @contextmanager
    def _acting(self) -> Iterator[None]:
        mine = {"complete": self.complete, "send": self.send, "start": self.start}
        with (
            patch.dict(acts.ACTS, mine),
            patch("app.scenarios.acts.receive_order", self.receive),
            patch("app.scenarios.play.receive_order", self.receive),
        ):
            yield

    # -- acts -------------------------------------------------------------------------------------------------------

    def receive(self, stage: Stage, name: str, fields: Node, actor: Actor) -> Refusals:
        """The intake form; what a story leaves out because it is always the same is filled in."""
        seat, step = self._seat(stage, actor), INTAKE
        page = seat.get("/intake")
        self._others.check(stage, step, page)
        answers = {key: node.plain() for key, node in fields.mapping().items()}
        answers = _supplied(page, answers) | answers
        before = {row["id"] for row in _orders(stage)}
        refused = self._hand_in(stage, seat, answers, step)
        new = [str(row["id"]) for row in _orders(stage) if row["id"] not in before]
        if len(new) == 1:
            stage.orders[name] = new[0]
        return refused

    def complete(self, stage: Stage, told: Told, act: Act, packs: Packs) -> Refusals:
        """Find the task in the inbox, open it, fill in its form, press."""
        seat, order_id = self._sit_down(stage, told)
        element, number = act.what.text(), _number(stage, order_id)
        task = next((one for one in _tasks(stage, order_id, element) if _in_inbox(seat, one)), None)
        if task is None:
            address = _address_of_task(stage, order_id, element, number)
            return self._refused_unseen(stage, told, f"/orders/{number}", address)
        address = f"/orders/{number}?task={task}"
        page, step = seat.get(address), ("task", element)
        assert _action(page) == f"/orders/{number}/tasks/{task}", f"{address} shows another form"
        self._others.check(stage, step, page, number=number, task=task)
        refused = self._hand_in(stage, seat, _plain(act.values), step)
        if not refused:
            assert not _in_inbox(seat, task), f"{element} is done and still in the inbox"
        return refused

    def send(self, stage: Stage, told: Told, act: Act, packs: Packs) -> Refusals:
        """Choose the act on the order's page, fill in its form, press."""
        seat, order_id = self._sit_down(stage, told)
        message, number = act.what.text(), _number(stage, order_id)
        order, address = f"/orders/{number}", f"/orders/{number}/acts/{message}"
        if not _links(seat.get(order), address):
            return self._refused_unseen(stage, told, order, address)
        page, step = seat.get(address), ("act", message)
        self._others.check(stage, step, page, number=number)
        return self._hand_in(stage, seat, _plain(act.values), step)

    def start(self, stage: Stage, told: Told, act: Act, packs: Packs) -> Refusals:
        """Choose the case on the page of cases, fill in its form, press."""
        assert told.who is not None
        seat, process = self._seat(stage, stage.actor(told.who)), act.what.text()
        address = f"/cases/new/{process}"
        if not _links(seat.get("/cases/"), address):
            return self._refused_unseen(stage, told, "/cases/", address)
        page, step = seat.get(address), ("case", process)
        self._others.check(stage, step, page)
        return self._hand_in(stage, seat, _plain(act.values), step)

    def _sit_down(self, stage: Stage, told: Told) -> tuple[Seat, str]:
        assert told.who is not None
        return self._seat(stage, stage.actor(told.who)), acts.order_of(stage, told)

    # -- what comes of it -------------------------------------------------------------------------------------------

    def _hand_in(self, stage: Stage, seat: Seat, answers: Mapping[str, Any], step: Step) -> Refusals:
        """Fill in and press; what the page then says."""
        files = choosers(seat.page)
        unasked = seat.fill(answers, stage.zone)
        typed = {key: value for key, value in answers.items() if isinstance(value, str) and key not in unasked}
        page = seat.press()
        if page.status == 422 and page.tree.xpath(FORM):
            _require_kept(page, typed)
            return (Refused(("INVALID",), _said(page, "form-errors")),)
        if page.status != 200:
            return (_refused(page),)
        assert not unasked, f"{step}: the page does not ask {unasked}"
        for file in files:
            assert FILE_NAME in page.text, f"{step}: the file of {file} is not shown"
        if page.tree.xpath("//*[contains(@class, 'flash-care')]"):
            says = _said(page, "flash-care")
            return (Refused(_causes(stage.regulation, says), says),)
        assert _said(page, "flash-done"), f"{step}: nothing is said"
        _require_next(stage, page)
        self.done.add(step)
        return ()

    def _refused_unseen(self, stage: Stage, told: Told, page: str, address: str | None) -> Refusals:
        """Nothing is offered; a form kept open from before is refused too, in words."""
        assert told.who is not None
        seat = self._paper(stage, stage.actor(told.who))
        seen = seat.get(page)
        if seen.status != 200:
            assert not seen.tree.xpath(FORM)
        if address is None:
            return (Refused((errors.NotNow.code,), errors.NotNow.zh),)
        assert _action(seen) != address and not _links(seen, address), f"{address} is offered after all"
        seat.get("/inbox")  # for a token
        answer = seat.post(address, {"typed": "已经填写的内容"})
        assert answer.status >= 400 and not answer.tree.xpath(FORM), f"{address}: {answer.status}"
        return (_refused(answer),)


def _refused(page: Page) -> Refused:
    says = " ".join(page.words("//main"))
    found = [code for sentence, code in SENTENCES.items() if sentence in says]
    by_status = {403: "NOT_YOUR_DUTY", 404: "NOT_FOUND"}
    return Refused(tuple(found) or (by_status.get(page.status, str(page.status)),), says)


def _require_kept(page: Page, typed: Mapping[str, str]) -> None:
    """Whatever was typed stands in the form that has to be corrected."""
    kept = page.filled()
    for name, text in typed.items():
        assert kept.get(name), f"{name} was lost: {text}"


def _require_next(stage: Stage, page: Page) -> None:
    """What is to be done next stands on the page, whoever has to do it."""
    number = page.tree.xpath("string(//*[@class='order-head']/*[@class='sub'])").split()
    if not number:
        return
    (order,) = [row for row in _orders(stage) if row["number"] == number[0]]
    said = " ".join(page.words("//*[@class='col-act']"))
    for task in stage.platform.read.open_tasks_of(str(order["id"])):
        assert task["name"] in said, f"{task['name']} is open and not on the page"


def _causes(regulation: Regulation, says: str) -> tuple[str, ...]:
    """The codes whose words are said."""
    causes = regulation.pack.settings.get("causes", {})
    return tuple(code for code, words in causes.items() if str(words) in says) or (says,)


def _said(page: Page, kind: str) -> str:
    return " ".join(page.words(f"//*[contains(@class, '{kind}')]"))


# -- where things are -----------------------------------------------------------------------------------------------


def _in_inbox(seat: Seat, task: str) -> bool:
    return bool(_links(seat.get("/inbox"), f"?task={task}"))


def _links(page: Page, ending: str) -> list[str]:
    links = page.tree.xpath("//main//a/@href") if page.tree is not None else []
    return [str(href) for href in links if str(href).endswith(ending)]


def _action(page: Page) -> str:
    return str(page.tree.xpath(f"string({FORM}/@action)")).partition("#")[0]


def _plain(values: Mapping[str, Node]) -> dict[str, Any]:
    return {key: node.plain() for key, node in values.items()}


def _supplied(page: Page, given: Mapping[str, Any]) -> dict[str, Any]:
    """A phone number, unless the petitioner is anonymous; the rest the form offers by itself."""
    names = page.tree.xpath(f"{FORM}//input[@type='tel']/@name")
    wanted = dict(acts.PLAIN)
    if given.get("identity_mode") != "anonymous":
        wanted |= {str(name): acts.PHONE for name in names}
    asked = set(page.tree.xpath(f"{FORM}//*/@name"))
    return {key: value for key, value in wanted.items() if key in asked and not page.filled().get(key, [""])[0]}


def _orders(stage: Stage) -> list[Mapping[str, Any]]:
    sight = Sight(SYSTEM, stage.office, whole_office=True)
    return [row for kind in (ORDER, OFFICE_CASE) for row in stage.platform.read.orders(sight, kind=kind)]


def _number(stage: Stage, order_id: str) -> str:
    return stage.load(order_id)[0].number


def _tasks(stage: Stage, order_id: str, element: str) -> list[str]:
    return [str(row["id"]) for row in stage.platform.read.open_tasks_of(order_id) if row["element"] == element]


def _address_of_task(stage: Stage, order_id: str, element: str, number: str) -> str | None:
    """Of the latest task at the element, open or not."""
    rows = [row for row in stage.platform.read.tasks_of(order_id) if row["element"] == element]
    rows.sort(key=lambda row: (row["closed_at"] is None, row["opened_at"]))
    return f"/orders/{number}/tasks/{rows[-1]['id']}" if rows else None
