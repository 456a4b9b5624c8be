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
from .grammar_primary import COMPARISONS, PrimaryGrammar
from .lexer import KEYWORDS

_CLOSERS = (")", "]", "}", ",", ".")


class Parser(PrimaryGrammar):
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
        if self.at(*COMPARISONS):
            operator = self.advance().value
            test = tree.UnaryTest(at, operator, self.sum(), False)
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
        left, links = self.sum(), 0
        while True:
            links = self.linked(links)
            if self.at(*COMPARISONS):
                operator = self.advance().value
                left = tree.Binary(left.at, operator, left, self.sum())
            elif self.at_word("between"):
                self.advance()
                low = self.sum()
                self.expect("and")
                left = tree.Between(left.at, left, low, self.sum())
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
                    return [self._test(self.sum)]
                except FeelSyntaxError:
                    raise first_error from None
            self.reset(start)
        return [self._test(self.sum)]

    def sum(self) -> tree.Node:
        """An expression without comparisons."""
        left, links = self._product(), 0
        while self.at("+", "-"):
            links = self.linked(links)
            operator = self.advance().value
            left = tree.Binary(left.at, operator, left, self._product())
        return left

    def _product(self) -> tree.Node:
        left, links = self._power(), 0
        while self.at("*", "/"):
            links = self.linked(links)
            operator = self.advance().value
            left = tree.Binary(left.at, operator, left, self._power())
        return left

    def _power(self) -> tree.Node:
        left, links = self._negation(), 0
        while self.at("**"):
            links = self.linked(links)
            self.advance()
            self.read += 300  # the costliest operator weighs on the loop around it
            left = tree.Binary(left.at, "**", left, self._negation())
        return left

    def _negation(self) -> tree.Node:
        if self.at("-"):
            at = self.advance().start
            with self.nested():
                return tree.Negation(at, self._negation())
        node, links = self._postfix(self.primary()), 0
        while self.at_word("instance"):
            links = self.linked(links)
            self.advance()
            self.expect("of")
            node = tree.InstanceOf(node.at, node, self.type_name())
        return node

    def _postfix(self, node: tree.Node) -> tree.Node:
        links = 0
        while True:
            links = self.linked(links)
            if self.at("."):
                self.advance()
                path = tree.Path(node.at, node, self.field_name())
                if isinstance(node, tree.Name) and not node.local:
                    self.fields_read.add((node.name, path.name))
                node = path
            elif self.at("[") and not (self.keep_bracket and self._bracket_closes()):
                self.advance()
                condition, weight = self._filter_condition()
                self.expect("]")
                node = tree.Filter(node.at, node, condition, weight)
            elif self.at("("):
                node = self._call(node)
            else:
                return node

    def _filter_condition(self) -> tuple[tree.Node, int]:
        self.works = True
        self.filters += 1
        try:
            with self.nested(), self.scope("item"):
                return self.weighed()
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
