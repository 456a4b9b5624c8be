"""What a pack tells of its demo: `demo.toml`. A pack without it has people in its demo and no orders.

`acts` and `journeys` are explained in the files themselves. Optional tables: `types` (request type of `requests.toml`
→ of the pack), `units` (category → who handles it where the routing does not say), `posts` (role → the only units
in which it is held), `intake` (what the form asks beside the request itself).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from processes.pack import Pack

FILE = "demo.toml"

Table = Mapping[str, Any]


def told_of(pack: Pack) -> dict[str, Any]:
    """The tables of the file."""
    return tomllib.loads(pack.files[FILE].decode("utf-8")) if FILE in pack.files else {"acts": {}, "journeys": []}


def most_orders(pack: Pack) -> int:
    """How many orders the demo of a pack has."""
    return sum(journey["count"] for journey in told_of(pack)["journeys"])
