"""Patterns of `matches`, `replace` and `split`: XPath regular expressions, made safe.

A pattern is translated to Python's dialect once and kept.  Python's engine may try combinations without end, so the
shape of the pattern gives a bound on the tries for a text of some length.  Beyond the budget `matches` uses a
machine that cannot backtrack; what that cannot do, and `replace` and `split`, is refused with a `FeelLimitError`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as shapes  # type: ignore[attr-defined]
from typing import Any

from .automaton import Automaton, Unsupported
from .errors import FeelLimitError
from .limits import MAX_STRING, Work, checked_length, checked_string

MAX_PATTERN = 1_000
MAX_TRIES = 4_000_000
TRIES_OF_STEP = 200  # a try is that much cheaper than a step
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT)


class Pattern:
    """A compiled pattern and what it may cost.

    `branching` counts the repeats that may have to give back, one after the other; `nested` tells that one stands
    inside another, so that the tries double with each character.
    """

    __slots__ = ("branching", "nested", "regex", "tree")

    def __init__(self, regex: re.Pattern[str], branching: int, nested: bool, tree: Any) -> None:
        self.regex, self.branching, self.nested, self.tree = regex, branching, nested, tree

    def found(self, work: Work, text: str) -> bool:
        """Whether the pattern is found in the text, by a machine that cannot backtrack if need be."""
        tries = self._tries(text)
        work.spend(min(tries, MAX_TRIES) // TRIES_OF_STEP)
        if tries <= MAX_TRIES:
            return self.regex.search(text) is not None
        try:
            return Automaton(self.tree, self.regex.flags).found(text)
        except Unsupported:
            raise too_costly() from None

    def _tries(self, text: str) -> int:
        length = len(text) + 1
        if self.nested:
            return 1 << min(length, 64)
        return int(length ** (self.branching + 1))

    def allow(self, work: Work, text: str) -> None:
        """Raises FeelLimitError when matching the text could take too many tries."""
        tries = self._tries(text)
        if tries > MAX_TRIES:
            raise too_costly()
        work.spend(tries // TRIES_OF_STEP)


def too_costly() -> FeelLimitError:
    """The error for a pattern that may take too many tries."""
    return FeelLimitError(
        "正则表达式可能回溯过多，请避免嵌套或连续的重复", "the pattern may backtrack too much on this text"
    )


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
        branching, nested, size = cost(tree)
        if size > 20_000:
            raise FeelLimitError("正则表达式的重复次数过大", "the pattern repeats too often")
        return Pattern(re.compile(source, options), branching, nested, tree)
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
    """`[a-z-[aeiou]]` as `(?![aeiou])[a-z]`"""
    end = pattern.index("]]", index)
    start = len(out) - 1 - out[::-1].index("[")
    out.insert(start, f"(?!{pattern[index + 1 : end + 1]})")
    out.append("]")
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


def cost(tree: Any) -> tuple[int, bool, int]:
    """(repeats that may give back one after the other, whether such repeats nest, expanded size)."""
    branching, nested, size = 0, False, 0
    for operation, argument in tree:
        size += 1
        if operation in _REPEATS:
            low, high, body = argument
            inner, inner_nested, inner_size = cost(body)
            times = high if high != codes.MAXREPEAT else low + 1
            size += int(times) * inner_size
            varies = low != high
            nested = nested or inner_nested or (varies and int(high) > 1 and (inner > 0 or _chooses(body)))
            nested = nested or (inner > 0 and int(times) > 3)
            branching += inner * int(min(times, 3)) + (1 if varies and int(high) > 1 else 0)
        elif operation is codes.SUBPATTERN:
            inner, inner_nested, inner_size = cost(argument[-1])
            branching, nested, size = branching + inner, nested or inner_nested, size + inner_size
        elif operation is codes.BRANCH:
            parts = [cost(part) for part in argument[1]]
            branching += max(part[0] for part in parts)
            nested = nested or any(part[1] for part in parts)
            size += sum(part[2] for part in parts)
        elif operation in (codes.ASSERT, codes.ASSERT_NOT):
            inner, inner_nested, inner_size = cost(argument[1])
            branching, nested, size = branching + inner, nested or inner_nested, size + inner_size
    return branching, nested, size


def _chooses(tree: Any) -> bool:
    """Whether a body may match the same text in more than one way: alternatives or optional parts."""
    for operation, argument in tree:
        if operation is codes.BRANCH:
            return True
        if operation in _REPEATS and argument[0] != argument[1]:
            return True
        if operation is codes.SUBPATTERN and _chooses(argument[-1]):
            return True
    return False


def found(work: Work, text: str, pattern: str, flags: str) -> bool | None:
    """Whether the pattern is found in the text; null for an invalid pattern."""
    regex = compiled(pattern, flags)
    if regex is None:
        return None
    return regex.found(work, text)


_GROUP = re.compile(r"\\(.)|\$([0-9]+)|(\$|\\)", re.DOTALL)


def replaced(work: Work, text: str, pattern: str, replacement: str, flags: str) -> str | None:
    """The text with every find replaced; null for an invalid pattern, or one that finds the empty text."""
    regex = compiled(pattern, flags)
    if regex is None or regex.regex.search("") is not None:
        return None
    regex.allow(work, text)
    literal = "q" in flags
    if not literal and any(_is_bad(piece) for piece in _GROUP.finditer(replacement)):
        return None
    pieces: list[str] = []
    end, room = 0, MAX_STRING - len(text)
    for match in regex.regex.finditer(text):
        new = replacement if literal else _filled(replacement, match)
        pieces += (text[end : match.start()], new)
        end = match.end()
        room -= len(new)
        if room < 0:
            checked_string(MAX_STRING + 1)
    return "".join(pieces) + text[end:]


def _is_bad(piece: re.Match[str]) -> bool:
    """A backslash or dollar that stands for nothing."""
    return bool(piece.group(3)) or piece.group(1) not in (None, "\\", "$")


def _filled(replacement: str, match: re.Match[str]) -> str:
    return _GROUP.sub(lambda piece: _piece(piece, match), replacement)


def _piece(piece: re.Match[str], match: re.Match[str]) -> str:
    if piece.group(1):
        return piece.group(1)
    digits = piece.group(2)
    # `$12` is group 12 if there is one, else group 1 followed by a 2
    for length in range(len(digits), 0, -1):
        if int(digits[:length]) <= len(match.groups()):
            return (match.group(int(digits[:length])) or "") + digits[length:]
    return digits[1:]


def split(work: Work, text: str, delimiter: str) -> list[str] | None:
    """The pieces between finds of the pattern; null for an invalid pattern."""
    regex = compiled(delimiter, "")
    if regex is None:
        return None
    regex.allow(work, text)
    pieces: list[str] = []
    start = 0
    for match in regex.regex.finditer(text):
        if match.end() == match.start():
            continue
        pieces.append(text[start : match.start()])
        start = match.end()
    checked_length(len(pieces) + 1)
    return [*pieces, text[start:]]
