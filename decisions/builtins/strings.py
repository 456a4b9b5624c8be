"""Functions of strings; characters are code points."""

from __future__ import annotations

from .. import patterns
from ..limits import Work
from ..numbers import Number, whole
from .signatures import built_in


@built_in("substring", "string: string, start position: number, length?: ?number")
def substring(string: str, position: Number, length: Number | None = None) -> str | None:
    """`length` characters from a position counted from 1, or from the end when negative."""
    start = whole(position)
    if start is None or start == 0 or abs(start) > len(string):
        return None
    index = start - 1 if start > 0 else len(string) + start
    if length is None:
        return string[index:]
    count = int(length)
    return string[index : index + count] if count >= 1 else None


@built_in("string length", "string: string")
def string_length(string: str) -> int:
    """The number of characters."""
    return len(string)


@built_in("upper case", "string: string")
def upper_case(string: str) -> str:
    """In capitals."""
    return string.upper()


@built_in("lower case", "string: string")
def lower_case(string: str) -> str:
    """In small letters."""
    return string.lower()


@built_in("substring before", "string: string, match: string")
def substring_before(string: str, match: str) -> str:
    """What stands before the match; empty when there is none."""
    return string.partition(match)[0] if match and match in string else ""


@built_in("substring after", "string: string, match: string")
def substring_after(string: str, match: str) -> str:
    """What stands after the match; empty when there is none."""
    return string.partition(match)[2] if match else string


@built_in("contains", "string: string, match: string")
def contains(string: str, match: str) -> bool:
    """Whether the match occurs."""
    return match in string


@built_in("starts with", "string: string, match: string")
def starts_with(string: str, match: str) -> bool:
    """Whether the string begins with the match."""
    return string.startswith(match)


@built_in("ends with", "string: string, match: string")
def ends_with(string: str, match: str) -> bool:
    """Whether the string ends with the match."""
    return string.endswith(match)


@built_in("matches", "input: string, pattern: string, flags?: ?string", work=True)
def matches(work: Work, string: str, pattern: str, flags: str | None = None) -> bool | None:
    """Whether the pattern is found."""
    return patterns.found(work, string, pattern, flags or "")


@built_in("replace", "input: string, pattern: string, replacement: string, flags?: ?string", work=True)
def replace(work: Work, string: str, pattern: str, replacement: str, flags: str | None = None) -> str | None:
    """Every find of the pattern exchanged; `$1` stands for a group."""
    return patterns.replaced(work, string, pattern, replacement, flags or "")


@built_in("split", "string: string, delimiter: string", work=True)
def split(work: Work, string: str, delimiter: str) -> list[str] | None:
    """The pieces between finds of a pattern."""
    return patterns.split(work, string, delimiter)
