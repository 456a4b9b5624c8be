"""Regular expressions in FEEL: no pattern takes long, and the machine finds what Python's engine finds."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from re import _constants as codes  # type: ignore[attr-defined]
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from decisions import FeelLimitError, compile_expression
from decisions.automaton import MAX_STEPS, Automaton, Unsupported
from decisions.limits import MAX_STEPS as MAX_WORK
from decisions.limits import Work
from decisions.patterns import MAX_TRIES, Pattern, compiled

COUNTED = 30_000
"""More tries than that the test does not wait for."""


def _repeated(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    repeats = ["?", "*", "+", "{2}", "{0,2}", "{1,3}", "{2,}", "{12}", "??", "*?", "+?", "{1,3}?"]
    atoms = st.one_of(inner, inner.map(lambda text: f"({text})"), inner.map(lambda text: f"(?:{text})"))
    return st.one_of(
        st.lists(atoms, min_size=1, max_size=4).map("".join),
        st.lists(atoms, min_size=2, max_size=3).map(lambda options: f"({'|'.join(options)})"),
        st.builds("(?:{}){}".format, inner, st.sampled_from(repeats)),
        st.builds("({}){}".format, inner, st.sampled_from(repeats)),
    )


PATTERNS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "", "^"]),
    st.recursive(
        st.sampled_from(["a", "b", "ab", "a?", "a*", "[ab]", "[^a]", ".", "b+", "", "[a-c-[b]]"]),
        _repeated,
        max_leaves=12,
    ),
    st.sampled_from(["", "", "$", "c"]),
)
TEXTS = st.one_of(
    st.text("abc\n", max_size=30),
    st.integers(0, 199).map("a".__mul__),
    st.integers(0, 99).map(lambda n: "ab" * n + "c"),
)
GREEDY = (28 * "a?") + 28 * "a"
FROZEN = [
    (GREEDY, 28 * "a"),
    ("(a?){28}a{28}$", 27 * "a" + "b"),
    ("^" + 40 * "(ab?|a)" + "x$", "ab" + 40 * "a"),
    ("^" + 30 * "(?:aa|a)" + "b$", 35 * "a"),
    ("(x?|y?){40}c", ""),
    ("(|a|b?){30}c", 60 * "a"),
]


class Counting:
    """Backtracks as Python's engine does, without its short cuts, and counts what it tries."""

    def __init__(self, text: str) -> None:
        self.text, self.tries = text, 0

    def found(self, tree: Any) -> bool:
        return any(next(self.ends(tree, 0, start), None) is not None for start in range(len(self.text) + 1))

    def ends(self, tree: Any, item: int, at: int) -> Iterator[int]:
        """Where the rest of a sequence can end, the preferred first."""
        if item == len(tree):
            yield at
            return
        for end in self.item(*tree[item], at):
            yield from self.ends(tree, item + 1, end)

    def item(self, operation: Any, argument: Any, at: int) -> Iterator[int]:
        self.tries += 1
        if self.tries > COUNTED:
            raise Unsupported
        if operation is codes.SUBPATTERN:
            yield from self.ends(argument[-1], 0, at)
        elif operation is codes.BRANCH:
            for option in argument[1]:
                yield from self.ends(option, 0, at)
        elif operation in (codes.MAX_REPEAT, codes.MIN_REPEAT):
            yield from self.turns(*argument, operation is codes.MIN_REPEAT, at, 0, -1)
        elif operation is codes.AT:
            if at == 0 if argument is codes.AT_BEGINNING else at == len(self.text):
                yield at
        elif operation is codes.ASSERT_NOT:
            if next(self.ends(argument[1], 0, at), None) is None:
                yield at
        elif at < len(self.text) and self.accepts(operation, argument, self.text[at]):
            yield at + 1

    def turns(self, low: int, high: int, body: Any, lazy: bool, at: int, turn: int, last: int) -> Iterator[int]:
        if lazy and turn >= low:
            yield at
        if turn < low or (turn < high and at != last):
            for end in self.ends(body, 0, at):
                yield from self.turns(low, high, body, lazy, end, turn + 1, at)
        if not lazy and turn >= low:
            yield at

    def accepts(self, operation: Any, argument: Any, char: str) -> bool:
        return bool(Automaton([], 0)._character(operation, argument)(char))


