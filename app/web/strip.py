"""Where the order stands: the human steps of the main line, what is behind, what is live, what follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from processes.regulation import Regulation

MOST_NEXT = 3


def strip(regulation: Regulation, done: Mapping[str, Any], live: Collection[str]) -> list[dict[str, str]]:
    """Steps with `name` and `state` (done, now, next). `done`: element → count; `live`: elements of open tasks.

    The main line's user tasks stand in the order of the drawing; steps never taken are left out behind the live one.
    A live step of a side process (an extension under review) stands after the main line's own.
    """
    main = regulation.definitions.processes[regulation.main]
    tasks = [element for element in main.elements.values() if element.type == "userTask" and element.name]
    steps: list[dict[str, str]] = []
    ahead = 0
    current = max((i for i, task in enumerate(tasks) if task.id in live), default=None)
    last_done = max((i for i, task in enumerate(tasks) if task.id in done), default=-1)
    for index, task in enumerate(tasks):
        if task.id in live:
            steps.append({"name": task.name, "state": "now"})
        elif task.id in done and (current is None or index < current):
            steps.append({"name": task.name, "state": "done"})
        elif index > (last_done if current is None else current) and ahead < MOST_NEXT and current is not None:
            steps.append({"name": task.name, "state": "next"})
            ahead += 1
    for process in regulation.processes():
        if process.id != main.id:
            aside = [e for e in process.elements.values() if e.id in live and e.id not in main.elements]
            steps += [{"name": f"{process.name} · {element.name}", "state": "now"} for element in aside]
    return steps
