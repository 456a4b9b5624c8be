"""Bringing a pack into force in a test, its masked values confirmed as they stand."""

from __future__ import annotations

from datetime import datetime

from app.platform import Platform
from persistence.confirmations import Confirmed
from processes.pack import Pack
from processes.parameters import parameters_of
from processes.people import SYSTEM
from processes.store import DeploymentRow


def put_in_force(
    platform: Platform, pack: Pack, since: datetime, *, note: str = "", office: str | None = None
) -> DeploymentRow:
    """The deployment, in force from `since`."""
    for one in parameters_of(pack).values():
        if one.must_be_confirmed:
            stated = Confirmed(one.name, one.value, "test")
            platform.library.confirm(pack, stated, actor=SYSTEM, now=since, office=office)
    return platform.library.deploy(pack, effective_from=since, actor=SYSTEM, note=note, now=since, office=office)
