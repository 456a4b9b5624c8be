"""Plays a demo story through the real door: receive, then act by act, each by somebody whose duty it is.

Time passes between the acts as it would in the server: every deadline on the way fires at its own instant. Nothing
happens after the present; what an act finds otherwise than told ends its story, and the order stays where it is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from app.demo.people import demo_people, name_of, phone_of
from app.demo.stories import Story
from app.demo.times import OfficeHours, step
from app.demo.told import Table
from app.platform import Platform
from persistence.attachments import Attachments, Owner
from processes import duties, verbs
from processes.errors import Invalid, Refusal
from processes.order import Order
from processes.people import Actor

log = logging.getLogger(__name__)

LATENESS = timedelta(milliseconds=40)
"""How long after its due time a deadline fires when the server runs."""
CHANNELS_IN_USE = 4
A_MONTH = timedelta(days=30)
LEAD = "lead_unit"


class Player:
    """Plays stories in one office, none of them beyond `now`."""

    def __init__(self, platform: Platform, office: str, now: datetime) -> None:
        self._platform, self._office, self._now = platform, office, now
        self._regulation = platform.library.in_force(office, now)
        self._hours = OfficeHours(platform.calendars.current(office), self._regulation.counting)
        self._people = demo_people(platform, office)
        self._units = [str(row["id"]) for row in platform.read.units(office)]

    def play(self, story: Story) -> Order:
        """Receive the order and act as told; returns it as it stands at `now`."""
        at = story.received_at
        order = self._receive(story)
        for act in story.acts:
            at = step(act["after"], at, self._hours, story.rng)
            if at > self._now:
                break
            order = self._pass_time(order, at)
            try:
                order = (self._complete if "complete" in act else self._send)(order, act, story, at)
            except Refusal as refusal:
                log.warning("%s: %s: %s", order.number, act.get("complete") or act.get("send"), refusal.zh)
                break
        return self._pass_time(order, self._now)

    def _receive(self, story: Story) -> Order:
        at, rng = story.received_at, story.rng
        main = self._regulation.definitions.processes[self._regulation.main]
        actor = self._one_of([one for one in self._people if one.holds(self._office, main.starters, None)], rng)
        values, personal = self._platform.check(
            self._regulation, main.start.form, self._asked(story, at), self._regulation.names(at, actor)
        )
        door = self._platform.door
        return verbs.receive(door, actor, self._office, values, at, personal=personal).order

    def _asked(self, story: Story, at: datetime) -> dict[str, Any]:
        """The intake form as the call agent fills it in."""
        request, rng = story.request, story.rng
        regions = self._regulation.pack.settings.get("regions", {})
        return {
            "channel": self._channel(rng),
            "received_at": at.isoformat(),
            "request_type": request["type"],
            "title": request["title"],
            "content": request["content"],
            "category": request["category"],
            "region": rng.choice(list(regions)) if regions else None,
            "event_place": request["spot"],
            "identity_mode": rng.choice(["real", "real", "real", "real", "confidential"]),
            "petitioner_name": name_of(rng),
            "phone": phone_of(rng),
            "wants_reply": True,
            "wants_publication": rng.choice(["yes", "no", "unstated"]),
            **story.intake,
        }

    def _channel(self, rng: Random) -> str | None:
        """Most people call; the others come by the channels that the form names first."""
        main = self._regulation.definitions.processes[self._regulation.main]
        form = self._platform.form(self._regulation, main.start.form or "")
        spec = next((spec for spec in form.fields if spec.key == "channel"), None)
        if spec is None or not spec.options:
            return None
        return str(rng.choice([*spec.options[:1] * 4, *spec.options[:CHANNELS_IN_USE]]).value)

    def _complete(self, order: Order, act: Table, story: Story, at: datetime) -> Order:
        task = next((t for t in order.tasks.values() if t.element == act["complete"] and t.closed_at is None), None)
        if task is None:
            log.warning("%s: %s is not open", order.number, act["complete"])
            return order
        able = [one for one in self._people if duties.may_do(one, order, task)]
        actor = self._one_of([one for one in able if duties.may_see(one, order, self._regulation)], story.rng)
        scope = self._platform.scope(order, order.instances[task.instance], actor, at)
        values, personal = self._checked(task.form, self._said(act, story, actor, at), scope, story)
        return verbs.complete(self._platform.door, actor, task.id, values, at, personal=personal).order

    def _send(self, order: Order, act: Table, story: Story, at: datetime) -> Order:
        process = self._regulation.definitions.starters[act["send"]]
        # What a unit sends comes from the unit that handles the order.
        unit = order.facts.get(LEAD) if "unit" in process.start.properties else None
        actors = [one for one in self._people if one.holds(self._office, process.starters, unit)]
        actor = self._one_of(actors, story.rng)
        scope = self._platform.scope(order, None, actor, at)
        files = self._files(act, actor, at)
        said = {**self._said(act, story, actor, at), **files}
        values, personal = self._checked(process.start.form, said, scope, story)
        ids = [file["id"] for kept in files.values() for file in kept]
        door = self._platform.door
        return verbs.send(door, actor, order.id, act["send"], values, at, personal=personal, files=ids).order

    def _one_of(self, actors: list[Actor], rng: Random) -> Actor:
        if not actors:
            raise Refusal("没有演示人员承担这项职责。", "No demo person holds this duty.")
        # Who holds many duties only stands in: it is the others' work.
        own = min(len(one.duties) for one in actors)
        return rng.choice([one for one in actors if len(one.duties) == own])

    def _said(self, act: Table, story: Story, actor: Actor, at: datetime) -> dict[str, Any]:
        """What the actor fills in, placeholders resolved."""
        words = {
            **{key: story.request[key] for key in ("measures", "answer", "basis")},
            "name": actor.name,
            "phone": phone_of(Random(actor.user)),
            "now": at.isoformat(),
            "in_a_month": (at + A_MONTH).date().isoformat(),
        }
        given = act.get("with", {})
        return {key: value.format(**words) if isinstance(value, str) else value for key, value in given.items()}

    def _files(self, act: Table, actor: Actor, at: datetime) -> dict[str, list[dict[str, Any]]]:
        """What the act hands in, by field: text files, stored as if the actor had chosen them."""
        owner, store = Owner(self._office, actor.user), Attachments(self._platform.database)
        return {
            field: [store.keep(owner, field, text.encode(), name=name, mime="text/plain", now=at)]
            for field, (name, text) in act.get("files", {}).items()
        }

    def _checked(
        self, form: str | None, values: dict[str, Any], scope: Mapping[str, Any], story: Story
    ) -> tuple[dict[str, Any], frozenset[str]]:
        """Validated. Where the pack's routing suggests no unit, the dispatcher picks one."""
        try:
            return self._platform.check(self._regulation, form, values, scope)
        except Invalid as invalid:
            if LEAD not in invalid.errors:
                raise
            chosen = {**values, LEAD: story.request.get("unit") or story.rng.choice(self._units)}
            return self._platform.check(self._regulation, form, chosen, scope)

    def _pass_time(self, order: Order, until: datetime) -> Order:
        """Let the deadlines before `until` fire, each when its time comes."""
        while True:
            due_at = order.next_due_at()
            if due_at is None or due_at >= until:
                return order
            order = verbs.fire_due(self._platform.door, order.id, min(due_at + LATENESS, until)).order
