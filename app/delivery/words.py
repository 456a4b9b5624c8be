"""What a notice says: the office, the order's number, and the name of the step in the diagram. Chinese first.

A pack may give its own sentence for a template, `[notices]` in `pack.toml`: `refused = "…{number}…{reason}…"`. It can
name only what the diagram hands to the notice; nothing else of the order, and nothing of the citizen, is ever included.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter
from typing import Any

from persistence.outbox import Claimed
from processes.regulation import Regulation

MOST_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Words:
    """`subject`: one line. `text`: the whole, both languages."""

    subject: str
    zh: str
    en: str

    @property
    def text(self) -> str:
        return f"{self.zh}\n\n{self.en}\n"


def words_of(regulation: Regulation, notice: Claimed, office_name: str, *, to_staff: bool) -> Words:
    """The words of a notice."""
    name = step_name(regulation, notice.template)
    said = _own_sentence(regulation, notice) or (
        f"工单 {notice.number}：{name}。" if to_staff else f"您的诉求 {notice.number}：{name}。"
    )
    ask = "请登录接办系统办理或查看。" if to_staff else ""
    in_english = f"Order {notice.number}: {name}." + (" Please sign in to Jieban." if to_staff else "")
    return Words(f"【{office_name}】工单 {notice.number}：{name}", f"【{office_name}】{said}{ask}", in_english)


def step_name(regulation: Regulation, template: str) -> str:
    """The name of the step that sends this template, else the template's own."""
    for process in regulation.definitions.processes.values():
        for element in process.elements.values():
            if element.topic == "notify" and element.name:
                inputs = dict(element.inputs)
                if inputs.get("template", "").strip('"= ') == template or element.id == template:
                    return " ".join(element.name.split())
    return template


def _own_sentence(regulation: Regulation, notice: Claimed) -> str:
    sentence = regulation.pack.settings.get("notices", {}).get(notice.template)
    return Plain(notice.body).vformat(str(sentence), (), {})[:MOST_CHARACTERS] if sentence else ""


class Plain(Formatter):
    """`{name}` only: no attributes, no items, no format, and a dash for what is missing."""

    def __init__(self, values: Any) -> None:
        self._values = values

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[Any, str]:
        value = self._values.get(field_name)
        return ("—" if value is None else str(value)), field_name

    def format_field(self, value: Any, format_spec: str) -> Any:
        return value
