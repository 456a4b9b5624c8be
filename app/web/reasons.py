"""Why: the rule of a table that decided, in the words of the table's labels, as the journal kept it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import url_for

from app.web.language import _
from app.web.pack_lists import LIMITS, decision_name
from decisions.outline import Column, Outline, outline
from forms import FieldSpec
from processes.regulation import Regulation

Row = Mapping[str, Any]
WORK = "work"
"""The column of `limits` that says what the limit is for: its clock has a name of its own."""


class Reasons:
    """Tells rules of one regulation. `fields(form id)`: its questions; `words`: a value as its question showed it."""

    def __init__(
        self,
        regulation: Regulation,
        fields: Mapping[str, Mapping[str, FieldSpec]],
        words: Callable[[FieldSpec, Any], str],
    ) -> None:
        self._regulation, self._words = regulation, words
        self._tables: dict[str, Outline | None] = {}
        self._fields = {key: spec for questions in fields.values() for key, spec in questions.items()}

    def of_limits(self, journal: Iterable[Row], deadlines: Iterable[Row]) -> dict[str, dict[str, Any]]:
        """For each deadline (id) that the table of limits gave: `table`, `href`, `number`, `because`, `basis`."""
        entries = [json.loads(row["changed"] or "{}") for row in journal]
        found = {}
        for deadline in deadlines:
            rule = next(filter(None, (_that_gave(deadline, changed) for changed in reversed(entries))), None)
            if rule is not None:
                found[deadline["id"]] = self.told(LIMITS, rule)
        return found

    def told(self, table: str, rule: Row) -> dict[str, Any]:
        """One rule that matched: only the inputs it asks about are told (`because`: `label`, `value`)."""
        written = self._outline(table)
        asked = [
            {"label": column.label, "value": self._value(column, rule["inputs"].get(column.label))}
            for column in (written.asked(rule["id"]) if written else ())
            if column.text != WORK
        ]
        found = self._regulation.tables.get(table)
        at: dict[str, Any] = {"pack": self._regulation.name, "deployment": self._regulation.number, "decision": table}
        return {
            "table": decision_name(found) if found is not None else table,
            "href": url_for("decisions.show", _anchor=f"rule-{rule['number']}", **at),
            "number": rule["number"],
            "because": asked,
            "basis": rule.get("basis") or "",
        }

    def sentences(self, changed: Mapping[str, Any]) -> list[str]:
        """What an entry of the journal says of the rules that decided, a sentence for each."""
        told = [
            self.told(decided["table"], rule)
            for decided in changed.get("decided", ())
            for rule in decided.get("rules", ())
        ]
        return list(dict.fromkeys(map(_sentence, told)))

    def _outline(self, table: str) -> Outline | None:
        if table not in self._tables:
            found = self._regulation.tables.get(table)
            self._tables[table] = outline(found) if found is not None else None
        return self._tables[table]

    def _value(self, column: Column, value: Any) -> str:
        if value is None:
            return _("未填")
        if value is False:
            return _("否")
        spec = self._fields.get(column.text)
        if spec is not None:
            return self._words(spec, value)
        return _("是") if value is True else str(value)


def _sentence(reason: dict[str, Any]) -> str:
    words: str = _("“%(table)s”第 %(n)s 条", table=reason["table"], n=reason["number"])
    if reason["because"]:
        words += "（" + "，".join(f"{fact['label']}：{fact['value']}" for fact in reason["because"]) + "）"
    return words + (f"：{reason['basis']}" if reason["basis"] else "")


def _that_gave(deadline: Row, changed: Mapping[str, Any]) -> Row | None:
    """The rule that gave a deadline its limit, if this entry of the journal set the clock going."""
    if not any(one["element"] == deadline["element"] for one in changed.get("armed", ())):
        return None
    for decided in changed.get("decided", ()):
        if decided["table"] == LIMITS and decided["rules"] and _gives(decided["value"], deadline["rule"]):
            rule: Row = decided["rules"][0]
            return rule
    return None


def _gives(row: Any, rule: Mapping[str, Any]) -> bool:
    """Whether a row of the table of limits is what the rule of a deadline was made of."""
    if not isinstance(row, Mapping) or str(rule.get("limit", "")).partition("@")[0] != f"{row['value']}{row['unit']}":
        return False
    return all(rule.get(key) == row.get(key) for key in ("timer", "basis"))
