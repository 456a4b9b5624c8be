"""Matching without backtracking, for patterns that Python's engine might try without end.

The parsed pattern becomes a small machine; all its threads advance together over the text, the preferred first, so
that the time is the length of the text times the size of the machine, whatever the pattern.  It finds what Python's
engine finds.  Back references and look-arounds it cannot do, but for the one look-ahead that a class with a
subtraction becomes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from re import _constants as codes  # type: ignore[attr-defined]
from typing import Any

MAX_SIZE = 2_000
MAX_STEPS = 200_000
Accepts = Callable[[str], bool]
Spans = tuple[tuple[int, int], ...]
"""(start, end) of the find and of each group, as `re.Match.regs`; (-1, -1) for a group that took no part."""
Marks = tuple[int, int, Any] | None
"""Where the groups of a thread began and ended: (slot, index, those before)."""
Thread = tuple[int, Marks]
NONE: frozenset[int] = frozenset()

_CATEGORIES: dict[Any, re.Pattern[str]] = {
    codes.CATEGORY_DIGIT: re.compile(r"\d"), codes.CATEGORY_NOT_DIGIT: re.compile(r"\D"),
    codes.CATEGORY_SPACE: re.compile(r"\s"), codes.CATEGORY_NOT_SPACE: re.compile(r"\S"),
    codes.CATEGORY_WORD: re.compile(r"\w"), codes.CATEGORY_NOT_WORD: re.compile(r"\W"),
}  # fmt: skip
_CHARACTERS = (codes.LITERAL, codes.NOT_LITERAL, codes.IN, codes.ANY)
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT)


class Unsupported(Exception):
    """The pattern needs what the machine cannot do, or takes more than MAX_SIZE or MAX_STEPS."""


class Automaton:
    """The machine of one parsed pattern, for one use; `taken` counts the steps of building and running it.

    Its steps are ("char", test, weight), ("split", preferred, other), ("at", test), ("mark", slot) and ("end",); around
    a turn that may be left out and may match nothing, ("turn", number) and ("turned", number, where an empty one goes).
    `groups`: whether the spans of groups are asked for.
    """

    def __init__(self, parsed: Any, flags: int, *, groups: bool = False) -> None:
        self._steps: list[tuple[Any, ...]] = []
        self._flags, self._groups = flags, groups
        self._slots = 2 * (parsed.state.groups if groups else 1)
        self._sequence(parsed)
        self._steps.append(("end",))
        self.taken = 5 * len(self._steps)  # to make one takes longer than to pass it

    def _emit(self, *step: Any) -> int:
        if len(self._steps) >= MAX_SIZE:
            raise Unsupported
        self._steps.append(step)
        return len(self._steps) - 1

    def _sequence(self, parsed: Any) -> None:
        for operation, argument in parsed:
            if operation in _CHARACTERS:
                weight = 1 + len(argument) // 10 if operation is codes.IN else 1
                self._emit("char", self._character(operation, argument), weight)
            elif operation is codes.SUBPATTERN:
                self._group(argument[0], argument[-1])
            elif operation is codes.BRANCH:
                self._branch(argument[1])
            elif operation in _REPEATS:
                self._repeat(operation is codes.MIN_REPEAT, *argument)
            elif operation is codes.AT and argument in (codes.AT_BEGINNING, codes.AT_END, codes.AT_END_STRING):
                self._emit("at", self._place(argument))
            elif operation is codes.ASSERT_NOT and [one for one, _ in argument[1]] == [codes.IN]:
                self._emit("at", self._not_next(self._character(*argument[1][0])))
            else:
                raise Unsupported

    def _group(self, number: int | None, body: Any) -> None:
        if number is None or not self._groups:
            self._sequence(body)
            return
        self._emit("mark", 2 * number)
        self._sequence(body)
        self._emit("mark", 2 * number + 1)

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

    def _repeat(self, lazy: bool, low: int, high: Any, body: Any) -> None:
        # What a group in a body that matches nothing holds after the last, empty turn, engines see differently.
        if self._groups and high > 1 and body.getwidth()[0] == 0 and _has_group(body):
            raise Unsupported
        for _ in range(low):
            self._sequence(body)
        skips, empties = [], []
        for _ in range(1 if high == codes.MAXREPEAT else high - low):
            skips.append(self._emit("split", 0, 0))
            if body.getwidth()[0]:
                self._sequence(body)
                continue
            # Engines give up a repeat at an empty turn: what follows it is tried, and no further turn.
            turn = self._emit("turn", 0)
            self._sequence(body)
            empties.append((self._emit("turned", 0, 0), turn))
            self._steps[turn] = ("turn", turn)
        if high == codes.MAXREPEAT:
            self._emit("split", skips[0], skips[0])
        for skip in skips:
            self._steps[skip] = ("split", *self._preferring(lazy, skip + 1, len(self._steps)))
        for end, turn in empties:
            self._steps[end] = ("turned", turn, len(self._steps))

    @staticmethod
    def _preferring(lazy: bool, again: int, on: int) -> tuple[int, int]:
        return (on, again) if lazy else (again, on)

    def _place(self, where: Any) -> Callable[[str, int], bool]:
        if where is codes.AT_END_STRING:
            return lambda text, index: index == len(text)
        if where is codes.AT_END:  # only written with the flag m: at the end of each line
            return lambda text, index: text[index : index + 1] in ("", "\n")
        if self._flags & re.MULTILINE:
            return lambda text, index: index == 0 or text[index - 1] == "\n"
        return lambda text, index: index == 0

    @staticmethod
    def _not_next(accepts: Accepts) -> Callable[[str, int], bool]:
        return lambda text, index: index == len(text) or not accepts(text[index])

    def _character(self, operation: Any, argument: Any) -> Accepts:
        if operation is codes.ANY:
            return (lambda char: True) if self._flags & re.DOTALL else (lambda char: char != "\n")
        if operation is codes.IN:
            return _class(argument, bool(self._flags & re.IGNORECASE))
        negate = [(codes.NEGATE, None)] if operation is codes.NOT_LITERAL else []
        return _class([*negate, (codes.LITERAL, argument)], bool(self._flags & re.IGNORECASE))

    def found(self, text: str) -> bool:
        """Whether the pattern is found anywhere in the text. Raises Unsupported when that takes too long."""
        return next(self.finds(text), None) is not None

    def finds(self, text: str) -> Iterator[Spans]:
        """Every find from left to right, as `re.finditer` gives them. Raises Unsupported when that takes too long."""
        start, empty_at = 0, -1
        while start <= len(text) and (marks := self._next(text, start, empty_at)) is not None:
            spans = self._spans(marks)
            start = spans[0][1]
            empty_at = start if spans[0][0] == start else -1  # the next find may begin here, but not end here too
            yield spans

    def _spans(self, marks: Marks) -> Spans:
        slots = [-1] * self._slots
        while marks is not None:
            slot, index, marks = marks
            if slots[slot] < 0:
                slots[slot] = index
        return tuple(zip(slots[::2], slots[1::2], strict=True))

    def _next(self, text: str, start: int, empty_at: int) -> Marks:
        """The marks of the first find that begins at `start` or later."""
        threads: list[Thread] = []
        best: Marks = None
        for index in range(start, len(text) + 1):
            if best is None:
                threads.append((0, (0, index, None)))
            waiting, found = self._closure(threads, text, index, empty_at)
            best = found or best
            if best is not None and not waiting:
                break
            if index < len(text):
                char = text[index]
                threads = [(step + 1, marks) for step, marks in waiting if self._steps[step][1](char)]
        return best

    def _closure(self, threads: list[Thread], text: str, index: int, empty_at: int) -> tuple[list[Thread], Marks]:
        """The threads at steps that read a character, the preferred first, and the marks of one that is at the end.

        Threads that are less preferred than the one at the end are dropped.
        """
        # What happens to a thread hangs on its step, and on the turns that it began here and that are empty so far.
        seen: set[tuple[int, frozenset[int]]] = set()
        waiting: dict[int, Marks] = {}
        stack = [(number, marks, NONE) for number, marks in reversed(threads)]
        self._spend(len(stack) + 1)
        while stack:
            number, marks, turns = stack.pop()
            if (number, turns) in seen:
                continue
            seen.add((number, turns))
            step = self._steps[number]
            self._spend(step[2] if step[0] == "char" else 1)
            if step[0] == "char":
                waiting.setdefault(number, marks)
            elif step[0] == "split":
                stack += ((step[2], marks, turns), (step[1], marks, turns))
            elif step[0] == "mark":
                stack.append((number + 1, (step[1], index, marks), turns))
            elif step[0] == "at":
                if step[1](text, index):
                    stack.append((number + 1, marks, turns))
            elif step[0] == "turn":
                stack.append((number + 1, marks, turns | {step[1]}))
            elif step[0] == "turned":
                stack.append((step[2] if step[1] in turns else number + 1, marks, turns - {step[1]}))
            elif index != empty_at:
                return list(waiting.items()), (1, index, marks)
        return list(waiting.items()), None

    def _spend(self, steps: int) -> None:
        self.taken += steps
        if self.taken > MAX_STEPS:
            raise Unsupported


def _has_group(parsed: Any) -> bool:
    """Whether a group that counts stands in it."""
    for operation, argument in parsed:
        if operation is codes.SUBPATTERN and (argument[0] is not None or _has_group(argument[-1])):
            return True
        if operation in _REPEATS and _has_group(argument[2]):
            return True
        if operation is codes.BRANCH and any(_has_group(option) for option in argument[1]):
            return True
    return False


def _class(items: list[tuple[Any, Any]], any_case: bool) -> Accepts:
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
            cases = {char, char.lower(), char.upper()} if any_case else (char,)
            answer = known[char] = any(len(one) == 1 and member(one) for one in cases) is not negate
        return answer

    return accepts
