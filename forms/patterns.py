r"""Patterns (`validate.pattern`) that cannot be made to run for minutes.

A pattern comes from a process owner, the text it is tried on from anybody. Only the plain part of the
JavaScript syntax is taken (literals, classes, groups, alternatives, repeats), and the number of ways to
match is bounded before the pattern is accepted: every variable repeat multiplies it by how often it may
repeat, a pattern that is not anchored with `^` by the length of the text. A repeat of something that itself
varies is refused outright.

As in form-js the pattern is searched, not matched whole; `\d` and `\w` are ASCII as in JavaScript.
"""

import re
from dataclasses import dataclass

MAX_PATTERN_LENGTH = 300
MOST_STEPS = 10_000_000

_REPEAT = re.compile(r"\*|\+|\?|\{(\d{1,4})(,(\d{0,4}))?\}")
_CLASS = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]")
_ESCAPE = re.compile(r"\\(?:[dDwWsSbtnrfv]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[^A-Za-z0-9])")


class UnsafePattern(ValueError):
    """The pattern uses what is not taken here, or may take too long; the argument says what."""


@dataclass(frozen=True, slots=True)
class _Cost:
    ways: int
    varies: bool


def compile_pattern(source: str, *, longest: int) -> re.Pattern[str]:
    """A pattern safe on texts of up to `longest` characters.

    Raises `UnsafePattern` (not taken, or unbounded) and `re.error` (malformed).
    """
    if len(source) > MAX_PATTERN_LENGTH:
        raise UnsafePattern(f"longer than {MAX_PATTERN_LENGTH}")
    compiled = re.compile(source, re.ASCII)
    cost, rest = _alternatives(source, 0, longest)
    if rest != len(source):
        raise UnsafePattern(f"unexpected {source[rest]!r} at {rest}")
    steps = cost.ways * (1 if _anchored(source) else longest)
    if steps > MOST_STEPS:
        raise UnsafePattern(
            f"up to {steps:.0e} steps on {longest} characters; anchor it with ^, shorten maxLength or "
            "use fewer open repeats"
        )
    return compiled


def is_whole(source: str) -> bool:
    """Whether the pattern covers the whole text, so that a browser's `pattern` attribute means the same."""
    return source.startswith("^") and source.endswith("$") and not source.endswith(r"\$") and _anchored(source)


def _anchored(source: str) -> bool:
    """A leading ^ binds the whole pattern only when no alternative stands outside all groups."""
    if not source.startswith("^"):
        return False
    bare = _CLASS.sub("", _ESCAPE.sub("", source))
    depth = 0
    for character in bare:
        depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0:
            return False
    return True


def _alternatives(source: str, at: int, longest: int, depth: int = 0) -> tuple[_Cost, int]:
    if depth > 10:
        raise UnsafePattern("groups nested deeper than 10")
    total, count, varies = 0, 0, False
    while True:
        cost, at = _sequence(source, at, longest, depth)
        total, count, varies = total + cost.ways, count + 1, varies or cost.varies
        if at >= len(source) or source[at] != "|":
            return _Cost(total, varies or count > 1), at
        at += 1


def _sequence(source: str, at: int, longest: int, depth: int) -> tuple[_Cost, int]:
    ways, varies = 1, False
    while at < len(source) and source[at] not in "|)":
        item, at = _atom(source, at, longest, depth)
        repeat = _REPEAT.match(source, at)
        if repeat:
            at = repeat.end()
            item = _repeated(item, repeat, longest)
            if at < len(source) and source[at] == "?":
                at += 1
            if at < len(source) and source[at] in "+*?":
                raise UnsafePattern("a repeat of a repeat")
        ways, varies = min(ways * item.ways, MOST_STEPS * 10), varies or item.varies
    return _Cost(ways, varies), at


def _atom(source: str, at: int, longest: int, depth: int) -> tuple[_Cost, int]:
    plain = _Cost(1, False)
    character = source[at]
    if character == "(":
        if source.startswith("(?", at) and not source.startswith("(?:", at):
            raise UnsafePattern(f"only plain groups and (?: are taken, at {at}")
        cost, at = _alternatives(source, at + (3 if source.startswith("(?:", at) else 1), longest, depth + 1)
        return cost, at + 1
    token = _CLASS.match(source, at) if character == "[" else _ESCAPE.match(source, at) if character == "\\" else None
    if character in "[\\" and token is None:
        raise UnsafePattern(f"{source[at : at + 2]!r} is not taken, at {at}")
    return plain, token.end() if token else at + 1


def _repeated(item: _Cost, repeat: re.Match[str], longest: int) -> _Cost:
    low, high = {"*": (0, longest), "+": (1, longest), "?": (0, 1)}.get(repeat[0], (-1, -1))
    if low < 0:
        low = int(repeat[1])
        high = low if repeat[2] is None else int(repeat[3]) if repeat[3] else longest
    if item.varies and high > 1:
        raise UnsafePattern("a repeat around something that varies in itself (nested repeats)")
    choices = min(max(high - low, 0), longest) + 1
    return _Cost(item.ways * choices, choices > 1)
