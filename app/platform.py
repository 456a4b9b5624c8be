"""The platform put together: store, deployments, calendars, people, forms and the door, from one set of settings.

Server, scheduler, command line, scenario runner and replay all begin here. Nothing below `app` knows of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from forms.compile import Choices, CompiledForm, compile_form
from forms.messages import FormError
from forms.schema import read_form
from persistence.calendars import Calendars
from persistence.library import Library
from persistence.people import People
from persistence.reading import Reading
from persistence.schema import upgrade
from persistence.store import Database
from processes.articles import Articles
from processes.door import Door
from processes.errors import BadPack, Invalid
from processes.expressions import Scope, compile_text
from processes.ledger import check_ledger
from processes.order import Instance, Order
from processes.pack import Pack, Problem
from processes.people import Actor
from processes.regulation import Regulation, compile_pack


class Platform:
    """`url`, `secret`: the database and the secret of its master key. Brings the schema up to date."""

    def __init__(
        self, url: str, secret: str, *, keep: int = 2_000, saved: Callable[[datetime | None], None] | None = None
    ) -> None:
        database = Database(url, secret, keep=keep)
        upgrade(database.engine)
        self._put_together(database, saved)

    @classmethod
    def on(cls, database: Database) -> Platform:
        """The platform on a store whose schema is up to date (scenarios)."""
        platform = cls.__new__(cls)
        platform._put_together(database, None)
        return platform

    def _put_together(self, database: Database, saved: Callable[[datetime | None], None] | None) -> None:
        self.database = database
        self.library = Library(self.database)
        self.calendars = Calendars(self.database)
        self.people = People(self.database)
        self.read = Reading(self.database)
        self.door = Door(self.database, self.library, self.calendars.current, saved)

    # -- forms ------------------------------------------------------------------------------------------------------

    def form(self, regulation: Regulation, form_id: str) -> CompiledForm:
        """The compiled form of a deployment; compiled once and kept with it."""
        found: CompiledForm | None = regulation.compiled_forms.get(form_id)
        if found is None:
            schema = read_form(dict(regulation.forms[form_id]), where=f"{form_id}.form")
            found = compile_form(schema, compile_expression=compile_text, zone=regulation.zone)
            regulation.compiled_forms[form_id] = found
        return found

    def choices(self, regulation: Regulation) -> Choices:
        """What selects of the domain offer: units, regions, categories of the office, as (value, label).

        Units are read every time: another process may have added one a moment ago.
        """
        settings = regulation.pack.settings
        return {
            "unit": [(str(row["id"]), str(row["name"])) for row in self.read.units(regulation.office)],
            "region": pairs(settings.get("regions", {})),
            "category": pairs(settings.get("categories", {})),
        }

    def scope(self, order: Order, instance: Instance | None, actor: Actor, now: datetime) -> Mapping[str, Any]:
        """The names that a form's expressions see for a task of this instance."""
        layers = (instance.vars,) if instance is not None else ()
        return Scope(order, self.library.of(order.deployment).names(now, actor), *layers)

    def check(
        self,
        regulation: Regulation,
        form_id: str | None,
        values: Mapping[str, Any],
        scope: Mapping[str, Any],
        choices: Choices | None = None,
    ) -> tuple[dict[str, Any], frozenset[str]]:
        """Validated values of a form and its personal fields. Raises `Invalid` with messages by field.

        `choices`: as read before, for whoever checks thousands of forms while nothing else changes.
        """
        if form_id is None:
            return {}, frozenset()
        form = self.form(regulation, form_id)
        checked = form.check(values, scope=scope, choices=choices or self.choices(regulation))
        if not checked.ok:
            raise Invalid({key: [str(message) for message in found] for key, found in checked.errors.items()})
        return checked.values, form.personal_keys

    # -- packs ------------------------------------------------------------------------------------------------------

    @staticmethod
    def compile(pack: Pack) -> Regulation:
        """Lint and compile a pack with its forms. Raises `BadPack` naming every error."""
        regulation = compile_pack(pack, check_form=check_form)
        wrong = check_ledger(regulation)
        if wrong:
            raise BadPack(wrong)
        # An article that points at nothing misleads its reader, but nothing runs on it: worth a warning.
        loose = tuple(replace(problem, level="warning") for problem in Articles(regulation).problems())
        return replace(regulation, warnings=(*regulation.warnings, *loose))


def check_form(path: str, data: bytes) -> list[Problem]:
    """What is wrong with a form file."""
    try:
        compile_form(read_form(data, where=path), compile_expression=compile_text)
    except FormError as error:
        return [Problem("error", "form", path, str(getattr(error, "field", "") or ""), error.zh, error.en)]
    return []


def pairs(table: Mapping[str, Any] | Sequence[Any]) -> list[tuple[str, str]]:
    """(value, label) of a table of `pack.toml`."""
    if isinstance(table, Mapping):
        return [(str(key), str(label)) for key, label in table.items()]
    return [(str(one), str(one)) for one in table]
