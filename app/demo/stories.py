"""Which demo orders there are: a citizen's request, what becomes of it, and when it came in.

Requests are data (`requests.toml`), and so are the journeys, which each pack brings along in its `demo.toml`; here they
are paired and put in the order of time. A pack without the file has people in its demo and no orders.
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
from processes.pack import Pack

HERE = Path(__file__).parent
FILE = "demo.toml"

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """`acts`: tables of `demo.toml` in order; `intake`: what its form asks beside the request itself; `rng`: where
    everything left open is drawn from."""

    request: Table
    intake: Table
    acts: tuple[Table, ...]
    received_at: datetime
    rng: Random


def plan(platform: Platform, office: str, now: datetime) -> list[Story]:
    """The stories of an office, the earliest first."""
    regulation = platform.library.in_force(office, now)
    hours = OfficeHours(platform.calendars.current(), regulation.counting)
    rng = Random(SEED)
    told = told_of(regulation.pack)
    requests: list[Table] = tomllib.loads((HERE / "requests.toml").read_text(encoding="utf-8"))["requests"]
    rng.shuffle(requests)
    types: Table = told.get("types", {})
    numbers, stories = count(), []
    for journey in sorted(told["journeys"], key=lambda journey: "types" not in journey):
        acts = tuple(told["acts"][name] for name in journey["acts"])
        for turn in range(journey["count"]):
            request = next((one for one in requests if one["type"] in journey.get("types", [one["type"]])), None)
            if request is None:
                break
            requests.remove(request)
            own = Random(f"{SEED}:{next(numbers)}")
            ago = journey["ago"][turn % len(journey["ago"])]
            asked = {**request, "type": types.get(request["type"], request["type"])}
            intake = {**told.get("intake", {}), **journey.get("intake", {})}
            stories.append(Story(asked, intake, acts, long_ago(ago, now, hours, own), own))
    return sorted(stories, key=lambda story: story.received_at)


def told_of(pack: Pack) -> dict[str, Any]:
    """The journeys that a pack brings along: tables `acts`, `journeys`, and optionally `types` and `intake`."""
    return tomllib.loads(pack.files[FILE].decode("utf-8")) if FILE in pack.files else {"acts": {}, "journeys": []}


def most_orders(pack: Pack) -> int:
    """How many orders the demo of a pack has."""
    return sum(journey["count"] for journey in told_of(pack)["journeys"])
