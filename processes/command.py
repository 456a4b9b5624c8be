"""One command on one order: what it reads, what it changes, what it will write.

The door opens a command, the verb moves it, the door saves it. While it runs it answers the engine's questions for
every instance it moves (`host.py`). After every move it compares what the engine now has open and armed with the
order's tasks and deadlines (`sync`), so that tasks and deadlines are never written by hand.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from decisions import to_plain
from processes import due_times
from processes.engine.diagram import Element
from processes.engine.errors import EngineError, Runaway
from processes.engine.run import Outcome, Run
from processes.errors import EngineFault, RunawayProcess
from processes.expressions import CURRENT, FUNCTIONS, Rule, Scope
from processes.host import InstanceHost
from processes.order import OFFICE_CASE, Deadline, Entry, Facts, Instance, Notice, Order, Refused, Task
from processes.people import Actor
from processes.regulation import Regulation
from processes.store import Offices, Transaction
from timers.calendar import Calendar

MAX_MESSAGES = 200
"""Messages one command may deliver before the diagrams are taken to throw them in a circle."""


@dataclass(slots=True)
class Changes:
    """What the store has to write. Keys are ids; the objects are those of the aggregate."""

    new_instances: dict[str, Instance] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    new_tasks: dict[str, Task] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    new_deadlines: dict[str, Deadline] = field(default_factory=dict)
    deadlines: dict[str, Deadline] = field(default_factory=dict)
    new_units: set[str] = field(default_factory=set)


class Command:
    """A command in progress. `now` is its logical time; `happened_at` the instant it is really carried out.

    One that only asks (what may be done now) has no `work`, and `offices` from the room of reading."""

    def __init__(
        self,
        order: Order,
        regulation: Regulation,
        calendar: Calendar,
        actor: Actor,
        now: datetime,
        work: Transaction | None = None,
        offices: Offices | None = None,
    ) -> None:
        self.order = order
        self.work = work
        self._offices = offices or work
        self.regulation = regulation
        self.calendar = calendar
        self.actor = actor
        self.now = self.happened_at = now
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
        token = CURRENT.set(self)
        notes = self._notes
        try:
            yield notes
            self._deliver_messages()
        except EngineError as error:
            fault = RunawayProcess if isinstance(error, Runaway) else EngineFault
            raise fault(
                f"环节“{error.element}”：{error.zh}", f"Element {error.element}: {error.en}", element=error.element
            ) from error
        finally:
            CURRENT.reset(token)
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

    def start(self, process: str, variables: Facts, started_by: str) -> Instance:
        """Start an instance of a process of this order and run it to its first wait."""
        order = self.order
        instance = Instance(
            id=uuid4().hex,
            process=process,
            state="",
            vars=order.facts if process == order.process else variables,
            started_at=self.now,
            started_by=started_by,
            seq=len(order.instances) + order.ended_instances,
        )
        order.instances[instance.id] = instance
        order.started[process] = order.started.get(process, 0) + 1
        self.changes.new_instances[instance.id] = instance
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
        """Bring tasks, deadlines and status of the order in line with what the engine has now."""
        outcome = run.outcome()
        self._sync_tasks(instance, outcome)
        self._sync_deadlines(instance, outcome)
        due_times.set_task_dues(self, instance)
        instance.status = self._status(instance, outcome)
        if outcome.ended:
            instance.ended_at = self.now
            self.note("ended", [instance.process])
            if self.order.kind == OFFICE_CASE and instance.process == self.order.process:
                self.order.closed_at = self.order.closed_at or self.now
            self._let_go(instance)
        self.touch(instance)
        self._set_order_status()

    def _let_go(self, instance: Instance) -> None:
        """No deadline waits for the decision of an instance that has ended: it would never fire."""
        for deadline in self.order.deadlines.values():
            if instance.id in due_times.holders(deadline):
                due_times.release(self, deadline, instance.id)

    def touch(self, instance: Instance) -> None:
        if instance.id not in self.changes.new_instances:
            self.changes.instances[instance.id] = instance

    def touch_deadline(self, deadline: Deadline) -> None:
        if deadline.id not in self.changes.new_deadlines:
            self.changes.deadlines[deadline.id] = deadline

    def count_done(self, element: str, actor: Actor) -> None:
        """Remember that an element was done, how often and by whom (for `done()` and for four eyes)."""
        done = self.order.done.setdefault(element, {"n": 0, "by": []})
        done["n"] += 1
        if actor.user not in done["by"]:
            done["by"].append(actor.user)

    def scope(self, instance: Instance | None, local: Mapping[str, Any] | None = None) -> Scope:
        """The names that expressions see, from this instance (None: from the order)."""
        layers = [layer for layer in (local, instance.vars if instance else None) if layer]
        return Scope(self.order, self.regulation.names(self.now, self.actor), *layers)

    def evaluate(self, element: Element, text: str, scope: Scope) -> Any:
        """The value of a property of the diagram. Raises `EngineError` naming the element."""
        try:
            return self.regulation.definitions.expressions[text].evaluate(scope)
        except Exception as error:
            # Sentences of our own are quoted; others may hold what a citizen said.
            zh, en = getattr(error, "zh", type(error).__name__), getattr(error, "en", type(error).__name__)
            raise EngineError(element.id, f"表达式“{text}”出错：{zh}", f'"{text}" failed: {en}') from error

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

    # -- domain functions of FEEL (expressions.Asked) ---------------------------------------------------------------

    def limit(self, work: str) -> Rule:
        """Row of the decision `limits` for this work: how long, of which unit, which timer of the regulation."""
        decided = self.decide("limits", self.scope(self.asking, {"work": work}))
        row = decided if isinstance(decided, Mapping) else {}
        clock = row.get("clock")
        rule: Rule = {
            "limit": f"{to_plain(row.get('value'))}{row.get('unit')}"
            + (f"@{str(to_plain(clock))[:5]}" if clock else "")
        }
        for key in ("timer", "roll", "basis", "kind"):
            if row.get(key) is not None:
                rule[key] = to_plain(row[key])
        if row.get("anchor") is not None:
            rule["anchor"] = to_plain(row["anchor"])
        return rule

    def working_days_left(self, element: str) -> int | None:
        deadline = due_times.find(self.order, element)
        if deadline is None:
            return None
        return due_times.working_days_between(self, self.now, deadline.due_at)

    def due_passed(self, element: str) -> bool:
        deadline = due_times.find(self.order, element)
        return deadline is not None and deadline.due_at < self.now

    def is_running(self, element: str) -> bool:
        deadline = due_times.find(self.order, element)
        return deadline is not None and deadline.fired_at is None

    def done(self, element: str) -> int:
        return int(self.order.done.get(element, {}).get("n", 0))

    def instances(self, process: str) -> int:
        return self.order.started.get(process, 0)

    def calendar_days_left(self) -> int:
        """Days from today to the end of the last year whose holidays are published."""
        today = self.now.astimezone(self.regulation.zone).date()
        return (date(max(self.calendar.years), 12, 31) - today).days

    def pack_days_left(self) -> int | None:
        """Days from today to the last day of the regulation's validity; None where the text sets none."""
        last = self.regulation.effective_to
        return None if last is None else (last - self.now.astimezone(self.regulation.zone).date()).days

    def declared(self, kind: str, unit: str | None, start: datetime, end: datetime) -> bool:
        """Whether the office has declared something of this kind, of the unit or of all, that overlaps the time."""
        return self._asked_offices().declared(self.order.office, kind, unit, start, end)

    def unit_of(self, unit: str) -> dict[str, str | None] | None:
        """A unit of the office; None if it has no such unit."""
        return self._asked_offices().unit_of(self.order.office, unit)

    def _asked_offices(self) -> Offices:
        if self._offices is None:
            raise RuntimeError("nobody to ask about the office")
        return self._offices

    def decide(self, table: str, scope: Mapping[str, Any]) -> Any:
        """Evaluate a table of the pack; the rules that matched go into the journal."""
        decided = self.regulation.table(table).evaluate(scope, functions=FUNCTIONS)
        self.note(
            "decided",
            [
                {
                    "table": table,
                    "value": to_plain(decided.value),
                    "rules": [
                        {
                            "id": rule.id,
                            "number": rule.number,
                            "inputs": to_plain(rule.inputs),
                            "basis": rule.annotation,
                        }
                        for rule in decided.rules
                    ],
                }
            ],
        )
        return decided.value

    asking: Instance | None = None
    """The instance whose expression is being evaluated: `limit()` reads its variables too."""

    # -- inside -----------------------------------------------------------------------------------------------------

    def _sync_tasks(self, instance: Instance, outcome: Outcome) -> None:
        order = self.order
        open_now = {opened.task: opened for opened in outcome.opened}
        for task in list(order.tasks.values()):
            if task.instance == instance.id and task.closed_at is None and task.id not in open_now:
                task.closed_at, task.outcome = self.now, "cancelled"
                self.changes.tasks[task.id] = task
                self.note("cancelled", [task.element])
        for opened in outcome.opened:
            if opened.task in order.tasks:
                continue
            task = self._new_task(instance, opened.element, opened.task, opened.local)
            order.tasks[task.id] = task
            self.changes.new_tasks[task.id] = task
            self.note("opened", [task.element])

    def _new_task(self, instance: Instance, element: Element, task_id: str, local: Mapping[str, Any]) -> Task:
        scope = self.scope(instance, local)
        unit = self._text(element, element.properties.get("unit"), scope)
        if unit:
            self.involve(unit)
        return Task(
            id=task_id,
            instance=instance.id,
            process=instance.process,
            element=element.id,
            name=element.name or element.id,
            form=element.form,
            roles=element.roles,
            unit=unit,
            candidates=element.users,
            assignee=self._assignee(element, scope),
            not_by=element.not_by,
            opened_at=self.now,
            local=dict(local),
        )

    def involve(self, unit: str) -> None:
        """From now on the people of this unit may see the order."""
        if unit not in self.order.units:
            self.order.units.append(unit)
            self.changes.new_units.add(unit)

    def _assignee(self, element: Element, scope: Scope) -> str | None:
        text = element.assignee
        if not text:
            return None
        return self._text(element, text, scope) if text.strip().startswith(("=", "${")) else text

    def _text(self, element: Element, expression: str | None, scope: Scope) -> str | None:
        if not expression:
            return None
        value = self.evaluate(element, expression, scope)
        return None if value is None else str(value)

    def _sync_deadlines(self, instance: Instance, outcome: Outcome) -> None:
        order = self.order
        armed = {one.task: one for one in outcome.armed}
        for deadline in list(order.deadlines.values()):
            if deadline.instance != instance.id or deadline.cancelled_at or deadline.ended_at:
                continue
            if deadline.host not in outcome.visits:
                deadline.ended_at = self.now
            if deadline.fired_at is None and deadline.task not in armed:
                if deadline.held_by is not None and deadline.due_at < self.now:
                    # Handed in after the due instant while an application is pending: its decision says if in time.
                    deadline.ended_at = self.now
                    self.touch_deadline(deadline)
                    continue
                deadline.cancelled_at = self.now
                self.note("disarmed", [deadline.timer or deadline.element])
            if deadline.ended_at or deadline.cancelled_at:
                self.touch_deadline(deadline)
        known = {deadline.task for deadline in order.deadlines.values()}
        fresh = [one for one in outcome.armed if one.task not in known]
        for one in due_times.parents_first(fresh, lambda one: one.element.id, lambda one: one.rule):
            deadline = due_times.compute(self, instance, one)
            order.deadlines[deadline.id] = deadline
            self.changes.new_deadlines[deadline.id] = deadline
            self.note("armed", [{"element": deadline.element, "timer": deadline.timer, "due_at": deadline.due_at}])

    def _status(self, instance: Instance, outcome: Outcome) -> str | None:
        named = [element.status for element in outcome.live if element.status]
        return named[-1] if named else instance.status

    def _set_order_status(self) -> None:
        order = self.order
        running = sorted(
            (i for i in order.instances.values() if i.ended_at is None and i.process != order.process),
            key=lambda i: -i.seq,
        )
        main = next((i for i in order.instances.values() if i.process == order.process), None)
        named = [i.status for i in (*running, *((main,) if main else ())) if i.status]
        status = named[0] if named else order.status
        if status != order.status:
            order.status = status
            self.note("status", status)
