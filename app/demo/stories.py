"""Which demo orders there are: a citizen's request, what becomes of it, and when it came in.

Requests and journeys are data (`requests.toml`, `journeys.toml`); here they are paired and put in the order of time.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from app.demo.people import SEED
from app.demo.times import OfficeHours, long_ago
from app.platform import Platform
from processes.regulation import Regulation

HERE = Path(__file__).parent

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """`acts`: tables of `journeys.toml` in order; `rng`: where everything left open is drawn from."""

    request: Table
    acts: tuple[Table, ...]
    received_at: datetime
    rng: Random


def plan(platform: Platform, office: str, now: datetime) -> list[Story]:
    """The stories of an office, the earliest first."""
    regulation = platform.library.in_force(office, now)
    hours = OfficeHours(platform.calendars.current(), regulation.counting)
    rng = Random(SEED)
    told = _read("journeys.toml")
    requests: list[Table] = _read("requests.toml")["requests"]
    rng.shuffle(requests)
    numbers, stories = count(), []
    for journey in sorted(told["journeys"], key=lambda journey: "types" not in journey):
        acts = tuple(told["acts"][name] for name in journey["acts"])
        if not _fits(regulation, acts):
            continue
        for turn in range(journey["count"]):
            request = next((one for one in requests if one["type"] in journey.get("types", [one["type"]])), None)
            if request is None:
                break
            requests.remove(request)
            own = Random(f"{SEED}:{next(numbers)}")
            ago = journey["ago"][turn % len(journey["ago"])]
            stories.append(Story(request, acts, long_ago(ago, now, hours, own), own))
    return sorted(stories, key=lambda story: story.received_at)


def most_orders() -> int:
    """How many orders a pack gets that has every element of every journey."""
    return sum(journey["count"] for journey in _read("journeys.toml")["journeys"])


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def _fits(regulation: Regulation, acts: tuple[Table, ...]) -> bool:
    """True if the pack has every element and message of the journey."""
    elements = {name for process in regulation.processes() for name in process.elements}
    return all(
        act["complete"] in elements if "complete" in act else act["send"] in regulation.definitions.starters
        for act in acts
    )
