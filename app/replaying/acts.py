"""Who acts when, and what is filled in: two tables of the pack, asked for every message and every task.

`replay_rules` classifies a message. Inputs it may use: `text` (subject and body), `subject`, `body`. Whatever it
puts out under the name of a field of a form fills that field (`request_type`, `category`, `lead_unit` …).

`replay_acts` says for an element (`task`, its id; also the start of the main line) what happens there. It sees besides
everything of the message (`subject`, `body`, `reply`) and of its classification:

| output | meaning |
|---|---|
| `role` | who acts, in the unit where the task's duty sits |
| `after` | how long after the task was opened, as a limit (`20min`, `4h`, `1wd`); `reply`: when the answer was given |
| `values` | the answers of the form, a context; over what the classification fills |

A task without a row, or one that waits for the reply of a message that has none, is never done: its deadlines pass.
On the main line nothing that comes before the reply takes longer than the reply did.
Texts are cut to the length that the field allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.commands.failing import BadInput
from app.platform import Platform
from app.replaying.reader import Message
from decisions import Decision, NoRuleMatches, to_plain
from processes.expressions import FUNCTIONS
from processes.order import Task
from processes.people import Actor, Duty
from processes.regulation import Regulation
from timers.calendar import Calendar
from timers.due import due
from timers.limits import parse_limit

RULES, ACTS = "replay_rules", "replay_acts"
REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Act:
    """What happens at an element. `at` is None when nobody acts; `answers` is what the table gives the form."""

    at: datetime | None
    role: str
    answers: Mapping[str, Any]


class Acts:
    """The two tables of a regulation. Raises `BadInput` when the pack has none."""

    def __init__(self, platform: Platform, regulation: Regulation) -> None:
        self.regulation = regulation
        self._platform = platform
        self._calendar: Calendar = platform.calendars.current(regulation.office)
        self._rules, self._acts = self._table(RULES), self._table(ACTS)
        self._actors: dict[tuple[str, str | None], Actor] = {}

    def classify(self, message: Message) -> dict[str, Any]:
        """What the rules make of a message, with what the acts may read of it."""
        known = {"subject": message.subject, "body": message.body}
        context = {**known, "text": f"{message.subject}\n{message.body}"}
        decided = to_plain(self._rules.evaluate(context, functions=FUNCTIONS).value)
        return {**(decided if isinstance(decided, dict) else {}), **known, "reply": message.reply}

    def receipt(self, message: Message, classified: Mapping[str, Any]) -> Act:
        """How the message is taken in. Raises `BadInput` if the table does not say."""
        main = self.regulation.definitions.processes[self.regulation.main]
        row = self._row(main.start.id, classified)
        if row is None:
            raise BadInput(
                f"决策表 {ACTS} 没有写明如何登记来信（“{main.start.id}”）。",
                f"The table {ACTS} does not say how a message is taken in ({main.start.id!r}).",
            )
        return Act(message.received_at, str(row.get("role")), row.get("values") or {})

    def act(self, task: Task, message: Message, classified: Mapping[str, Any]) -> Act:
        """What happens at an open task."""
        row = self._row(task.element, classified)
        after = str(row["after"]) if row is not None and row.get("after") else None
        if row is None or after is None:
            return Act(None, "", {})
        if after == REPLY:
            at = max(message.replied_at, task.opened_at) if message.replied_at else None
        else:
            at = due(parse_limit(after), task.opened_at, self._calendar, self.regulation.counting).at
            before_reply = message.replied_at is not None and task.opened_at < message.replied_at
            if before_reply and task.process == self.regulation.main and message.replied_at is not None:
                at = min(at, message.replied_at)
        return Act(at, str(row.get("role")), row.get("values") or {})

    def reply_elements(self, message: Message) -> list[str]:
        """The user tasks at which a message like this one is answered."""
        classified = self.classify(message)
        tasks = [e.id for p in self.regulation.processes() for e in p.elements.values() if e.type == "userTask"]
        return [one for one in tasks if (self._row(one, classified) or {}).get("after") == REPLY]

    def answers(self, form: str | None, act: Act, classified: Mapping[str, Any]) -> dict[str, Any]:
        """Values for the form: what the classification knows, over it what the table says, cut to length."""
        if form is None:
            return {}
        values: dict[str, Any] = {}
        for spec in self._platform.form(self.regulation, form).fields:
            value = act.answers.get(spec.key, classified.get(spec.key))
            if value is None:
                continue
            values[spec.key] = value[: spec.max_length] if spec.max_length and isinstance(value, str) else value
        return values

    def actor(self, role: str, unit: str | None = None) -> Actor:
        """The one who holds a role in replays; one person per role, so that four eyes stay four."""
        key = (role, unit)
        if key not in self._actors:
            named = str(self.regulation.roles.get(role, {}).get("name", role))
            self._actors[key] = Actor(f"replay:{role}", f"回放{named}", (Duty(self.regulation.office, role, unit),))
        return self._actors[key]

    def _row(self, element: str, classified: Mapping[str, Any]) -> dict[str, Any] | None:
        try:
            decided = self._acts.evaluate({**classified, "task": element}, functions=FUNCTIONS)
        except NoRuleMatches:
            return None
        row = to_plain(decided.value)
        return row if isinstance(row, dict) else None

    def _table(self, name: str) -> Decision:
        if name not in self.regulation.tables:
            raise BadInput(
                f"规程包 {self.regulation.office} 没有决策表 {name}，不能回放。",
                f"The pack {self.regulation.office} has no table {name}: nothing can be replayed.",
            )
        return self.regulation.table(name)
