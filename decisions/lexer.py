"""From characters to tokens, one at a time.

FEEL names may hold spaces and operators (`date and time`, `Employment Status`, `a+b`), so what a name is depends
on the names in scope.  The lexer therefore reads only the next token when the parser asks, and the parser may ask
to read a known name from the same place instead.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from .errors import FeelSyntaxError, place
from .numbers import rounded

# Grammar rules 27-30 of FEEL 1.5.
_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_PART = _START + "0-9\u00b7\u0300-\u036f\u203f-\u2040"
NAME = re.compile(f"[?{_START}][{_PART}]*")
_NAME_PART = re.compile(f"[?{_PART}]")
_NAME_PIECE = re.compile(f"[?{_PART}]+|[^\\s]")
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SPACE = re.compile(r"(?:[\s\u0009-\u000d\u0085\u1680\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]"
                    r"|//[^\n]*|/\*.*?\*/)*", re.DOTALL)  # fmt: skip
_SYMBOL = re.compile(r"\.\.|\*\*|<=|>=|!=|->|[-+*/<>=()\[\]{},.:@]")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{6}|.)",
                     re.DOTALL)  # fmt: skip
_PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}

KEYWORDS = frozenset(
    [
        "if",
        "then",
        "else",
        "for",
        "return",
        "in",
        "some",
        "every",
        "satisfies",
        "and",
        "or",
        "between",
        "instance",
        "of",
        "function",
        "external",
        "true",
        "false",
        "null",
    ]
)
_FULL_WIDTH = dict(zip("，（）：＝＜＞“”‘’；【】－＋", ",():=<>\"\"'';[]-+", strict=True))


class Token(NamedTuple):
    """kind: number, string, name, symbol or end."""

    kind: str
    value: Any
    start: int
    end: int


def is_simple_name(name: str) -> bool:
    """Whether a name is one identifier, so that the lexer finds it without help."""
    return NAME.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def name_pieces(name: str) -> tuple[str, ...]:
    """The identifiers and single signs a name consists of."""
    return tuple(_NAME_PIECE.findall(name))


@lru_cache(maxsize=4096)
def _name_pattern(name: str) -> re.Pattern[str]:
    """A pattern that finds a name whatever its spacing."""
    pieces = name_pieces(name)
    pattern = ""
    for before, piece in zip(("", *pieces), pieces, strict=False):
        both_words = before and _NAME_PART.match(before[-1]) and _NAME_PART.match(piece)
        pattern += (r"\s+" if both_words else r"\s*" if before else "") + re.escape(piece)
    return re.compile(pattern)


def name_end(name: str, text: str, start: int) -> int:
    """Where a name that begins at `start` ends, or -1 when it does not stand there."""
    found = _name_pattern(name).match(text, start)
    if found is None:
        return -1
    goes_on = _NAME_PART.match(text, found.end()) and _NAME_PART.match(found.group()[-1])
    return -1 if goes_on else found.end()


class Lexer:
    """Reads tokens of one text; offsets are into that text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def error(self, zh: str, en: str, offset: int) -> FeelSyntaxError:
        """A syntax error that points at an offset."""
        return FeelSyntaxError(zh, en, self.text, *place(self.text, offset))

    def token(self, position: int) -> Token:
        """The token at or after `position`."""
        text = self.text
        space = _SPACE.match(text, position)
        start = space.end() if space else position
        if start >= len(text):
            return Token("end", "", len(text), len(text))
        if found := NAME.match(text, start):
            return Token("name", found.group(), start, found.end())
        if found := _NUMBER.match(text, start):
            return Token("number", _number(found.group()), start, found.end())
        if text[start] == '"':
            if found := _STRING.match(text, start):
                return Token("string", self._unescape(found.group(1), start), start, found.end())
            raise self.error("字符串没有结束的引号", "the string has no closing quote", start)
        if found := _SYMBOL.match(text, start):
            return Token("symbol", found.group(), start, found.end())
        raise self.error(f"无法识别的字符“{text[start]}”", f"unexpected character {text[start]!r}", start)

    def _unescape(self, body: str, start: int) -> str:
        if "\\" not in body:
            return body

        def one(found: re.Match[str]) -> str:
            code = found.group(1)
            if code in _PLAIN_ESCAPES:
                return _PLAIN_ESCAPES[code]
            if len(code) > 6 and "\\" in code:
                high, low = int(code[1:5], 16), int(code[7:11], 16)
                return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
            if code[0] in "uU" and len(code) > 1:
                value = int(code[1:], 16)
                if value <= 0x10FFFF and not 0xD800 <= value <= 0xDFFF:
                    return chr(value)
                raise self.error(
                    "转义序列不是有效的字符", "the escape is no valid character", start + found.start() + 1
                )
            return found.group()  # an unknown escape stays as written (patterns such as "\d")

        return _ESCAPE.sub(one, body)


def _number(text: str) -> int | Decimal | None:
    if text.isdigit() and len(text) <= 34:
        return int(text)
    return rounded(Decimal(text)) if len(text) < 400 else None


def full_width_hint(text: str) -> tuple[str, str]:
    """A hint when Chinese full-width punctuation was typed where FEEL wants ASCII, or two empty strings."""
    wrong = sorted({char for char in text if char in _FULL_WIDTH})
    if not wrong:
        return "", ""
    shown = "".join(wrong)
    return f"（是否误用了全角符号 {shown}？）", f" (full-width punctuation {shown}?)"
