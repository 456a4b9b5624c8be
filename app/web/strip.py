"""Where the order stands: the stages of the main line, what is behind, what is live, what follows.

Stages are the main line's own user tasks and called processes, in the order of the drawing. What stands behind a
boundary event is an exception: it is shown when the order is or was there, not as something to come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from processes.engine.diagram import Process
from processes.regulation import Regulation


@dataclass(frozen=True, slots=True)
class Stage:
    """`elements`: every element whose work belongs to it."""

    name: str
    elements: frozenset[str]
    exception: bool


def strip(regulation: Regulation, line: str, done: Mapping[str, Any], live: Mapping[str, str]) -> list[dict[str, str]]:
    """Steps with `name` and `state` (done, now, next, now aside). `done`: elements; `live`: element of an open task →
    its name; `line`: the process that the order (or office case) follows.

    A live step of a side process (an extension under review) stands after the main line's own.
    """
    stages = stages_of(regulation, line)
    here = places_of(stages, done, live)
    current = max(here.values(), default=None)
    last_done = max((i for i, stage in enumerate(stages) if stage.elements & done.keys()), default=-1)
    ahead_of = last_done if current is None else current
    steps = []
    for index, stage in enumerate(stages):
        if names := [live[element] for element, place in here.items() if place == index]:
            words = [name for name in dict.fromkeys(names) if name != stage.name]
            steps.append({"name": " · ".join((stage.name, *words)), "state": "now"})
        elif index <= ahead_of and stage.elements & done.keys():
            steps.append({"name": stage.name, "state": "done"})
        elif index > ahead_of and not stage.exception and current is not None:
            # Also what was done before the order came back: it has to be done again.
            steps.append({"name": stage.name, "state": "next"})
    on_line = {element for stage in stages for element in stage.elements}
    for process in regulation.processes():
        aside = [live[element] for element in live if element in process.elements and element not in on_line]
        steps += [{"name": f"{short_name(process)} · {name}", "state": "now aside"} for name in aside]
    return steps


def places_of(stages: Sequence[Stage], done: Collection[str], live: Collection[str]) -> dict[str, int]:
    """Element of an open task → index of its stage. Where several stages call the same process, the first that comes
    after what only one stage has done."""
    held = Counter(element for stage in stages for element in stage.elements)
    behind = [i for i, stage in enumerate(stages) if any(one in done and held[one] == 1 for one in stage.elements)]
    reached = max(behind, default=0)
    places = {}
    for element in live:
        if found := [i for i, stage in enumerate(stages) if element in stage.elements]:
            places[element] = next((i for i in found if i >= reached), found[-1])
    return places


def stages_of(regulation: Regulation, line: str) -> list[Stage]:
    """The stages of a process: the main line of orders, or a case of the office."""
    main = regulation.definitions.processes[line]
    stages, exception = [], False
    for element in main.elements.values():
        if element.parent == main.id and element.type in ("boundaryEvent", "callActivity", "subProcess"):
            exception = element.type == "boundaryEvent"
        if element.type == "callActivity" and element.called:
            stages.append(Stage(element.name, _called(regulation, element.called, frozenset()), False))
        elif element.type == "userTask":
            stages.append(Stage(element.name, frozenset({element.id}), exception and element.parent == main.id))
    return stages


def short_name(process: Process) -> str:
    """`延期` for a process named `延期：申请、自动核驳、审批`."""
    return process.name.partition("：")[0]


def _called(regulation: Regulation, called: str, above: Collection[str]) -> frozenset[str]:
    """Elements of a called process and of those it calls."""
    process = regulation.definitions.processes.get(called)
    if process is None or called in above:
        return frozenset()
    found = frozenset(process.elements)
    for element in process.elements.values():
        if element.called:
            found |= _called(regulation, element.called, {*above, called})
    return found
