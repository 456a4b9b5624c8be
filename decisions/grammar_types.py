"""Types as written in an expression: `number`, `list<string>`, `context<a: number>`, `function<date> -> number`."""

from __future__ import annotations

from .lexer import KEYWORDS
from .scope import NameStream
from .syntax import TypeName

BUILT_IN_TYPES = (
    "date and time",
    "days and time duration",
    "years and months duration",
)


class TypeGrammar(NameStream):
    """Reads type expressions."""

    def type_name(self) -> TypeName:
        """One type at the current token."""
        with self.nested():
            if self.at_word("function"):
                return self._function_type()
            name = self._plain_type_name()
            if name in ("list", "range") and self.at("<"):
                self.advance()
                inner = self.type_name()
                self.expect(">")
                return TypeName(name, (inner,))
            if name == "context" and self.at("<"):
                return self._context_type()
            return TypeName(name)

    def _plain_type_name(self) -> str:
        if self.token.kind != "name":
            raise self.unexpected()
        words = [self.advance().value]
        while True:
            if self.at("."):
                self.advance()
                if self.token.kind != "name":
                    raise self.unexpected()
                words[-1] += "." + self.advance().value
            elif self._continues(words):
                words.append(self.advance().value)
            else:
                return " ".join(words)

    def _continues(self, words: list[str]) -> bool:
        if self.token.kind != "name":
            return False
        if self.token.value not in KEYWORDS:
            return True
        return any(self._completes(known.split(" "), words) for known in BUILT_IN_TYPES)

    def _completes(self, known: list[str], words: list[str]) -> bool:
        """Whether the type goes on here to its end: behind `date`, `and` belongs to it only if `time` follows."""
        rest, token = known[len(words) :], self.token
        if known[: len(words)] != words:
            return False
        for word in rest:
            if token.kind != "name" or token.value != word:
                return False
            token = self.lexer.token(token.end)
        return bool(rest)

    def _function_type(self) -> TypeName:
        self.advance()
        if not self.at("<"):
            return TypeName("function")
        self.advance()
        arguments = []
        while not self.at(">"):
            arguments.append(self.type_name())
            if not self.at(","):
                break
            self.advance()
        self.expect(">")
        self.expect("->")
        return TypeName("function", (*arguments, self.type_name()))

    def _context_type(self) -> TypeName:
        self.advance()
        fields = []
        while not self.at(">"):
            name = self.name_before(":")
            if name is None:
                raise self.unexpected()
            self.expect(":")
            fields.append((name, self.type_name()))
            if not self.at(","):
                break
            self.advance()
        self.expect(">")
        return TypeName("context", fields=tuple(fields))
