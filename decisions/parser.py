"""The grammar of FEEL 1.5: recursive descent, with the names in scope deciding what a name is.

From the loosest binding to the tightest: `or`, `and`, comparison (also `between` and `in`), `+ -`, `* /`, `**`,
unary `-`, `instance of`, and at the end paths, filters and calls.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from . import syntax as tree
from .errors import FeelSyntaxError
from .grammar_types import TypeGrammar
from .lexer import KEYWORDS, Token
from .temporal import parse_literal

_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_CLOSERS = (")", "]", "}", ",", ".")


class Parser(TypeGrammar):
    """Reads one text; use `parse_expression` and `parse_unary_tests`."""

    def whole_expression(self) -> tree.Node:
        """The whole text as one expression."""
        node = self.expression()
        if self.token.kind != "end":
            raise self.unexpected()
        return node

    literals: frozenset[Any] | None = None

    def whole_unary_tests(self) -> tree.UnaryTests:
        """The whole text as the cell of a decision table; `literals` are its values if it only lists such."""
        node = self._unary_tests()
        operands = [test.operand for test in node.tests if not test.operator]
        values = [operand.value for operand in operands if isinstance(operand, tree.Literal)]
        plain = all(type(value) in (str, int, Decimal, bool) for value in values)
        if plain and not node.negated and 0 < len(values) == len(node.tests):
            self.literals = frozenset(values)
        return node

    def _unary_tests(self) -> tree.UnaryTests:
        start = self.token
        if self.at("-"):
            self.advance()
            if self.token.kind == "end":
                return tree.UnaryTests(start.start, [], False)
            self.reset(start)
        if self.at_word("not"):
            self.advance()
            if self.at("("):
                self.advance()
                tests = self._tests()
                if self.at(")"):
                    self.advance()
                    if self.token.kind == "end":
                        return tree.UnaryTests(start.start, tests, True)
            self.reset(start)
        tests = self._tests()
        if self.token.kind != "end":
            raise self.unexpected()
        return tree.UnaryTests(start.start, tests, False)

    def _tests(self) -> list[tree.UnaryTest]:
        tests = [self._test(self.expression)]
        while self.at(","):
            self.advance()
            tests.append(self._test(self.expression))
        return tests

    def _test(self, operand: Callable[[], tree.Node]) -> tree.UnaryTest:
        at = self.token.start
        outer, self.saw_value = self.saw_value, False
        if self.at(*_COMPARISONS):
            operator = self.advance().value
            test = tree.UnaryTest(at, operator, self._sum(), False)
        else:
            node = operand()
            test = tree.UnaryTest(at, "", node, self.saw_value)
        self.saw_value = outer or self.saw_value
        return test

    # operators, from loose to tight

    def expression(self) -> tree.Node:
        """Any expression."""
        with self.nested():
            return self._logic("or", lambda: self._logic("and", self._comparison))

    def _logic(self, operator: str, operand: Callable[[], tree.Node]) -> tree.Node:
        first = operand()
        if not self.at_word(operator):
            return first
        terms = [first]
        while self.at_word(operator):
            self.advance()
            terms.append(operand())
        return tree.Logic(first.at, operator, terms)

    def _comparison(self) -> tree.Node:
        left = self._sum()
        while True:
            if self.at(*_COMPARISONS):
                operator = self.advance().value
                left = tree.Binary(left.at, operator, left, self._sum())
            elif self.at_word("between"):
                self.advance()
                low = self._sum()
                self.expect("and")
                left = tree.Between(left.at, left, low, self._sum())
            elif self.at_word("in"):
                self.advance()
                left = tree.In(left.at, left, self._in_tests())
            else:
                return left

    def _in_tests(self) -> list[tree.UnaryTest]:
        start = self.token
        if self.at("("):
            try:
                self.advance()
                with self.nested():
                    tests = self._tests()
                self.expect(")")
                if not self.at("+", "-", "*", "/", "**", "[", "."):
                    return tests
            except FeelSyntaxError as error:
                first_error = error
                self.reset(start)
                try:
                    return [self._test(self._sum)]
                except FeelSyntaxError:
                    raise first_error from None
            self.reset(start)
        return [self._test(self._sum)]

    def _sum(self) -> tree.Node:
        left = self._product()
        while self.at("+", "-"):
            operator = self.advance().value
            left = tree.Binary(left.at, operator, left, self._product())
        return left

    def _product(self) -> tree.Node:
        left = self._power()
        while self.at("*", "/"):
            operator = self.advance().value
            left = tree.Binary(left.at, operator, left, self._power())
        return left

    def _power(self) -> tree.Node:
        left = self._negation()
        while self.at("**"):
            self.advance()
            left = tree.Binary(left.at, "**", left, self._negation())
        return left

    def _negation(self) -> tree.Node:
        if self.at("-"):
            at = self.advance().start
            with self.nested():
                return tree.Negation(at, self._negation())
        node = self._postfix(self._primary())
        while self.at_word("instance"):
            self.advance()
            self.expect("of")
            node = tree.InstanceOf(node.at, node, self.type_name())
        return node

    def _postfix(self, node: tree.Node) -> tree.Node:
        while True:
            if self.at("."):
                self.advance()
                node = tree.Path(node.at, node, self.field_name())
            elif self.at("[") and not (self.keep_bracket and self._bracket_closes()):
                self.advance()
                condition = self._filter_condition()
                self.expect("]")
                node = tree.Filter(node.at, node, condition)
            elif self.at("("):
                node = self._call(node)
            else:
                return node

    def _filter_condition(self) -> tree.Node:
        self.works = True
        self.filters += 1
        try:
            with self.nested(), self.scope("item"):
                return self.expression()
        finally:
            self.filters -= 1

    def _bracket_closes(self) -> bool:
        after = self.lexer.token(self.token.end)
        return after.kind == "end" or after.value in _CLOSERS or (after.kind == "name" and after.value in KEYWORDS)

    def _call(self, target: tree.Node) -> tree.Node:
        self.works = True
        self.advance()
        arguments: list[tree.Node] = []
        names: list[str] = []
        with self.nested():
            while not self.at(")"):
                start = self.token
                name = self.name_before(":") if start.kind == "name" else None
                if name is not None:
                    self.advance()
                    names.append(name)
                arguments.append(self.expression())
                if not self.at(","):
                    break
                self.advance()
        self.expect(")")
        if names and len(names) != len(arguments):
            raise self.lexer.error(
                "参数要么全部具名，要么全部按位置",
                "arguments are either all named or all positional",
                target.at,
            )
        if isinstance(target, tree.Name) and not self.is_local(target.name):
            self.calls.setdefault(target.name, target.at)
        return tree.Call(target.at, target, arguments, names or None)

    # what stands alone

    def _primary(self) -> tree.Node:
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
                low = self._sum()
            return self._range_end(token.start, low, False)
        if self.at("{"):
            return self._context()
        if self.at("@"):
            return self._at_literal()
        raise self.unexpected()

    def _word(self, token: Token) -> tree.Node:
        word: str = token.value
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
            if self.at(*_COMPARISONS):
                operator = self.advance().value
                end = self._sum()
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
        high = self._sum()
        self.keep_bracket = keep
        if not self.at(")", "]", "["):
            raise self.unexpected("]")
        closing = self.advance().value
        return tree.RangeOf(at, low, high, low_included, closing == "]")

    def _context(self) -> tree.Node:
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
            return tree.For(at, iterators, self.expression())

    def _quantified(self) -> tree.Node:
        token = self.advance()
        with self.scope():
            iterators = self._iterators()
            self.expect("satisfies")
            return tree.Quantified(token.start, token.value == "every", iterators, self.expression())

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
            return tree.Lambda(at, parameters, self.expression(), external)


def _open_range(at: int, operator: str, end: tree.Node) -> tree.Node:
    if operator in ("<", "<="):
        return tree.RangeOf(at, None, end, False, operator == "<=")
    if operator in (">", ">="):
        return tree.RangeOf(at, end, None, operator == ">=", False)
    if operator == "=":
        return tree.RangeOf(at, end, end, True, True)
    return tree.UnaryTests(at, [tree.UnaryTest(at, operator, end)], False)