def parsed(pattern: str, flags: str = "") -> Pattern:
    found = compiled(pattern, flags)
    assume(found is not None)
    assert found is not None
    return found


@given(PATTERNS, TEXTS)
@example(*FROZEN[0])
@example(*FROZEN[1])
@example(*FROZEN[2])
@example(*FROZEN[4])
@example(*FROZEN[5])
@settings(max_examples=200, deadline=None)
def test_the_bound_on_tries_holds(source: str, text: str) -> None:
    pattern, counting = parsed(source), Counting(text)
    with suppress(Unsupported, RecursionError):  # what was counted until then counts
        counting.found(pattern.tree)
    assert counting.tries <= pattern.tries(len(text))


@given(PATTERNS, TEXTS, st.sampled_from(["", "", "i", "s", "m"]))
@example("(?:(a?|b)){0,2}", "ba", "")
@example("(?:a?|b)*", "bab", "")
@example("(?:|a)+", "aa", "")
@settings(max_examples=200, deadline=None)
def test_the_machine_finds_what_the_engine_finds(source: str, text: str, flags: str) -> None:
    pattern = parsed(source, flags)
    text = text.upper() if flags == "i" else text
    for groups in (False, True):
        try:
            machine = Automaton(pattern.tree, pattern.regex.flags, groups=groups)
            spans = list(machine.finds(text))
        except Unsupported:
            continue  # too much for the machine, or groups in empty turns
        assert machine.taken <= MAX_STEPS
        if pattern.tries(len(text)) <= MAX_TRIES:
            wanted = [found.regs if groups else found.regs[:1] for found in pattern.regex.finditer(text)]
            assert spans == wanted


@given(PATTERNS, TEXTS)
@example(*FROZEN[3])
@settings(max_examples=200, deadline=None)
def test_every_use_ends_within_its_steps(source: str, text: str) -> None:
    pattern, work = parsed(source), Work({})
    try:
        spans = list(pattern.finds(work, text))
    except FeelLimitError as error:
        assert "正则表达式" in error.zh or "计算量" in error.zh
        return
    assert 0 <= work.left <= MAX_WORK
    assert all(one[0][1] <= two[0][0] for one, two in pairwise(spans))


@pytest.mark.parametrize(("pattern", "text"), FROZEN)
def test_what_froze_the_server_is_answered(pattern: str, text: str) -> None:
    bound = {"text": text, "pattern": pattern}
    assert compiled(pattern, "").tries(len(text)) > MAX_TRIES or not text  # type: ignore[union-attr]
    assert compile_expression("matches(text, pattern)").evaluate(bound) is (pattern == GREEDY)
    replaced, pieces = ("<>", ["", ""]) if pattern == GREEDY else (text, [text])
    assert compile_expression('replace(text, pattern, "<>")').evaluate(bound) == replaced
    assert compile_expression("split(text, pattern)").evaluate(bound) == pieces


def test_groups_are_told_by_the_machine_too() -> None:
    text, pattern = "ab" * 20 + "!", "^((a|ab|b)*)(!)$"
    assert compiled(pattern, "").tries(len(text)) > MAX_TRIES  # type: ignore[union-attr]
    said = compile_expression('replace(text, pattern, "$3-$2-$1\\\\$")').evaluate({"text": text, "pattern": pattern})
    assert said == "!-b-" + "ab" * 20 + "$"


def test_what_is_refused_names_the_pattern() -> None:
    with pytest.raises(FeelLimitError) as refused:
        compile_expression(r'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "(a+)+\\1$")').evaluate({})
    assert r"(a+)+\1$" in refused.value.zh and r"(a+)+" in refused.value.en


@pytest.mark.parametrize("pattern", ["a*+", "(?:a?){9}?+", "[a-[b](a*)*]]"])
def test_what_only_python_has_is_no_pattern(pattern: str) -> None:
    assert compile_expression("matches(text, pattern)").evaluate({"text": "aaa", "pattern": pattern}) is None


def test_a_class_without_some_of_its_characters() -> None:
    matches = compile_expression(r'matches(text, "^[a-z-[\]ei]]{2}$")')
    assert [matches.evaluate({"text": text}) for text in ("ab", "ae", "a]")] == [True, False, False]
