"""Matching without backtracking, for patterns that Python's engine might try without end.

The parsed pattern becomes a small machine; all its states advance together over the text, so that the time is the
length of the text times the size of the machine, whatever the pattern.  It only answers whether the pattern is
found.  Back references and look-arounds it cannot do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from re import _constants as codes  # type: ignore[attr-defined]
from typing import Any

MAX_SIZE = 2_000
MAX_STEPS = 400_000
Accepts = Callable[[str], bool]

_CATEGORIES: dict[Any, re.Pattern[str]] = {
    codes.CATEGORY_DIGIT: re.compile(r"\d"), codes.CATEGORY_NOT_DIGIT: re.compile(r"\D"),
    codes.CATEGORY_SPACE: re.compile(r"\s"), codes.CATEGORY_NOT_SPACE: re.compile(r"\S"),
    codes.CATEGORY_WORD: re.compile(r"\w"), codes.CATEGORY_NOT_WORD: re.compile(r"\W"),
}  # fmt: skip
_CHARACTERS = (codes.LITERAL, codes.NOT_LITERAL, codes.IN, codes.ANY)


class Unsupported(Exception):
    """The pattern needs what the machine cannot do, or is too large for it."""


class Automaton:
    """The machine of one parsed pattern: steps are ("char", test), ("split", a, b), ("at", test) and ("end",)."""

    def __init__(self, parsed: Any, flags: int) -> None:
        self._steps: list[tuple[Any, ...]] = []
        self._flags = flags
        self._sequence(parsed)
        self._steps.append(("end",))

    def _emit(self, *step: Any) -> int:
        if len(self._steps) >= MAX_SIZE:
            raise Unsupported
        self._steps.append(step)
        return len(self._steps) - 1

    def _sequence(self, parsed: Any) -> None:
        for operation, argument in parsed:
            if operation in _CHARACTERS:
                self._emit("char", self._character(operation, argument))
            elif operation is codes.SUBPATTERN:
                self._sequence(argument[-1])
            elif operation is codes.BRANCH:
                self._branch(argument[1])
            elif operation in (codes.MAX_REPEAT, codes.MIN_REPEAT):
                self._repeat(*argument)
            elif operation is codes.AT and argument in (codes.AT_BEGINNING, codes.AT_END, codes.AT_END_STRING):
                self._emit("at", self._place(argument))
            else:
                raise Unsupported

    def _branch(self, options: list[Any]) -> None:
        ends = []
        for option in options[:-1]:
            split = self._emit("split", 0, 0)
            self._sequence(option)
            ends.append(self._emit("split", 0, 0))
            self._steps[split] = ("split", split + 1, len(self._steps))
        self._sequence(options[-1])
        for end in ends:
            self._steps[end] = ("split", len(self._steps), len(self._steps))

    def _repeat(self, low: int, high: Any, body: Any) -> None:
        for _ in range(low):
            self._sequence(body)
        if high == codes.MAXREPEAT:
            split = self._emit("split", 0, 0)
            self._sequence(body)
            self._emit("split", split, split)
            self._steps[split] = ("split", split + 1, len(self._steps))
            return
        splits = []
        for _ in range(high - low):
            splits.append(self._emit("split", 0, 0))
            self._sequence(body)
        for split in splits:
            self._steps[split] = ("split", split + 1, len(self._steps))

    def _place(self, where: Any) -> Callable[[str, int], bool]:
        if where is codes.AT_END_STRING:
            return lambda text, index: index == len(text)
        if where is codes.AT_END:  # only written with the flag m: at the end of each line
            return lambda text, index: text[index : index + 1] in ("", "\n")
        if self._flags & re.MULTILINE:
            return lambda text, index: index == 0 or text[index - 1] == "\n"
        return lambda text, index: index == 0

    def _character(self, operation: Any, argument: Any) -> Accepts:
        if operation is codes.ANY:
            return (lambda char: True) if self._flags & re.DOTALL else (lambda char: char != "\n")
        if operation is codes.IN:
            return self._one_case(_members(argument))
        wanted = chr(argument)
        plain = self._one_case(lambda char: char == wanted)
        return plain if operation is codes.LITERAL else lambda char: not plain(char)

    def _one_case(self, accepts: Accepts) -> Accepts:
        if not self._flags & re.IGNORECASE:
            return accepts
        return lambda char: accepts(char) or accepts(char.lower()) or accepts(char.upper())

    def found(self, text: str) -> bool:
        """Whether the pattern is found anywhere in the text. Raises Unsupported when that would take too long."""
        if (len(text) + 1) * len(self._steps) > MAX_STEPS:
            raise Unsupported
        current: set[int] = set()
        for index in range(len(text) + 1):
            waiting = self._closure({*current, 0}, text, index)
            if waiting is None:
                return True
            if index < len(text):
                char = text[index]
                current = {step + 1 for step in waiting if self._steps[step][1](char)}
        return False

    def _closure(self, start: set[int], text: str, index: int) -> list[int] | None:
        """The character steps reachable without reading; None when the end is."""
        seen, stack, waiting = set(start), list(start), []
        while stack:
            number = stack.pop()
            step = self._steps[number]
            if step[0] == "end":
                return None
            if step[0] == "char":
                waiting.append(number)
                continue
            following = step[1:] if step[0] == "split" else (number + 1,) if step[1](text, index) else ()
            for target in following:
                if target not in seen:
                    seen.add(target)
                    stack.append(target)
        return waiting


def _members(items: list[tuple[Any, Any]]) -> Accepts:
    negate = bool(items) and items[0][0] is codes.NEGATE
    known: dict[str, bool] = {}

    def member(char: str) -> bool:
        point = ord(char)
        for operation, argument in items:
            if operation is codes.LITERAL and point == argument:
                return True
            if operation is codes.RANGE and argument[0] <= point <= argument[1]:
                return True
            if operation is codes.CATEGORY and _CATEGORIES[argument].match(char):
                return True
        return False

    def accepts(char: str) -> bool:
        answer = known.get(char)
        if answer is None:
            answer = known[char] = member(char) is not negate
        return answer

    return accepts
