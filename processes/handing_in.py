"""What comes with a form, and how an order takes it in: the same for everything that a person fills in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from processes.command import Command
from processes.order import Facts
from processes.store import Transaction


@dataclass(frozen=True, slots=True)
class HandedIn:
    """`values`: what rules and the journal see; `personal`: what is sealed; `files`: ids of files that came along.

    `facts`: the values, and `has_<field>` for every personal field of the form.
    """

    values: Facts
    personal: Facts
    files: Collection[str]
    facts: Facts

    @classmethod
    def of(
        cls, said: Mapping[str, Any], personal: Collection[str], files: Collection[str], before: Mapping[str, Any] = {}
    ) -> HandedIn:
        """`said`: the validated values, None where nothing was answered; `personal`: the keys to be sealed.

        `before`: the answers that these replace, if the form comes again: what is left empty now is emptied.
        """
        sealed = {key: value for key, value in said.items() if key in personal and value is not None}
        values = {
            key: _nameless(value, files)
            for key, value in said.items()
            if key not in personal and (value is not None or before.get(key) is not None)
        }
        return cls(values, sealed, files, values | {f"has_{key}": bool(sealed.get(key)) for key in personal})


def _nameless(value: Any, files: Collection[str]) -> Any:
    """Descriptions of files without their names: a name may say who and what, and is sealed with its file."""
    if not isinstance(value, list):
        return value
    return [
        {key: said for key, said in one.items() if key != "name"}
        if isinstance(one, Mapping) and one.get("id") in files
        else one
        for one in value
    ]


def hand_in(command: Command, work: Transaction, notes: dict[str, Any], element: str, given: HandedIn) -> None:
    """Take it into the order and note it in the act in progress. `element`: the task or start event that is done."""
    notes["values"] = given.values
    if given.personal:
        notes["personal"] = work.seal(command.order, given.personal)
    if given.files:
        notes["files"] = work.attach(command.order, given.files, command.actor.user)
    command.count_done(element, command.actor)
