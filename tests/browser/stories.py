"""Which stories show which steps: the scenarios of a pack, what a person does in each, and the fewest that show all.

A step is one thing that a person does with a form of the regulation: `("task", element)`, `("act", message)`,
`("case", process)` or `INTAKE`. A sight is what a browser has to cope with: a role at work, a kind of question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.packs_at_hand import PACKS
from app.scenarios.files import read_scenarios
from app.scenarios.story import Scenario
from forms.schema import read_form
from processes.regulation import Regulation

Step = tuple[str, str]
INTAKE: Step = ("intake", "")
KINDS = {"complete": "task", "send": "act", "start": "case", "receive": "intake"}


@dataclass(frozen=True)
class Story:
    """A scenario and the folder of its file."""

    pack: str
    folder: Path
    scenario: Scenario

    def __str__(self) -> str:
        return f"{self.pack}-{self.scenario.name}"

    def done(self) -> Iterator[tuple[Step, str | None, Iterable[str]]]:
        """What is done in it with success: the step, by which role, the questions answered."""
        for fields in self.scenario.orders.values():
            yield INTAKE, None, fields.mapping()
        for told in self.scenario.steps:
            if told.act is None or told.act.kind not in KINDS or told.refused is not None:
                continue
            role = told.who.role if told.who else None
            if told.act.kind == "receive":
                yield INTAKE, role, told.act.what.mapping()
            else:
                yield (KINDS[told.act.kind], told.act.what.text()), role, told.act.values

    def steps(self) -> frozenset[Step]:
        return frozenset(step for step, _, _ in self.done())


def stories(pack: str) -> list[Story]:
    """Every scenario of a pack, in the order of its files."""
    files = sorted((PACKS / pack / "scenarios").rglob("*.yaml"))
    return [Story(pack, file.parent, one) for file in files for one in read_scenarios(file.read_bytes(), str(file))]


def fewest(told: Sequence[Story], shows: Callable[[Story], frozenset[Step]] = Story.steps) -> list[Story]:
    """Stories that together show all that any of them shows: always the one with most that is new for its length."""
    shown = {id(story): shows(story) for story in told}
    left = frozenset().union(*shown.values())
    chosen: list[Story] = []
    while left:
        best = max(told, key=lambda story: len(shown[id(story)] & left) / (len(story.scenario.steps) + 4))
        chosen.append(best)
        left -= shown[id(best)]
    return chosen


def sights(regulation: Regulation) -> Callable[[Story], frozenset[Step]]:
    """What a story shows a browser."""
    definitions = regulation.definitions
    tasks = {e.id: e.form for process in regulation.processes() for e in process.elements.values()}

    def form_of(step: Step) -> str | None:
        kind, what = step
        if kind == "task":
            return tasks[what]
        if kind == "act":
            return definitions.starters[what].start.form
        return definitions.processes[what if kind == "case" else regulation.main].start.form

    def shows(story: Story) -> frozenset[Step]:
        seen: set[Step] = set()
        for step, role, answered in story.done():
            form = form_of(step)
            asked = read_form(dict(regulation.forms[form]), where=form).fields if form else ()
            fields = {spec.key: spec for spec in asked}
            seen |= {("question", f"{fields[key].component} {fields[key].kind}") for key in answered if key in fields}
            seen |= {("role", role)} if role else set()
        return frozenset(seen)

    return shows


def everything(regulation: Regulation) -> set[Step]:
    """Every step of a person that the drawings have."""
    steps = {INTAKE} if regulation.definitions.processes[regulation.main].starters else set()
    cases = {process.id for process in regulation.office_cases()}
    for process in regulation.processes():
        steps |= {("task", one.id) for one in process.elements.values() if one.type == "userTask"}
        if process.starters and process.start.message:
            steps.add(("act", process.start.message))
        if process.starters and process.id in cases:
            steps.add(("case", process.id))
    return steps
