"""The work order and what belongs to it, in memory: the aggregate that the door works on.

An order is a family of small process *instances*: the main line, and one for every return, extension or supervision.
Its *facts* are what rules read (type, lead unit, counters), never a citizen's text. *Tasks* are what people have open,
*deadlines* what is due. The store loads the live part of all this in a few statements and writes back what changed.

Times are aware datetimes in UTC. Ids are strings (hex uuid) so that both databases and the journal say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Facts = dict[str, Any]

ORDER, OFFICE_CASE = "order", "office"
"""What a work order can be: a citizen's request, or a case of the office itself (a notice, a report, a register)."""


@dataclass(slots=True)
class Instance:
    """One running process of an order. `state` is the engine's token state as JSON text; `vars` its variables."""

    id: str
    process: str
    state: str
    vars: Facts
    started_at: datetime
    started_by: str
    status: str | None = None
    """Order status that the live elements of this instance name, if any."""
    ended_at: datetime | None = None
    seq: int = 0


@dataclass(slots=True)
class Task:
    """An open (or just closed) user task. `id` is the engine's task id."""

    id: str
    instance: str
    process: str
    element: str
    name: str
    form: str | None
    roles: tuple[str, ...]
    unit: str | None
    opened_at: datetime
    candidates: tuple[str, ...] = ()
    assignee: str | None = None
    not_by: tuple[str, ...] = ()
    due_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str | None = None
    """`completed` or `cancelled` once closed."""
    done_by: str | None = None
    local: Facts = field(default_factory=dict)
    """The item, for one of many (`{variable: item}`)."""


@dataclass(slots=True)
class Deadline:
    """What is due. The row of this is the only truth about it; the engine only holds the armed element.

    `rule` is what the diagram says (`{"limit": "10wd"}`, `{"before": "handle_overdue", "limit": "1wd"}`), `explanation`
    how `due_at` follows from it, `calendar` the version it was computed with. `held_by` names the instance whose
    decision it waits for. `task` is the engine's task id, `subject` the activity it watches.
    """

    id: str
    instance: str
    process: str
    element: str
    name: str
    timer: str | None
    task: str
    subject: str
    rule: dict[str, Any]
    anchor_at: datetime
    due_at: datetime
    provisional: bool
    calendar: str
    explanation: list[Any]
    host: str = ""
    """Engine task id of the split it hangs on; while that lives the boundary can be armed again."""
    soft: bool = False
    depends_on: str | None = None
    held_by: str | None = None
    extended_from: datetime | None = None
    fired_at: datetime | None = None
    cancelled_at: datetime | None = None
    """Left before it was due: the work was done in time, or stopped."""
    ended_at: datetime | None = None
    """The activity it watches is over; the row is history from then on."""

    @property
    def is_running(self) -> bool:
        """Neither fired nor left in time."""
        return self.fired_at is None and self.cancelled_at is None

    @property
    def waits(self) -> bool:
        """Running, and nothing but time is needed for it to fire: no decision about it is pending."""
        return self.is_running and self.ended_at is None and self.held_by is None


State = Literal["running", "held", "fired", "met"]


def state_of(row: Mapping[str, Any]) -> State:
    """What became of a deadline, from its stored row.

    `held`: it waits for a decision, also when the work was handed in meanwhile (whether in time, the decision says);
    `fired`: it passed; `met`: the work was done before it was due, or came to nothing.
    """
    if row["fired_at"]:
        return "fired"
    if row["cancelled_at"]:
        return "met"
    if row["held_by"]:
        return "held"
    return "met" if row["ended_at"] else "running"


@dataclass(slots=True)
class Order:
    """The aggregate. `tasks`, `deadlines` and `instances` hold the live ones plus what this command touched."""

    id: str
    office: str
    number: str
    deployment: int
    status: str
    title: str
    received_at: datetime
    facts: Facts
    process: str
    """The process it follows: the main line for an order, the duty's own for an office case."""
    kind: str = ORDER
    version: int = 0
    closed_at: datetime | None = None
    archived_at: datetime | None = None
    journal_seq: int = 0
    journal_head: str = ""
    replay: bool = False
    """Received under a deployment that was not in force at its date (replays, what-ifs); shown as such."""
    units: list[str] = field(default_factory=list)
    """Units whose people may see the order."""
    done: Facts = field(default_factory=dict)
    """Element → {"n": times, "by": users}: what `done()` and the four-eyes rule ask. The journal is the record."""
    started: dict[str, int] = field(default_factory=dict)
    """Process → how many instances this order has had."""
    ended_instances: int = 0
    instances: dict[str, Instance] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    deadlines: dict[str, Deadline] = field(default_factory=dict)
    runs: dict[str, Any] = field(default_factory=dict, repr=False)
    """Instances loaded in the engine, kept while the aggregate is (`processes.engine.run.Run`)."""

    def next_due_at(self) -> datetime | None:
        """When the next of its deadlines passes."""
        return min((d.due_at for d in self.deadlines.values() if d.waits), default=None)


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry before it is chained. `changed` is JSON-able; personal values appear in it as hashes only."""

    actor: str
    act: str
    happened_at: datetime
    element: str | None = None
    instance: str | None = None
    due_at: datetime | None = None
    changed: dict[str, Any] = field(default_factory=dict)
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """An application refused by rule: its causes as codes, and the sentence for the sender."""

    codes: tuple[str, ...]
    says: str


@dataclass(frozen=True, slots=True)
class Notice:
    """An outgoing message (SMS, mail, web hook), written with the command and delivered afterwards."""

    key: str
    to: str
    unit: str | None
    template: str
    body: dict[str, Any]
    at: datetime
