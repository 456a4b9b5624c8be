"""Deployments: packs frozen with their includes, addressed by content, numbered, never changed.

File contents are stored once by their hash. Compiled regulations are kept in memory by deployment number: a deployment
never changes, so neither does what it compiles to. The one in force at an instant is the latest whose effective date
has come; that needs no restart and no job. An office may run several packs; where none is named, its first is meant.

A pack with masked values does not come into force before a person has confirmed each of them, by name and value.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import sqlalchemy as sa

from persistence import tables as t
from persistence.confirmations import Confirmation, Confirmed, add_confirmation, confirmations, require_confirmed
from persistence.store import Database
from processes.errors import NoDeployment, NotFound, SameNumbers
from processes.journal import GENESIS
from processes.order import Entry
from processes.pack import Pack, pack_of
from processes.people import Actor
from processes.regulation import Regulation, load_regulation
from processes.store import DeploymentRow

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""When a draft comes into force that only replays run on."""


class Library:
    """The deployments of a database (processes.door.Regulations)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._compiled: dict[int, Regulation] = {}
        self._lock = Lock()

    def of(self, number: int) -> Regulation:
        """The regulation of a deployment. Raises `NotFound`."""
        found = self._compiled.get(number)
        if found is not None:
            return found
        with self._lock:
            if number not in self._compiled:
                row = self.row(number)
                pack = pack_of(self.files(number), row.pack)
                self._compiled[number] = load_regulation(pack, number, row.effective_from, row.office)
            return self._compiled[number]

    def in_force(self, office: str, at: datetime, pack: str | None = None) -> Regulation:
        """The regulation of the office in force at an instant. Raises `NoDeployment`."""
        number = self.number_in_force(office, at, pack)
        if number is None:
            raise NoDeployment()
        return self.of(number)

    def number_in_force(self, office: str, at: datetime, pack: str | None = None) -> int | None:
        c = t.deployment.c
        first = sa.select(c.pack).where(c.office == office).order_by(c.number).limit(1).scalar_subquery()
        query = sa.select(c.number).where(c.office == office, c.pack == (pack or first), c.effective_from <= at)
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(c.effective_from.desc(), c.number.desc()).limit(1)).scalar()
        return None if found is None else int(found)

    def packs(self, office: str) -> list[str]:
        """The packs that were ever deployed in an office, its first one first."""
        c = t.deployment.c
        query = sa.select(c.pack).where(c.office == office).group_by(c.pack).order_by(sa.func.min(c.number))
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def numbers_in_force(self, office: str, at: datetime) -> list[int]:
        """The deployment in force of each pack of the office, in the order in which the packs came."""
        c = t.deployment.c
        query = sa.select(c.pack, c.number, c.effective_from).where(c.office == office).order_by(c.number)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        latest: dict[str, Any] = dict.fromkeys(row.pack for row in rows)
        for row in sorted(rows, key=lambda row: (row.effective_from, row.number)):
            if row.effective_from <= at:
                latest[row.pack] = row.number
        return [number for number in latest.values() if number is not None]

    def deployments(self, office: str, pack: str) -> list[int]:
        """Every deployment of a pack: what its orders run on."""
        return [row.number for row in self.rows(office) if row.pack == pack]

    def latest(self, pack: str) -> Regulation:
        """The newest deployment of a pack, in force or not. Raises `NoDeployment`."""
        rows = [row for row in self.rows() if row.pack == pack]
        if not rows:
            raise NoDeployment()
        return self.of(rows[0].number)

    def deploy(
        self,
        pack: Pack,
        *,
        effective_from: datetime,
        actor: Actor,
        note: str,
        now: datetime,
        office: str | None = None,
    ) -> DeploymentRow:
        """Freeze a pack that was linted. The same content with the same date again gives the deployment that exists.

        `office`: where it shall run; by default the one named after the pack. Raises `Unconfirmed` while masked values
        wait for their confirmation, `SameNumbers` if it would number orders as another pack of the office does.
        """
        digest, office = pack.digest, office or pack.name
        with self._database.transaction() as work:
            run = work.connection.execute
            self._ensure_office(work.connection, pack, office)
            c = t.deployment.c
            again = sa.select(c.number).where(
                c.office == office, c.pack == pack.name, c.digest == digest, c.effective_from == effective_from
            )
            number = run(again).scalar()
            if number is None:
                if effective_from < NEVER:
                    require_confirmed(work.connection, office, pack)
                self._require_own_numbers(work.connection, office, pack)
                values = {
                    "office": office,
                    "pack": pack.name,
                    "digest": digest,
                    "title": str(pack.settings.get("title", pack.name)),
                    "document": str(pack.settings.get("document", "")),
                    "effective_from": effective_from,
                    "deployed_at": now,
                    "deployed_by": actor.user,
                    "note": note,
                }
                number = run(t.deployment.insert().values(values).returning(c.number)).scalar_one()
                self._store_files(work.connection, int(number), pack.files)
                changed = {"digest": digest, "effective_from": effective_from, "document": values["document"]}
                entry = Entry(actor.user, "deploy", now, changed=changed, why=note or None)
                work.record(office, [entry], deployment=int(number))
        return self.row(int(number))

    def keep_compiled(self, row: DeploymentRow, compiled: Regulation) -> None:
        """Use a pack that was compiled already for its deployment, so that it need not be compiled once more.

        Raises `ValueError` if the deployment has another content.
        """
        if compiled.pack.digest != row.digest:
            raise ValueError(f"deployment {row.number} is not this pack")
        with self._lock:
            self._compiled[row.number] = replace(
                compiled, number=row.number, effective_from=row.effective_from, deployed_in=row.office
            )

    def files(self, number: int) -> dict[str, bytes]:
        """Path → content of a deployment."""
        join = t.deployment_file.join(t.blob, t.blob.c.sha256 == t.deployment_file.c.sha256)
        query = sa.select(t.deployment_file.c.path, t.blob.c.content).select_from(join)
        with self._database.reading() as connection:
            rows = connection.execute(query.where(t.deployment_file.c.deployment == number)).all()
        return {row.path: bytes(row.content) for row in rows}

    def row(self, number: int) -> DeploymentRow:
        with self._database.reading() as connection:
            found = (
                connection.execute(sa.select(t.deployment).where(t.deployment.c.number == number)).mappings().first()
            )
        if found is None:
            raise NotFound()
        return DeploymentRow(**found)

    def rows(self, office: str | None = None) -> list[DeploymentRow]:
        """Deployments, the newest first; of one office or of all."""
        query = sa.select(t.deployment).order_by(t.deployment.c.number.desc())
        if office is not None:
            query = query.where(t.deployment.c.office == office)
        with self._database.reading() as connection:
            return [DeploymentRow(**row) for row in connection.execute(query).mappings()]

    def open_office(self, pack: Pack) -> None:
        """Enter the office that a pack names, with its units, before any regulation is in force."""
        with self._database.transaction() as work:
            self._ensure_office(work.connection, pack, pack.name)

    def add_units(self, office: str, units: Mapping[str, Mapping[str, Any]]) -> None:
        """Enter units of an office; one that exists keeps its row."""
        with self._database.transaction() as work:
            _add_units(work.connection, office, units)

    def rename_unit(self, office: str, unit: str, name: str) -> bool:
        """False if the office has no such unit. A later deployment leaves the name as it is."""
        c = t.unit.c
        mine = (c.office == office, c.id == unit)
        with self._database.transaction() as work:
            return work.connection.execute(t.unit.update().where(*mine).values(name=name)).rowcount == 1

    def confirm(
        self, pack: Pack, confirmed: Confirmed, *, actor: Actor, now: datetime, office: str | None = None
    ) -> None:
        """A person states that a masked value of the pack is right. Raises `NoSuchValue`, `OtherValue`."""
        office = office or pack.name
        with self._database.transaction() as work:
            self._ensure_office(work.connection, pack, office)
            if add_confirmation(work.connection, office, pack, confirmed, actor.user, now):
                changed = {"pack": pack.name, "value": {confirmed.name: confirmed.value}, "source": confirmed.source}
                work.record(office, [Entry(actor.user, "confirm", now, changed=changed, why=confirmed.source or None)])

    def confirmations(self, office: str, pack: str) -> dict[str, Confirmation]:
        """The last confirmation of each masked value of a pack."""
        with self._database.reading() as connection:
            return confirmations(connection, office, pack)

    def _ensure_office(self, connection: sa.Connection, pack: Pack, office: str) -> None:
        c = t.office.c
        if connection.execute(sa.select(c.id).where(c.id == office)).scalar() is None:
            name = str(pack.settings.get("office_name") or pack.settings.get("title") or office)
            row = {"id": office, "name": name, "journal_seq": 0, "journal_head": GENESIS}
            connection.execute(t.office.insert(), row)
        _add_units(connection, office, pack.units)

    def _require_own_numbers(self, connection: sa.Connection, office: str, pack: Pack) -> None:
        """Each pack counts for itself, so two of one office must not write their numbers alike."""
        c = t.deployment.c
        others = sa.select(sa.func.max(c.number)).where(c.office == office, c.pack != pack.name).group_by(c.pack)
        file = t.deployment_file.join(t.blob, t.blob.c.sha256 == t.deployment_file.c.sha256)
        for number in connection.execute(others).scalars().all():
            query = sa.select(t.blob.c.content).select_from(file)
            mine = (t.deployment_file.c.deployment == number, t.deployment_file.c.path == "pack.toml")
            settings = tomllib.loads(bytes(connection.execute(query.where(*mine)).scalar_one()).decode())
            if settings.get("number") == pack.settings.get("number"):
                raise SameNumbers()

    @staticmethod
    def _store_files(connection: sa.Connection, number: int, files: Mapping[str, bytes]) -> None:
        rows = []
        for path, content in files.items():
            sha = hashlib.sha256(content).hexdigest()
            if connection.execute(sa.select(t.blob.c.sha256).where(t.blob.c.sha256 == sha)).scalar() is None:
                connection.execute(t.blob.insert(), {"sha256": sha, "content": content})
            rows.append({"deployment": number, "path": path, "sha256": sha})
        connection.execute(t.deployment_file.insert(), rows)


def _add_units(connection: sa.Connection, office: str, units: Mapping[str, Mapping[str, Any]]) -> None:
    c = t.unit.c
    known = set(connection.execute(sa.select(c.id).where(c.office == office)).scalars())
    rows = [
        {
            "office": office,
            "id": unit,
            "name": str(values.get("name", unit)),
            "level": str(values.get("level", "city")),
            "kind": str(values.get("kind", "department")),
            "parent": values.get("parent"),
        }
        for unit, values in units.items()
        if unit not in known
    ]
    if rows:
        connection.execute(t.unit.insert(), rows)
