"""What can be wrong with an expression or a decision table, said so that its author can repair it.

Every error carries a sentence in Chinese and one in English, the text it is about and, where known, the line
and column (both counted from 1).  `str(error)` is the Chinese sentence followed by the English one.
"""

from __future__ import annotations


class FeelError(Exception):
    """An expression cannot be read or evaluated."""

    def __init__(self, zh: str, en: str, text: str = "", line: int = 0, column: int = 0) -> None:
        self.zh, self.en = zh, en
        self.text, self.line, self.column = text, line, column
        place_zh = f"（第 {line} 行第 {column} 列）" if line else ""
        place_en = f" (line {line}, column {column})" if line else ""
        super().__init__(f"{zh}{place_zh} / {en}{place_en}")


class FeelSyntaxError(FeelError):
    """The text is no FEEL; line and column point at the first thing that does not fit."""


class FeelLimitError(FeelError):
    """The expression asks for more work, size or depth than is allowed."""


class DmnError(Exception):
    """A DMN file or one of its elements is unusable; `element` is its id, `row` the rule number (from 1) or 0."""

    def __init__(self, zh: str, en: str, *, where: str = "", element: str = "", row: int = 0) -> None:
        self.zh, self.en = zh, en
        self.where, self.element, self.row = where, element, row
        parts = [part for part in (where, element, f"row {row}" if row else "") if part]
        place = f" [{' · '.join(parts)}]" if parts else ""
        super().__init__(f"{zh} / {en}{place}")


class NoRuleMatches(DmnError):
    """No rule of a single-hit table fits the inputs; `inputs` maps the label of each input to its value."""

    def __init__(self, zh: str, en: str, *, inputs: dict[str, object], where: str = "", element: str = "") -> None:
        super().__init__(zh, en, where=where, element=element)
        self.inputs = inputs


class SeveralRulesMatch(DmnError):
    """Several rules of a UNIQUE table fit, or rules of an ANY table disagree; `rules` are their numbers."""

    def __init__(self, zh: str, en: str, *, rules: tuple[int, ...], where: str = "", element: str = "") -> None:
        super().__init__(zh, en, where=where, element=element, row=rules[0])
        self.rules = rules


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a character offset."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
