"""One command on one order: what it reads, what it changes, what it will write.

The door opens a command, the verb moves it, the door saves it. While it runs it answers the engine's questions for
every instance it moves (`host.py`) and those of expressions (`answers.py`). After every move tasks and deadlines follow
what the engine now has open and armed (`syncing.py`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

from processes import syncing
from processes.answers import Answers
from processes.changes import Changes
from processes.engine.errors import EngineError, Runaway
from processes.engine.run import Run
from processes.errors import EngineFault, RunawayProcess
from processes.host import InstanceHost
from processes.order import Deadline, Entry, Facts, Instance, Notice, Order, Refused
from processes.people import Actor
from processes.regulation import Regulation
from processes.store import Offices, Transaction
from timers.calendar import Calendar

MAX_MESSAGES = 200
"""Messages one command may deliver before the diagrams are taken to throw them in a circle."""


class Command(Answers):
    """A command in progress. `now` is its logical time; `happened_at` the instant it is really carried out.

    `work`: the transaction it is saved in; None where it is only looked at what it would do."""

    def __init__(
        self,
        order: Order,
        regulation: Regulation,
        calendar: Calendar,
        offices: Offices,
        actor: Actor,
        now: datetime,
        work: Transaction | None = None,
    ) -> None:
        super().__init__(order, regulation, calendar, offices, actor, now)
        self.work = work
        self.happened_at = now
        self.changes = Changes()
        self.entries: list[Entry] = []
        self.notices: list[Notice] = []
        self.refused: list[Refused] = []
        self.fired: list[Deadline] = []
        self._notes: dict[str, Any] = {}
        self._messages: deque[tuple[str, Facts, str]] = deque()

    # -- what verbs do ----------------------------------------------------------------------------------------------

    @contextmanager
    def acting(
        self, act: str, *, at: datetime, actor: Actor, element: str | None = None, due_at: datetime | None = None
    ) -> Iterator[dict[str, Any]]:
        """One act of this command: everything noted inside goes into one journal entry, with `at` as logical time."""
        outer = (self.now, self.actor, self._notes)
        self.now, self.actor, self._notes = at, actor, {}
        notes = self._notes
        try:
            with self.asked():
                yield notes
                self._deliver_messages()
        except EngineError as error:
            fault = RunawayProcess if isinstance(error, Runaway) else EngineFault
            raise fault(
                f"环节“{error.element}”：{error.zh}", f"Element {error.element}: {error.en}", element=error.element
            ) from error
        finally:
            self.now, self.actor, self._notes = outer
        self.entries.append(
            Entry(
                actor=actor.user,
                act=act,
                element=element,
                instance=notes.pop("instance", None),
                due_at=due_at,
                happened_at=self.happened_at,
                changed=notes,
                why=notes.pop("why", None),
            )
        )

    def note(self, key: str, value: Any) -> None:
        """Add to the journal entry of the act in progress; lists grow."""
        if isinstance(value, list):
            self._notes.setdefault(key, []).extend(value)
        else:
            self._notes[key] = value

    def start(self, process: str, variables: Facts, started_by: str, instance_id: str | None = None) -> Instance:
        """Start an instance of a process of this order and run it to its first wait."""
        order = self.order
        instance = Instance(
            id=instance_id or uuid4().hex,
            process=process,
            state="",
            vars=order.facts if process == order.process else variables,
            started_at=self.now,
            started_by=started_by,
            seq=len(order.instances) + order.ended_instances,
        )
        order.instances[instance.id] = instance
        order.started[process] = order.started.get(process, 0) + 1
        self.changes.add(instance)
        self.note("started", [process])
        host = InstanceHost(self, instance)
        order.runs[instance.id] = run = Run.start(self.regulation.definitions, process, host)
        self.sync(instance, run)
        return instance

    def run(self, instance: Instance) -> Run:
        """The instance in the engine, this command answering."""
        host = InstanceHost(self, instance)
        run = self.order.runs.get(instance.id)
        if run is None:
            run = Run.resume(self.regulation.definitions, instance.process, instance.state, host)
            self.order.runs[instance.id] = run
        else:
            run.attend(host)
        return run

    def sync(self, instance: Instance, run: Run) -> None:
        """The instance was moved: let the order's tasks and deadlines follow."""
        syncing.sync(self, instance, run)

    def involve(self, unit: str) -> None:
        """From now on the people of this unit may see the order."""
        if unit not in self.order.units:
            self.order.units.append(unit)
            self.changes.new_units.add(unit)

    def count_done(self, element: str, actor: Actor) -> None:
        """Remember that an element was done, how often and by whom (for `done()` and for four eyes)."""
        done = self.order.done.setdefault(element, {"n": 0, "by": []})
        done["n"] += 1
        if actor.user not in done["by"]:
            done["by"].append(actor.user)

    # -- messages ---------------------------------------------------------------------------------------------------

    def send(self, message: str, payload: Facts, sender: str) -> None:
        """Queue a message; it is delivered when the present move is done."""
        self._messages.append((message, payload, sender))

    def _deliver_messages(self) -> None:
        delivered = 0
        while self._messages:
            message, payload, sender = self._messages.popleft()
            delivered += 1
            if delivered > MAX_MESSAGES:
                raise RunawayProcess("消息循环往复，已中止。", "Messages go round in a circle.")
            if not self._deliver(message, payload):
                starter = self.regulation.definitions.starters.get(message)
                if starter is not None:
                    self.start(starter.id, payload, sender)
                else:
                    self.note("undelivered", [message])

    def _deliver(self, message: str, payload: Facts) -> bool:
        received = False
        for instance in [i for i in self.order.instances.values() if i.ended_at is None]:
            run = self.run(instance)
            if not run.awaits(message):
                continue
            instance.vars.update(payload)
            run.deliver(message)
            self.note("received_by", [instance.process])
            self.sync(instance, run)
            received = True
        return received
