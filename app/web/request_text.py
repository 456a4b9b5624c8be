"""The request as it was made: its text, its facts by the labels of the intake form, the contact masked.

Text and place are personal too and stored encrypted, but who works on the order reads them; name, phone and number
are shown masked until somebody gives a reason.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from app.web import context
from app.web.language import _
from app.web.loaded import Loaded
from app.web.story import Teller
from app.web.words import masked
from forms import FieldSpec

MASKED_KINDS = frozenset({"phone", "id_number"})
MASKED_KEYS = frozenset({"petitioner_name", "contact_name"})
ELSEWHERE = frozenset({"title", "content", "channel", "request_type", "category"})
"""Shown in the head of the page, or as the text itself."""


def intake_fields(loaded: Loaded) -> Mapping[str, FieldSpec]:
    """The questions it was taken with (the intake form, for an order) by key."""
    regulation = loaded.regulation
    form = regulation.definitions.processes[loaded.row["process"]].start.form
    return {spec.key: spec for spec in context.platform().form(regulation, form).fields} if form else {}


def contact_fields(loaded: Loaded) -> list[str]:
    """Keys of the values that are masked."""
    specs = intake_fields(loaded).values()
    return [spec.key for spec in specs if spec.personal and (spec.kind in MASKED_KINDS or spec.key in MASKED_KEYS)]


def request_of(
    loaded: Loaded, teller: Teller, *, revealed: Collection[str] = (), may_reveal: bool = True
) -> dict[str, Any]:
    """`content`, `facts` and `contact`; keys in `revealed` are shown in clear, nothing of those who must not see it."""
    specs = intake_fields(loaded)
    personal = context.platform().read.personal_of(loaded.row["id"])
    values = {**loaded.row["facts"], **personal}
    hidden = contact_fields(loaded)
    contact = []
    for key in hidden:
        if value := str(personal.get(key) or ""):
            # A surname and four digits are enough for whoever is complained about.
            hidden_part = masked(specs[key].kind, value) if may_reveal else _("（保密）")
            shown = value if key in revealed else hidden_part
            contact.append({"label": specs[key].label, "value": shown})
    facts = [
        teller.fact(spec, values[key])
        for key, spec in specs.items()
        if key not in hidden and key not in ELSEWHERE and values.get(key) not in (None, "", [], False)
    ]
    given = any(loaded.row["facts"].get(f"has_{spec.key}") for spec in specs.values() if spec.personal)
    gone = _("内容已依法销毁。") if given and not personal else ""
    return {"content": values.get("content") or gone, "facts": facts, "contact": contact}
