"""Which demo orders there are: a citizen's request, what becomes of it, and when it came in.

Requests are data (`requests.toml`), and so are the journeys, which each pack brings along in its `demo.toml`; here they
are paired and put in the order of time.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from random import Random

from app.demo.people import SEED
from app.demo.times import OfficeHours, long_ago
from app.demo.told import Table, told_of
from app.platform import Platform
from processes.pack import Pack

REQUESTS = Path(__file__).with_name("requests.toml")


@dataclass(frozen=True, slots=True)
class Story:
    """`acts`: tables of `demo.toml` in order; `intake`: what its form asks beside the request itself; `rng`: where
    everything left open is drawn from. `request["unit"]`: who gets it where the pack's routing does not say."""

    request: Table
    intake: Table
    acts: tuple[Table, ...]
    received_at: datetime
    rng: Random


def plan(platform: Platform, office: str, now: datetime) -> list[Story]:
    """The stories of an office, the earliest first."""
    regulation = platform.library.in_force(office, now)
    hours = OfficeHours(platform.calendars.current(office), regulation.counting)
    rng = Random(f"{SEED}:{office}")
    told = told_of(regulation.pack)
    requests = _requests(regulation.pack)
    rng.shuffle(requests)
    types: Table = told.get("types", {})
    units: Table = told.get("units", {})
    numbers, stories = count(), []
    for journey in sorted(told["journeys"], key=_open_to_much):
        acts = tuple(told["acts"][name] for name in journey["acts"])
        for turn in range(journey["count"]):
            request = next((one for one in requests if _suits(one, journey)), None)
            if request is None:
                break
            requests.remove(request)
            own = Random(f"{SEED}:{next(numbers)}")
            ago = journey["ago"][turn % len(journey["ago"])]
            type_, unit = types.get(request["type"], request["type"]), units.get(request["category"])
            asked = {**request, "type": type_, "unit": unit}
            intake = {**told.get("intake", {}), **journey.get("intake", {})}
            stories.append(Story(asked, intake, acts, long_ago(ago, now, hours, own), own))
    return sorted(stories, key=lambda story: story.received_at)


def _suits(request: Table, journey: Table) -> bool:
    """`about` (in the title), `categories`, `types`: what a journey is for; without them, for everything."""
    wanted = {"type": journey.get("types"), "category": journey.get("categories")}
    fits = all(values is None or request[key] in values for key, values in wanted.items())
    return fits and journey.get("about", "") in request["title"]


def _open_to_much(journey: Table) -> tuple[bool, ...]:
    """Sorts those that few requests suit to the front: they choose first."""
    return tuple(key not in journey for key in ("about", "categories", "types"))


def _requests(pack: Pack) -> list[Table]:
    """Those whose category the pack has."""
    told: list[Table] = tomllib.loads(REQUESTS.read_text(encoding="utf-8"))["requests"]
    categories = pack.settings.get("categories")
    return [one for one in told if categories is None or one["category"] in categories]
