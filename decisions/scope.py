"""The names a parser knows while it reads, and the token stream that depends on them.

Names of several words are found by the longest match among the names in scope: variables declared by the caller,
built-in functions, variables bound by `for`, `some`, `function` and context entries, and, after a dot or inside a
filter, the fields that types or contexts are known to have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import lru_cache

from .errors import FeelError, FeelLimitError
from .lexer import KEYWORDS, Lexer, Token, full_width_hint, is_simple_name, name_end, name_pieces
from .limits import MAX_CHAIN, MAX_NESTING, MAX_TEXT, too_deep


@lru_cache(maxsize=64)
def several_words(names: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """The names that are more than one identifier, by their first; not to be changed."""
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        if not is_simple_name(name) and name.strip():
            first = name_pieces(name)[0]
            found[first] = (*found.get(first, ()), name)
    return found


class NameStream:
    """Tokens of one text with one token of look-ahead, and the scopes names are resolved in.

    `free` collects the variables the text needs from outside, `fields_read` the fields of these it names, `calls` the
    functions it calls that it does not bind itself, `ambiguous` the names inside filters that may be fields of the
    filtered items.  `works` tells that the text has loops or calls.
    """

    def __init__(self, text: str, names: Collection[str], functions: frozenset[str], fields: Collection[str]) -> None:
        if len(text) > MAX_TEXT:
            raise FeelLimitError(f"表达式过长：上限 {MAX_TEXT} 个字符", f"the expression exceeds {MAX_TEXT} characters")
        self.text = text
        self.lexer = Lexer(text)
        self.declared = frozenset(names)
        self.functions = functions
        self.free: set[str] = set()
        self.fields_read: set[tuple[str, str]] = set()
        self.calls: dict[str, int] = {}
        self.places: dict[str, int] = {}
        self.ambiguous: set[str] = set()
        self.scopes: list[set[str]] = []
        self.filters = 0
        self.depth = 0
        self.read = 0
        self.saw_value = False
        self.works = False
        self.keep_bracket = False
        self._special = dict(several_words(functions))
        self._fields: dict[str, tuple[str, ...]] = {}
        for name in names:
            self._learn(name, self._special)
        for name in fields:
            self._learn(name, self._fields)
        self.token = self.lexer.token(0)

    # tokens

    def advance(self) -> Token:
        """Return the current token and read the next."""
        token = self.token
        self.token = self.lexer.token(token.end)
        self.read += 1
        if self.read > MAX_TEXT:  # going back in `in (...)` must not multiply
            raise too_deep()
        return token

    def at(self, *symbols: str) -> bool:
        """Whether the current token is one of these symbols."""
        return self.token.kind == "symbol" and self.token.value in symbols

    def at_word(self, *words: str) -> bool:
        """Whether the current token is one of these keywords."""
        return self.token.kind == "name" and self.token.value in words

    def expect(self, value: str) -> Token:
        """Consume a symbol or keyword, or complain."""
        if self.token.value != value or self.token.kind not in ("symbol", "name"):
            raise self.unexpected(value)
        return self.advance()

    def unexpected(self, wanted: str = "") -> FeelError:
        """The complaint about the current token."""
        found = self.text[self.token.start : self.token.end]
        hint_zh, hint_en = full_width_hint(found)
        shown_zh = f"“{found}”" if found else "结尾"
        shown_en = repr(found) if found else "the end"
        if wanted:
            zh, en = f"此处应为“{wanted}”，却是{shown_zh}", f"expected {wanted!r} but found {shown_en}"
        else:
            zh, en = f"此处不应出现{shown_zh}", f"unexpected {shown_en}"
        return self.lexer.error(zh + hint_zh, en + hint_en, self.token.start)

    def reset(self, token: Token) -> None:
        """Go back to a token read earlier."""
        self.token = token

    @contextmanager
    def nested(self) -> Iterator[None]:
        """One level deeper; raises FeelLimitError when too deep."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise too_deep()
        keep, self.keep_bracket = self.keep_bracket, False
        try:
            yield
        finally:
            self.keep_bracket = keep
            self.depth -= 1

    @staticmethod
    def linked(links: int) -> int:
        """One link more in a chain of operators, each of which makes the tree deeper; raises FeelLimitError."""
        if links == MAX_CHAIN:
            raise too_deep()
        return links + 1

    # names

    def _learn(self, name: str, table: dict[str, tuple[str, ...]]) -> None:
        if is_simple_name(name) or not name.strip():
            return
        first = name_pieces(name)[0]
        known = table.get(first, ())
        if name not in known:
            table[first] = (*known, name)

    @contextmanager
    def scope(self, *names: str) -> Iterator[set[str]]:
        """Bind names for the duration."""
        inner: set[str] = set()
        self.scopes.append(inner)
        for name in names:
            self.bind(name)
        try:
            yield inner
        finally:
            self.scopes.pop()

    def bind(self, name: str) -> None:
        """Bind one more name in the innermost scope."""
        self.scopes[-1].add(name)
        self._learn(name, self._special)
        self._learn(name, self._fields)

    def is_local(self, name: str) -> bool:
        """Whether an enclosing construct of this text binds the name."""
        return any(name in scope for scope in self.scopes)

    def longest_name(self, *, field: bool) -> str | None:
        """Consume and return a known name of several pieces at the current token, if there is one."""
        start = self.token.start
        candidates = [] if field else list(self._special.get(self.token.value, ()))
        if field or self.filters:
            candidates += self._fields.get(self.token.value, ())
        best, end = None, self.token.end
        for name in candidates:
            found = name_end(name, self.text, start)
            if found > end:
                best, end = name, found
        if best is not None:
            self.token = self.lexer.token(end)
        return best

    def refuse_inner_name(self) -> None:
        """Complain about a name such as `__class__`: harmless here, but nobody means well by it."""
        if str(self.token.value).startswith("__"):
            raise self.lexer.error(
                f"名称“{self.token.value}”不能以两个下划线开头",
                f"the name {self.token.value!r} must not begin with two underscores",
                self.token.start,
            )

    def field_name(self) -> str:
        """Consume the name of a property after a dot; unknown names of several words are read up to a keyword."""
        if self.token.kind != "name":
            raise self.unexpected()
        self.refuse_inner_name()
        if known := self.longest_name(field=True):
            return known
        words = [self.advance().value]
        while self.token.kind == "name" and self.token.value not in KEYWORDS:
            words.append(self.advance().value)
        return " ".join(words)

    def name_before(self, *ends: str) -> str | None:
        """Consume a name of any shape that is followed by one of the end marks, which stays; None if there is none.

        An end mark is a symbol, or a keyword.
        """
        if self.token.kind != "name":
            return None
        start, position, token = self.token.start, self.token.end, self.token
        while True:
            following = self.lexer.token(position)
            if following.value in ends and following.kind in ("symbol", "name"):
                name = " ".join(self.text[start : token.end].split())
                self.token = following
                return name
            if following.kind in ("end", "string") or following.value in (
                "(",
                ")",
                "[",
                "]",
                "{",
                "}",
                ",",
                ":",
            ):
                return None
            token, position = following, following.end
