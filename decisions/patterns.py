"""Patterns of `matches`, `replace` and `split`: XPath regular expressions, made safe.

A pattern is translated to Python's dialect once and kept.  Python's engine may try combinations without end, so the
shape of the pattern gives a bound on its tries for a text of some length.  Beyond the budget a machine matches that
cannot backtrack; what that cannot do is refused with a `FeelLimitError`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as shapes  # type: ignore[attr-defined]
from typing import Any

from .automaton import Automaton, Spans, Unsupported
from .effort import BEYOND, effort, size
from .errors import FeelLimitError
from .limits import MAX_STRING, Work, checked_length, checked_string

MAX_PATTERN = 1_000
MAX_SIZE = 20_000
MAX_TRIES = 8_000_000
TRIES_OF_STEP = 400  # a try is that much cheaper than a step
MACHINE_OF_STEP = 8  # and a step of the machine that much
CHARACTERS_OF_STEP = 2  # characters of a pattern that are read for a step


class Pattern:
    """A compiled pattern: `source` as it was written, `regex` for Python's engine, `tree` as parsed."""

    __slots__ = ("_known", "regex", "source", "tree")

    def __init__(self, source: str, regex: re.Pattern[str], tree: Any) -> None:
        self.source, self.regex, self.tree = source, regex, tree
        self._known: dict[int, int] = {}

    def found(self, work: Work, text: str) -> bool:
        """Whether the pattern is found in the text. Raises FeelLimitError."""
        return next(self.finds(work, text), None) is not None

    def finds(self, work: Work, text: str, *, groups: bool = False) -> Iterator[Spans]:
        """Every find from left to right, with the spans of its groups if asked for. Raises FeelLimitError."""
        tries = self.tries(len(text))
        if tries <= MAX_TRIES:
            work.spend(tries // TRIES_OF_STEP)
            for match in self.regex.finditer(text):
                yield match.regs
            return
        try:
            machine = Automaton(self.tree, self.regex.flags, groups=groups)
            charged = 0
            for spans in chain(machine.finds(text), (None,)):
                work.spend((machine.taken - charged) // MACHINE_OF_STEP)
                charged = machine.taken
                if spans is not None:
                    yield spans
        except Unsupported:
            raise too_costly(self.source) from None

    def tries(self, length: int) -> int:
        """The most steps that Python's engine can take for all finds in a text of a length; at most BEYOND."""
        step = 1 << max(length.bit_length() - 4, 0)
        longer = -(-length // step) * step  # by an eighth at most, so that there are few lengths to reckon with
        known = self._known.get(longer)
        if known is None:
            known = self._known[longer] = self._reckoned(longer)
        return known

    def _reckoned(self, length: int) -> int:
        _ways, tries = effort(self.tree, length)
        first = self.tree[0] if len(self.tree) else None
        anchored = first == (codes.AT, codes.AT_BEGINNING) and not self.regex.flags & re.MULTILINE
        starts = 1 if anchored else length + 1
        again = 2 if self.tree.getwidth()[0] == 0 else 1  # a place where nothing was found is begun at once more
        return min(length + 1 + again * starts * tries, BEYOND)


def too_costly(pattern: str) -> FeelLimitError:
    """The error for a pattern that may take too many tries."""
    shown = pattern if len(pattern) <= 60 else pattern[:60] + "…"
    return FeelLimitError(
        f"正则表达式“{shown}”可能回溯过多，请避免嵌套或连续的重复、反向引用",
        f"the pattern {shown!r} may backtrack too much on this text",
    )


def _compiled(work: Work, pattern: str, flags: str) -> Pattern | None:
    """The pattern, or None when it is invalid. Costs by its length, whether it is known already or not."""
    work.spend(min(len(pattern), MAX_PATTERN) // CHARACTERS_OF_STEP)
    return compiled(pattern, flags)


@lru_cache(maxsize=1024)
def compiled(pattern: str, flags: str) -> Pattern | None:
    """The pattern, or None when it or its flags are invalid."""
    if len(pattern) > MAX_PATTERN:
        raise FeelLimitError(f"正则表达式超过 {MAX_PATTERN} 个字符", f"the pattern exceeds {MAX_PATTERN} characters")
    if set(flags) - set("smixq"):
        return None
    options = 0
    for letter, option in (("s", re.DOTALL), ("m", re.MULTILINE), ("i", re.IGNORECASE)):
        options |= option if letter in flags else 0
    try:
        source = (
            re.escape(pattern) if "q" in flags else translated(unspaced(pattern) if "x" in flags else pattern, flags)
        )
        tree = shapes.parse(source, options)
        if size(tree) > MAX_SIZE:
            raise FeelLimitError("正则表达式的重复次数过大", "the pattern repeats too often")
        return Pattern(pattern, re.compile(source, options), tree)
    except (re.error, ValueError, OverflowError, RecursionError):
        return None


def unspaced(pattern: str) -> str:
    """The pattern without white space outside of classes, as the flag `x` wants it."""
    out, inside = [], False
    for index, char in enumerate(pattern):
        if char in "[]" and pattern[index - 1 : index] != "\\":
            inside = char == "["
        if inside or not char.isspace():
            out.append(char)
    return "".join(out)


def translated(pattern: str, flags: str) -> str:
    """XPath's dialect in Python's: its classes for names and categories, subtraction, and no Python extras."""
    out: list[str] = []
    index, depth = 0, 0
    while index < len(pattern):
        char = pattern[index]
        if char == "\\":
            follow = pattern[index + 1 : index + 2]
            out.append(_escape(pattern, index, depth > 0))
            index = pattern.index("}", index) + 1 if follow in "pP" and follow else index + 2
            continue
        if char == "[":
            if depth:
                raise ValueError("nested class")
            depth = 1
        elif char == "]":
            depth = 0
        elif depth and char == "-" and pattern[index + 1 : index + 2] == "[":
            index = _subtract(pattern, index, out)
            depth = 0
            continue
        elif not depth and pattern.startswith("(?", index) and not pattern.startswith("(?:", index):
            raise ValueError("unknown group")
        out.append(char if depth else _outside_class(char, flags))
        index += 1
    return "".join(out)


def _outside_class(char: str, flags: str) -> str:
    """`.` stops at line ends unless `s`, `$` is the very end unless `m`."""
    if char == "." and "s" not in flags:
        return "[^\\n\\r]"
    return "\\Z" if char == "$" and "m" not in flags else char


def _subtract(pattern: str, index: int, out: list[str]) -> int:
    """`[a-z-[aeiou]]` as `(?:(?![aeiou])[a-z])`"""
    end = pattern.index("]]", index)
    start = len(out) - 1 - out[::-1].index("[")
    subtracted = pattern[index + 1 : end + 1]
    if set(re.sub(r"\\.", "", subtracted)[1:-1]) & {"[", "]"}:
        raise ValueError("subtraction")
    out.insert(start, f"(?:(?!{subtracted})")
    out.append("])")
    return end + 2


_CATEGORIES = {
    "L": r"[^\W\d_]", "Lu": "A-Z\u00c0-\u00d6\u00d8-\u00de\u0391-\u03a9\u0410-\u042f",
    "Ll": "a-z\u00df-\u00f6\u00f8-\u00ff\u03b1-\u03c9\u0430-\u044f", "N": r"\d", "Nd": r"\d",
    "P": "!-#%-*,-/:;?@\\[-\\]_{}\u3001-\u3003\uff01-\uff0f", "IsBasicLatin": "\u0000-\u007f",
    "Zs": " \u00a0\u3000", "Z": " \u00a0\u3000",
}  # fmt: skip
_NAME_START = ":A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u2070-\u218f\u3001-\ud7ff"


def _escape(pattern: str, index: int, in_class: bool) -> str:
    follow = pattern[index + 1 : index + 2]
    if not follow:
        raise ValueError("lone backslash")
    if follow in "pP":
        end = pattern.index("}", index)
        category = pattern[index + 3 : end]
        if category not in _CATEGORIES or (in_class and (follow == "P" or category == "L")):
            raise ValueError("category")
        inner = _CATEGORIES[category]
        if in_class:
            return inner
        if category == "L":
            return inner if follow == "p" else r"[\W\d_]"
        return f"[{'^' if follow == 'P' else ''}{inner}]"
    if follow in "iIcC":
        inner = _NAME_START + ("" if follow in "iI" else "\\-.0-9\u00b7")
        return inner if in_class else f"[{'^' if follow in 'IC' else ''}{inner}]"
    if follow in "sSdDwW" or follow in "nrt" or (follow.isdigit() and not in_class and follow != "0"):
        return "\\" + follow
    if follow in r"\|.?*+(){}$-[]^":
        return "\\" + follow
    raise ValueError("unknown escape")


def found(work: Work, text: str, pattern: str, flags: str) -> bool | None:
    """Whether the pattern is found in the text; null for an invalid pattern."""
    regex = _compiled(work, pattern, flags)
    if regex is None:
        return None
    return regex.found(work, text)


_GROUP = re.compile(r"\\(.)|\$([0-9]+)|(\$|\\)", re.DOTALL)


def replaced(work: Work, text: str, pattern: str, replacement: str, flags: str) -> str | None:
    """The text with every find replaced; null for an invalid pattern, or one that finds the empty text."""
    regex = _compiled(work, pattern, flags)
    if regex is None or regex.found(work, ""):
        return None
    parts = [replacement] if "q" in flags else _parts(replacement, regex.regex.groups)
    if parts is None:
        return None
    pieces: list[str] = []
    end, room = 0, MAX_STRING - len(text)
    for spans in regex.finds(work, text, groups=any(isinstance(part, int) for part in parts)):
        # Counted before it is built: a replacement may name a long group ten thousand times.
        room -= sum(len(part) if isinstance(part, str) else spans[part][1] - spans[part][0] for part in parts)
        if room < 0:
            checked_string(MAX_STRING + 1)
        pieces.append(text[end : spans[0][0]])
        pieces += (part if isinstance(part, str) else text[slice(*spans[part])] for part in parts)
        end = spans[0][1]
    return "".join(pieces) + text[end:]


def _parts(replacement: str, groups: int) -> list[str | int] | None:
    """A replacement as texts and numbers of groups; None when a backslash or dollar stands for nothing."""
    parts: list[str | int] = []
    end = 0
    for piece in _GROUP.finditer(replacement):
        escaped, digits = piece.group(1), piece.group(2)
        parts.append(replacement[end : piece.start()])
        end = piece.end()
        if digits is not None:
            parts += _reference(digits, groups)
        elif escaped in ("\\", "$"):
            parts.append(escaped)
        else:
            return None
    return [*parts, replacement[end:]]


def _reference(digits: str, groups: int) -> list[str | int]:
    """`$12` is group 12 if there is one, else group 1 followed by a 2; a group that is not there is empty."""
    for length in range(len(digits), 0, -1):
        if length < 5 and int(digits[:length]) <= groups:
            return [int(digits[:length]), digits[length:]]
    return [digits[1:]]


def split(work: Work, text: str, delimiter: str) -> list[str] | None:
    """The pieces between finds of the pattern; null for an invalid pattern."""
    regex = _compiled(work, delimiter, "")
    if regex is None:
        return None
    pieces: list[str] = []
    start = 0
    for spans in regex.finds(work, text):
        if spans[0][0] == spans[0][1]:
            continue
        pieces.append(text[start : spans[0][0]])
        start = spans[0][1]
    checked_length(len(pieces) + 1)
    return [*pieces, text[start:]]
