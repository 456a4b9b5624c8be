"""What a pack may not leave open, and a revision may not give up: the encryption of personal values, and scenarios.

A value that is not marked personal stands in clear in the facts and for ever in the journal.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.scenarios.packs import own_scenarios
from forms import FieldSpec
from forms.schema import read_form
from processes.pack import Problem
from processes.regulation import Regulation

PERSONAL_AT_INTAKE = frozenset({"content", "event_place", "id_number", "phone"})
"""What the petitioner says of themselves and of others when an order is received."""
PERSONAL_ANYWHERE = frozenset({"petitioner_name"})
PUBLIC_PHONES = frozenset({"handler_phone"})
"""An answer ends with the telephone of whoever handled it."""


def unsafe(before: Regulation | None, after: Regulation) -> list[Problem]:
    """Errors: fields that hold personal values in clear, or that the regulation in force encrypts and the new one does
    not; no scenarios where the regulation in force has some."""
    problems = []
    opened = list(unsealed(before, after))
    for form, spec in opened:
        zh = f"“{spec.label}”在现行规程中加密保存，新包取消了加密；请恢复 personal = true。"
        en = f"{spec.label!r} is encrypted by the regulation in force and no longer by this pack; mark it personal."
        problems.append(_problem(form, spec, "personal-unsealed", zh, en))
    for form, spec in _open_fields(after):
        if (form, spec) not in opened:
            zh = f"“{spec.label}”是个人信息，应加密保存；请在字段属性里写 personal = true。"
            en = f"{spec.label!r} is a personal value and must be encrypted; mark the field personal."
            problems.append(_problem(form, spec, "personal", zh, en))
    if before is not None and own_scenarios(before.pack) and not own_scenarios(after.pack):
        zh = "现行规程带有场景，新包一个也没有；请保留或改写场景，再上传。"
        en = "The regulation in force has scenarios and this pack has none; keep or rewrite them."
        problems.append(Problem("error", "scenarios", "scenarios", "", zh, en))
    return problems


def unsealed(before: Regulation | None, after: Regulation) -> Iterator[tuple[str, FieldSpec]]:
    """(form, field) that is in clear and was encrypted before, there or under the same key in another form."""
    if before is None:
        return
    known = {(form, spec.key): spec.personal for form, spec in _fields(before)}
    sealed = {key for (_form, key), personal in known.items() if personal}
    for form, spec in _fields(after):
        if not spec.personal and known.get((form, spec.key), spec.key in sealed):
            yield form, spec


def _open_fields(regulation: Regulation) -> Iterator[tuple[str, FieldSpec]]:
    intake = regulation.definitions.processes[regulation.main].start.form
    for form, spec in _fields(regulation):
        phone = spec.kind == "phone" and spec.key not in PUBLIC_PHONES
        named = spec.key in PERSONAL_ANYWHERE or (form == intake and spec.key in PERSONAL_AT_INTAKE)
        if (phone or named) and not spec.personal:
            yield form, spec


def _fields(regulation: Regulation) -> Iterator[tuple[str, FieldSpec]]:
    for form, schema in regulation.forms.items():
        for spec in read_form(dict(schema), where=f"{form}.form").fields:
            yield form, spec


def _problem(form: str, spec: FieldSpec, code: str, zh: str, en: str) -> Problem:
    return Problem("error", code, f"{form}.form", spec.key, zh, en)
