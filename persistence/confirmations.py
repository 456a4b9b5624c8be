"""Masked values of a pack, confirmed by a person: which value, by whom, when, on what source.

A confirmation is of one value. It holds for every later deployment of the pack that states the same value; a pack with
another value asks again. Rows are only added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from persistence import tables as t
from processes.errors import NoSuchValue, OtherValue, Unconfirmed
from processes.pack import Pack
from processes.parameters import Parameter, parameters_of


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a person states: the parameter's name, its value as they know it, and where they have it from."""

    name: str
    value: Any
    source: str = ""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A confirmation as it was made."""

    name: str
    value: Any
    source: str
    by: str
    at: datetime


def confirmations(connection: sa.Connection, office: str, pack: str) -> dict[str, Confirmation]:
    """The last confirmation of each value of a pack."""
    c = t.confirmation.c
    rows = connection.execute(sa.select(t.confirmation).where(c.office == office, c.pack == pack).order_by(c.id))
    return {row.name: Confirmation(row.name, row.value, row.source, row.confirmed_by, row.confirmed_at) for row in rows}


def add_confirmation(
    connection: sa.Connection, office: str, pack: Pack, confirmed: Confirmed, by: str, now: datetime
) -> bool:
    """Enter it; false if this value is confirmed already. Raises `NoSuchValue`, `OtherValue`."""
    parameter = _masked(pack).get(confirmed.name)
    if parameter is None:
        raise NoSuchValue.of(confirmed.name)
    if not _same(parameter.value, confirmed.value):
        raise OtherValue.of(parameter.title, parameter.value, confirmed.value)
    known = confirmations(connection, office, pack.name).get(confirmed.name)
    if known is not None and _same(known.value, parameter.value):
        return False
    row = {
        "office": office,
        "pack": pack.name,
        "name": confirmed.name,
        "value": parameter.value,
        "source": confirmed.source,
        "confirmed_by": by,
        "confirmed_at": now,
    }
    connection.execute(t.confirmation.insert(), row)
    return True


def unconfirmed(pack: Pack, known: Mapping[str, Confirmation]) -> list[Parameter]:
    """Masked values of a pack that nobody has confirmed as they stand."""
    return [
        one for one in _masked(pack).values() if one.name not in known or not _same(known[one.name].value, one.value)
    ]


def require_confirmed(connection: sa.Connection, office: str, pack: Pack) -> None:
    """Raises `Unconfirmed` with what waits for a confirmation."""
    waiting = unconfirmed(pack, confirmations(connection, office, pack.name))
    if waiting:
        raise Unconfirmed(waiting)


def _masked(pack: Pack) -> dict[str, Parameter]:
    return {name: one for name, one in parameters_of(pack).items() if one.must_be_confirmed}


def _same(stated: Any, other: Any) -> bool:
    """Equal as a person writes them: `2` and `"2"` are one value, `true` is no number."""
    return stated == other if isinstance(stated, list) else str(stated) == str(other)
