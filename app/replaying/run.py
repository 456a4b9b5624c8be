"""Letting the years pass: every order's next event stands in one heap, and the earliest happens first.

An event is a message that comes in, a person who acts, or a deadline that passes. Each is one command through the real
door at its virtual time, so the journal of all orders tells one story in order of time. A deadline fires one second
after it is due, as the server's scheduler does at the latest. What is due after the last instant of the file stays
armed, unless somebody still acts on the order afterwards.

One calendar version counts for the whole run. Commands are grouped into larger commits. An order's next event follows
from what the database holds of it, and its id from the message: a replay that was killed loses at most the open group,
and the next run goes on from there without doubling anything. Finished orders are left alone.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from app.commands.failing import BadInput
from app.platform import Platform
from app.replaying.acts import Act, Acts
from app.replaying.reader import Message
from persistence.replays import unfinished
from processes import verbs
from processes.door import Door, Result
from processes.errors import Refusal
from processes.order import Order

COMMANDS_PER_COMMIT = 200
LATENESS = timedelta(seconds=1)
"""How long after its due instant the scheduler fires a deadline, at most."""

Event = tuple[datetime, int]
"""When, and the index of the story it belongs to."""


@dataclass(slots=True)
class Story:
    """A message and the order it became. `act` and `task`: what a person does next; without, a deadline passes."""

    message: Message
    order_id: str
    classified: dict[str, Any] | None = None
    order: Order | None = None
    acts: dict[str, Act] = field(default_factory=dict)
    """What will happen at each open task."""
    task: str | None = None
    act: Act | None = None


@dataclass(slots=True)
class Done:
    """What one run did. `orders`: stories that moved; `finished_before`: those that were complete already."""

    orders: int = 0
    steps: int = 0
    deadlines_fired: int = 0
    finished_before: int = 0


class Replay:
    """One run over one file. `path` is only for messages about errors."""

    def __init__(self, platform: Platform, acts: Acts, messages: Sequence[Message], path: Path) -> None:
        self.platform = platform
        self.acts = acts
        self.regulation = acts.regulation
        self.path = path
        self.stories = [Story(one, order_id(self.regulation.office, one.key)) for one in messages]
        self.until = max(max(one.received_at, one.replied_at or one.received_at) for one in messages)
        self.done = Done()
        calendar = platform.calendars.current(self.regulation.office)
        self._door = Door(platform.database, platform.library, lambda _office: calendar)
        self._main = self.regulation.definitions.processes[self.regulation.main]
        self._choices = platform.choices(self.regulation)

    def run(self, finished: Callable[[int], Any]) -> Done:
        """Everything that is still to happen. `finished(n)` hears of orders that are through.

        Raises `BadInput` naming the line whose order could not go on; what was committed before stays.
        """
        heap = self._begin(finished)
        moved: set[int] = set()
        with _rare_collections():
            while heap:
                with self.platform.database.bulk():
                    through = 0
                    for _ in range(COMMANDS_PER_COMMIT):
                        at, index = heappop(heap)
                        moved.add(index)
                        then = self._step(self.stories[index], at)
                        if then is not None:
                            heappush(heap, (then, index))
                        else:
                            through += 1
                        if not heap:
                            break
                finished(through)
        self.done.orders = len(moved)
        return self.done

    def _begin(self, finished: Callable[[int], Any]) -> list[Event]:
        """The first event of every story that is not over."""
        known = unfinished(self.platform.database, self.regulation.office, self.until)
        heap: list[Event] = []
        for index, story in enumerate(self.stories):
            at: datetime | None = story.message.received_at
            if story.order_id in known:
                at = self._resume(story) if known[story.order_id] else None
            if at is None:
                self.done.finished_before += 1
                finished(1)
            else:
                heap.append((at, index))
        heapify(heap)
        return heap

    def _resume(self, story: Story) -> datetime | None:
        """The next event of an order that an earlier run began."""
        order = self.platform.read.aggregate(self.platform.read.by_id(story.order_id))
        story.classified = self.acts.classify(story.message)
        return self._plan(story, order)

    # -- one event --------------------------------------------------------------------------------------------------

    def _step(self, story: Story, at: datetime) -> datetime | None:
        """Let it happen; when the order's next event is, or None."""
        try:
            if story.order is None:
                result = self._receive(story, at)
            elif story.act is not None and story.task is not None:
                result = self._complete(story, story.order, story.act, story.task, at)
            else:
                result = verbs.fire_due(self._door, story.order_id, at)
        except Refusal as error:
            raise self._stuck(story, error) from error
        self.done.steps += 1
        self.done.deadlines_fired += len(result.fired)
        return self._plan(story, result.order)

    def _receive(self, story: Story, at: datetime) -> Result:
        message = story.message
        story.classified = classified = self.acts.classify(message)
        act = self.acts.receipt(message, classified)
        actor = self.acts.actor(act.role)
        values, personal = self.platform.check(
            self.regulation,
            self._main.start.form,
            self.acts.answers(self._main.start.form, act, classified),
            self.regulation.names(at, actor),
            self._choices,
        )
        return verbs.receive(
            self._door,
            actor,
            self.regulation.office,
            {**values, "message_id": message.key},
            at,
            personal=personal,
            regulation=self.regulation,
            order_id=story.order_id,
        )

    def _complete(self, story: Story, order: Order, act: Act, task_id: str, at: datetime) -> Result:
        task = order.tasks[task_id]
        actor = self.acts.actor(act.role, task.unit)
        scope = self.platform.scope(order, order.instances[task.instance], actor, at)
        answers = self.acts.answers(task.form, act, story.classified or {})
        values, personal = self.platform.check(self.regulation, task.form, answers, scope, self._choices)
        return verbs.complete(self._door, actor, task_id, values, at, personal=personal)

    def _plan(self, story: Story, order: Order) -> datetime | None:
        """Note what happens next to the order; its time, or None when nothing does."""
        classified, known = story.classified or {}, story.acts
        story.acts = {
            task.id: known.get(task.id) or self.acts.act(task, story.message, classified)
            for task in order.tasks.values()
        }
        story.order, story.task, story.act = order, None, None
        next_at: datetime | None = None
        for task_id, act in story.acts.items():
            if act.at is not None and (next_at is None or act.at < next_at):
                next_at, story.task, story.act = act.at, task_id, act
        due = order.next_due_at()
        if due is not None and (due + LATENESS <= self.until if next_at is None else due < next_at):
            fires = due + LATENESS
            if next_at is None or fires < next_at:
                next_at, story.task, story.act = fires, None, None
        if next_at is None:
            story.order, story.classified, story.acts = None, None, {}
        return next_at

    def _stuck(self, story: Story, error: Refusal) -> BadInput:
        place = story.order.tasks[story.task].element if story.order and story.task else self._main.start.id
        message = story.message
        return BadInput(
            f"{self.path} 第 {message.line} 行（{message.key}），环节“{place}”：{error.zh}",
            f"{self.path}:{message.line} ({message.key}), element {place!r}: {error.en}",
        )


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Thousands of orders in hand make every pass of the garbage collector long; what is loaded by now stays anyway."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def order_id(office: str, key: str) -> str:
    """The id of the order that a message becomes, the same in every run."""
    return uuid5(NAMESPACE_URL, f"jieban:replay:{office}:{key}").hex
