"""What stands alone in an expression: literals, names, brackets of all kinds, and the constructs of words."""

from __future__ import annotations

from abc import ABC, abstractmethod

from . import syntax as tree
from .grammar_types import TypeGrammar
from .lexer import KEYWORDS, Token
from .temporal import parse_literal

COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")


class PrimaryGrammar(TypeGrammar, ABC):
    """Reads primary expressions; the operators around them are the parser's."""

    @abstractmethod
    def expression(self) -> tree.Node:
        """Any expression."""

    @abstractmethod
    def sum(self) -> tree.Node:
        """An expression without comparisons."""

    def primary(self) -> tree.Node:
        """A literal, a name, something in brackets, or a construct that begins with a word."""
        token = self.token
        if token.kind == "number":
            self.advance()
            return tree.Literal(token.start, token.value)
        if token.kind == "string":
            self.advance()
            return tree.Literal(token.start, token.value)
        if token.kind == "name":
            return self._word(token)
        if self.at("("):
            return self._parenthesis()
        if self.at("["):
            return self._bracket()
        if self.at("]"):
            self.advance()
            with self.nested():
                low = self.sum()
            return self._range_end(token.start, low, False)
        if self.at("{"):
            return self._context()
        if self.at("@"):
            return self._at_literal()
        raise self.unexpected()

    def _word(self, token: Token) -> tree.Node:
        word: str = token.value
        self.refuse_inner_name()
        if known := self.longest_name(field=False):
            return self._name(token.start, known)
        construct = {
            "if": self._if, "for": self._for, "some": self._quantified, "every": self._quantified,
            "function": self._function,
        }.get(word)  # fmt: skip
        if construct is not None:
            return construct()
        if word in ("true", "false", "null"):
            self.advance()
            return tree.Literal(token.start, {"true": True, "false": False, "null": None}[word])
        if word in KEYWORDS:
            raise self.unexpected()
        self.advance()
        return self._name(token.start, word)

    def _name(self, at: int, name: str) -> tree.Name:
        if name == "?":
            self.saw_value = True
            return tree.Name(at, name, True)
        bound = self.is_local(name)
        if not bound:
            # inside a filter an unknown name may be a field of the items
            unsure = self.filters and name not in self.declared
            if not (self.at("(") and name in self.functions):
                (self.ambiguous if unsure else self.free).add(name)
                self.places.setdefault(name, at)
        return tree.Name(at, name, bound or self.filters > 0)

    def _parenthesis(self) -> tree.Node:
        at = self.advance().start
        with self.nested():
            if self.at(*COMPARISONS):
                operator = self.advance().value
                end = self.sum()
                self.expect(")")
                return _open_range(at, operator, end)
            node = self.expression()
            if self.at(".."):
                return self._range_end(at, node, False)
        self.expect(")")
        return node

    def _bracket(self) -> tree.Node:
        at = self.advance().start
        items: list[tree.Node] = []
        with self.nested():
            while not self.at("]"):
                items.append(self.expression())
                if len(items) == 1 and self.at(".."):
                    return self._range_end(at, items[0], True)
                if not self.at(","):
                    break
                self.advance()
        self.expect("]")
        return tree.ListOf(at, items)

    def _range_end(self, at: int, low: tree.Node, low_included: bool) -> tree.Node:
        self.expect("..")
        keep, self.keep_bracket = self.keep_bracket, True
        high = self.sum()
        self.keep_bracket = keep
        if not self.at(")", "]", "["):
            raise self.unexpected("]")
        closing = self.advance().value
        return tree.RangeOf(at, low, high, low_included, closing == "]")

    def _context(self) -> tree.Node:
        self.works = True
        at = self.advance().start
        entries: list[tuple[str, tree.Node]] = []
        with self.nested(), self.scope():
            while not self.at("}"):
                if self.token.kind == "string":
                    key = self.advance().value
                elif (found := self.name_before(":")) is not None:
                    key = found
                else:
                    raise self.unexpected()
                self.expect(":")
                if self.at_word("function"):
                    self.bind(key)  # a function may call itself
                entries.append((key, self.expression()))
                self.bind(key)
                if not self.at(","):
                    break
                self.advance()
        self.expect("}")
        return tree.ContextOf(at, entries)

    def _at_literal(self) -> tree.Node:
        at = self.advance().start
        if self.token.kind != "string":
            raise self.unexpected('"')
        text = self.advance().value
        value = parse_literal(text)
        if value is None:
            raise self.lexer.error(f"“{text}”不是日期、时间或时长", f"{text!r} is no date, time or duration", at)
        return tree.Literal(at, value)

    def weighed(self) -> tuple[tree.Node, int]:
        """An expression that may run many times, and the work of one run, from the number of its tokens."""
        before = self.read
        node = self.expression()
        return node, 2 + (self.read - before) // 8

    # words with a construct behind them

    def _if(self) -> tree.Node:
        at = self.advance().start
        condition = self.expression()
        self.expect("then")
        then = self.expression()
        self.expect("else")
        return tree.If(at, condition, then, self.expression())

    def _iterators(self) -> list[tree.Iterator]:
        self.works = True
        iterators = []
        while True:
            start = self.token.start
            name = self.name_before("in")
            if name is None:
                raise self.unexpected()
            self.expect("in")
            domain = self.expression()
            end = None
            if self.at(".."):
                self.advance()
                end = self.expression()
            self.bind(name)
            iterators.append(tree.Iterator(start, name, domain, end))
            if not self.at(","):
                return iterators
            self.advance()

    def _for(self) -> tree.Node:
        at = self.advance().start
        with self.scope():
            iterators = self._iterators()
            self.expect("return")
            self.bind("partial")
            return tree.For(at, iterators, *self.weighed())

    def _quantified(self) -> tree.Node:
        token = self.advance()
        with self.scope():
            iterators = self._iterators()
            self.expect("satisfies")
            return tree.Quantified(token.start, token.value == "every", iterators, *self.weighed())

    def _function(self) -> tree.Node:
        at = self.advance().start
        self.expect("(")
        parameters: list[tuple[str, tree.TypeName | None]] = []
        while not self.at(")"):
            name = self.name_before(":", ",", ")")
            if name is None:
                raise self.unexpected()
            kind = None
            if self.at(":"):
                self.advance()
                kind = self.type_name()
            parameters.append((name, kind))
            if not self.at(","):
                break
            self.advance()
        self.expect(")")
        external = self.at_word("external")
        if external:
            self.advance()
        with self.scope(*(name for name, _ in parameters)):
            body, weight = self.weighed()
            return tree.Lambda(at, parameters, body, external, weight)


def _open_range(at: int, operator: str, end: tree.Node) -> tree.Node:
    if operator in ("<", "<="):
        return tree.RangeOf(at, None, end, False, operator == "<=")
    if operator in (">", ">="):
        return tree.RangeOf(at, end, None, operator == ">=", False)
    if operator == "=":
        return tree.RangeOf(at, end, end, True, True)
    return tree.UnaryTests(at, [tree.UnaryTest(at, operator, end)], False)
