"""Running one instance: start, resume, complete, fire, deliver, arm again.

A `Run` is one instance in memory, on the `Definitions` that it shares with the others of its deployment. It moves only
when a verb tells it to, has no clock and touches no store; what expressions, tables and operations need it asks the
`Host` (`bridge.py`). After each move `outcome()` says what is open, what is armed and whether it ended.

On any exception the run must be thrown away: the library leaves half-done state behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.util.task import TaskState

from processes.engine.bridge import Bridge, Host
from processes.engine.definitions import Definitions, element_id
from processes.engine.diagram import Element
from processes.engine.errors import EngineError, Runaway
from processes.engine.ids import use_text_ids
from processes.engine.quiet import hush
from processes.engine.specs import ClocklessTimer, EventGateway, is_message_catch, is_timer
from processes.engine.state import LIVE, Workflow, dump, load, prune

hush()
use_text_ids()

MAX_STEPS = 2_000
"""Engine steps of one move. The longest honest path of a regulation is a few dozen."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A user task that waits for a person. `local` is its item, if it is one of many (`{variable: item}`), or empty."""

    task: str
    element: Element
    local: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Armed:
    """A timer that waits. `visit` is the stay at an activity that it watches, by task id: of the split that the library
    puts before an activity with boundaries; of the timer itself, for a catch event."""

    task: str
    element: Element
    visit: str
    rule: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where an instance stands after a move. `visits`: those that a timer watches or could watch, and that go on."""

    opened: tuple[Opened, ...]
    armed: tuple[Armed, ...]
    visits: frozenset[str]
    live: tuple[Element, ...]
    ended: bool


class Run:
    """One instance in memory."""

    def __init__(self, definitions: Definitions, workflow: Workflow, host: Host) -> None:
        self.definitions = definitions
        self._workflow = workflow
        self.attend(host)

    @classmethod
    def start(cls, definitions: Definitions, process: str, host: Host) -> Run:
        """A new instance, run to its first wait."""
        spec, subprocesses = definitions.specs[process]
        run = cls(definitions, Workflow(spec, subprocesses, script_engine=None), host)
        run.advance()
        return run

    @classmethod
    def resume(cls, definitions: Definitions, process: str, state: str, host: Host) -> Run:
        """The instance of a stored state. Runs nothing."""
        spec, subprocesses = definitions.specs[process]
        return cls(definitions, load(state, spec, subprocesses), host)

    def attend(self, host: Host) -> None:
        """Let another command's host answer from now on (an instance kept in memory between commands)."""
        self._workflow.script_engine = Bridge(self.definitions, host)

    # -- moves ------------------------------------------------------------------------------------------------------

    def complete(self, task_id: str) -> None:
        """A person's task is done. Raises `EngineError` if it does not wait for anybody."""
        task = self._find(task_id)
        if task is None or task._state != TaskState.READY or not task.task_spec.manual:
            raise EngineError(task_id, "任务已不在等待办理。", "The task does not wait to be done.")
        _run(task)
        self.advance()

    def fire(self, task_id: str) -> bool:
        """The timer's due time has passed. False if it no longer waits (its activity was left)."""
        task = self._find(task_id)
        if task is None or task._state != TaskState.WAITING or not is_timer(task.task_spec):
            return False
        self._catch(task)
        self.advance()
        return True

    def awaits(self, message: str) -> bool:
        """True if an event of this instance waits for the message."""
        return bool(self._listeners(message))

    def deliver(self, message: str) -> None:
        """Hand a message to every event that waits for it."""
        for task in self._listeners(message):
            if task._state == TaskState.WAITING:
                self._catch(task)
                if isinstance(task.task_spec, BoundaryEvent) and not task.task_spec.cancel_activity:
                    _arm(task.parent, task.task_spec)  # it goes on listening; the library's catches only once
                self.advance()

    def rearm(self, visit: str, boundary: str) -> str | None:
        """Arm a boundary timer (id of its element) that has fired once more, on the same visit of the activity.
        The new timer's task id, or None."""
        split = self._find(visit)
        if split is None or not isinstance(split.task_spec, BoundaryEventSplit):
            return None
        spec = split.workflow.spec.task_specs.get(boundary)
        if not isinstance(spec, BoundaryEvent) or not isinstance(spec.event_definition, ClocklessTimer):
            return None
        return str(_arm(split, spec).id)

    def advance(self) -> None:
        """Run everything that needs no person, until only waits are left."""
        workflow = self._workflow
        steps = 0
        while True:
            ready = self._ready()
            if not ready:
                break
            for task in ready:
                if task._state != TaskState.READY:
                    continue
                steps += 1
                if steps > MAX_STEPS:
                    raise Runaway(
                        task.task_spec.name,
                        "流程图存在死循环，已中止。",
                        "The diagram loops without end.",
                    )
                _run(task)
                element = self.definitions.element(task)
                if element is not None:
                    workflow.script_engine.host.passed(element)
            for sub in sorted(workflow.subprocesses.values(), key=lambda sub: -sub.depth):
                parent = workflow.get_task_from_id(sub.parent_task_id)
                if sub.completed and parent._state == TaskState.STARTED:
                    parent.task_spec._update(parent)
        if not workflow.completed:
            prune(workflow)

    # -- reading ----------------------------------------------------------------------------------------------------

    def outcome(self) -> Outcome:
        """What is open, armed and alive now."""
        opened: list[Opened] = []
        armed: list[Armed] = []
        visits: set[str] = set()
        live: list[Element] = []
        for workflow in self._trees():
            for task in workflow.tasks.values():
                if not task._state & LIVE:
                    continue
                element = self.definitions.element(task)
                if element is None:
                    continue
                parent = task.parent
                on_split = parent is not None and isinstance(parent.task_spec, BoundaryEventSplit)
                if is_timer(task.task_spec):
                    visit = parent.id if on_split else task.id
                    visits.add(visit)
                    armed.append(Armed(task.id, element, visit, task.internal_data["rule"]))
                    continue
                if on_split:
                    visits.add(parent.id)
                live.append(element)
                if task.task_spec.manual and task._state == TaskState.READY:
                    opened.append(Opened(task.id, element, dict(task.data)))
        return Outcome(tuple(opened), tuple(armed), frozenset(visits), tuple(live), self._workflow.completed)

    def state(self) -> str:
        """The state as text."""
        return dump(self._workflow)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _trees(self) -> list[Any]:
        return [self._workflow, *(s for s in self._workflow.subprocesses.values() if not s.completed)]

    def _ready(self) -> list[Any]:
        return [
            task
            for workflow in reversed(self._trees())
            for task in list(workflow.tasks.values())
            if task._state == TaskState.READY and not task.task_spec.manual
        ]

    def _listeners(self, message: str) -> list[Any]:
        return [
            task
            for task in list(self._workflow.event_manager.tasks.values())
            if is_message_catch(task.task_spec)
            and task.task_spec.event_definition.name == message
            and task._state == TaskState.WAITING
        ]

    def _find(self, task_id: str) -> Any | None:
        return next((w.tasks[task_id] for w in self._trees() if task_id in w.tasks), None)

    def _catch(self, task: Any) -> None:
        task.internal_data["event_fired"] = True
        task.task_spec._update(task)
        gateway = task.parent
        if gateway is not None and isinstance(gateway.task_spec, EventGateway):
            for other in gateway.children:
                if other is not task:
                    other.cancel()


def _arm(split: Any, spec: BoundaryEvent) -> Any:
    """One more waiting event on the boundary of the activity that the split leads to."""
    task = split._add_child(spec, TaskState.WAITING)
    spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)
    spec._update(task)
    return task


def _run(task: Any) -> None:
    """Run a task. Whatever fails, in a table or in the library, names the element."""
    try:
        task.run()
    except EngineError:
        raise
    except Exception as error:
        # Only errors with sentences of their own, and the library's, are quoted: others may hold what a citizen said.
        quoted = str(error) if isinstance(error, WorkflowException) else type(error).__name__
        zh, en = getattr(error, "zh", quoted), getattr(error, "en", quoted)
        raise EngineError(element_id(task), zh, en) from error
