"""What the checks at deployment find in a table, and what they must not complain about."""

from collections.abc import Sequence

import pytest

from decisions import Problem, check_model, read_model
from decisions.regions import Effort
from tests.decisions.dmn_files import table

TWO = [("kind", "string"), ("days", "number")]
ONE = [("days", "number")]
OUT = [("v", "string")]


def found(data: bytes, **options: object) -> list[Problem]:
    return check_model(read_model(data), **options)  # type: ignore[arg-type]


def codes(data: bytes, **options: object) -> list[tuple[str, int]]:
    return [(problem.code, problem.row) for problem in found(data, **options)]


def test_a_sound_table_has_no_findings() -> None:
    rules = [['"a"', "<= 5", '"x"'], ['"a"', "> 5", '"y"'], ['not("a")', "-", '"z"']]
    assert found(table(TWO, OUT, rules)) == []


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([["< 5", '"x"'], ["[4..9]", '"y"'], ["> 9", '"z"']], [("overlap", 2)]),
        ([["< 5", '"x"'], ["> 6", '"y"']], [("gap", 0)]),
        ([["<= 5", '"x"'], [">= 6", '"y"']], []),
        ([["<= 5", '"x"'], [">= 6.5", '"y"']], [("gap", 0)]),
        ([["1, 2", '"x"'], ["not(1, 2)", '"y"']], []),
        ([["1, 2", '"x"'], ["not(1)", '"y"']], [("overlap", 2)]),
        ([["-", '"x"'], ["-", '"y"']], [("overlap", 2)]),
    ],
)
def test_overlap_and_gaps(rules: Sequence[Sequence[str]], expected: list[tuple[str, int]]) -> None:
    assert codes(table(ONE, OUT, rules)) == expected


def test_a_gap_is_described() -> None:
    rules = [['"a"', "< 5", '"x"'], ['"a"', "> 5", '"y"'], ['"b"', "-", '"z"']]
    (problem,) = found(table(TWO, OUT, rules))
    assert problem.code == "gap"
    assert 'kind = "a"' in problem.zh and "days = 5" in problem.zh


def test_declared_values_close_a_column() -> None:
    rules = [['"a"', "-", '"x"'], ['"b"', "-", '"y"']]
    (problem,) = found(table(TWO, OUT, rules, values={"kind": '"a","b","c"'}))
    assert problem.code == "gap" and '"c"' in problem.zh


def test_declared_values_bound_a_number() -> None:
    rules = [["[0..5]", '"x"'], ["> 5", '"y"']]
    assert codes(table(ONE, OUT, rules)) == [("gap", 0)]
    assert codes(table(ONE, OUT, rules, values={"days": ">= 0"})) == []


def test_booleans_are_all_there_is() -> None:
    assert codes(table([("ok", "boolean")], OUT, [["true", '"x"']])) == [("gap", 0)]
    assert codes(table([("ok", "boolean")], OUT, [["true", '"x"'], ["false", '"y"']])) == []


def test_dates_are_ordered() -> None:
    rules = [['< date("2026-01-01")', '"x"'], ['>= date("2025-06-01")', '"y"']]
    assert codes(table([("d", "date")], OUT, rules)) == [("overlap", 2)]


def test_a_default_or_another_policy_fills_gaps() -> None:
    assert codes(table(ONE, OUT, [["> 5", '"x"']], default='"none"')) == []
    assert codes(table(ONE, OUT, [["> 5", '"x"']], policy="COLLECT")) == []
    assert codes(table(ONE, OUT, [["> 5", '"x"'], ["-", '"y"']], policy="FIRST")) == []


def test_rules_out_of_reach_under_first() -> None:
    rules = [["> 5", '"x"'], ["<= 5", '"y"'], ["7", '"z"']]
    assert codes(table(ONE, OUT, rules, policy="FIRST")) == [("unreachable", 3)]


def test_any_may_overlap_only_in_agreement() -> None:
    assert codes(table(ONE, OUT, [["-", '"x"'], ["> 5", '"x"']], policy="ANY")) == []
    assert codes(table(ONE, [("v", "number")], [["-", "days*2+1"], ["> 5", "(days * 2) + 1"]], policy="ANY")) == []
    assert codes(table(ONE, OUT, [["-", '"x"'], ["> 5", '"y"']], policy="ANY")) == [("conflict", 2)]


def test_cells_over_variables_claim_nothing() -> None:
    assert codes(table(ONE, OUT, [["> limit", '"x"'], ["<= limit", '"y"']])) == []


def test_types_and_declared_values() -> None:
    assert codes(table(ONE, OUT, [['"5"', '"x"'], ["-", "7"]], policy="FIRST")) == [("type", 1), ("type", 2)]
    rules = [['"d"', "-", '"x"'], ["-", "-", '"q"']]
    data = table(TWO, OUT, rules, policy="FIRST", values={"kind": '"a","b"', "v": '"x","y"'})
    assert ("not_allowed", 1) in codes(data) and ("not_allowed", 2) in codes(data)


def test_texts_that_are_no_feel_name_row_and_column() -> None:
    problems = found(table(ONE, OUT, [["> 1", '"x"'], ["-", '"y" +']], policy="FIRST"))
    assert [(problem.code, problem.row) for problem in problems] == [("syntax", 2)]
    assert "第 2 条规则第 2 列" in problems[0].zh and "rule 2, column 2" in problems[0].en


def test_unknown_functions_and_names_get_a_suggestion() -> None:
    data = table(ONE, [("v", "number")], [["-", "working_day(3)"]])
    (problem,) = found(data, functions={"working_days"})
    assert problem.code == "unknown_function" and "working_days" in problem.zh
    data = table([("dais", "number")], [("v", "number")], [["-", "1"]])
    (problem,) = found(data, names={"days", "kind"})
    assert problem.code == "unknown_name" and "“days”" in problem.zh
    assert found(data, names={"dais"}) == []


def test_the_work_on_a_wide_table_is_bounded_and_nothing_is_claimed_that_was_not_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done, refused = 0, 0
    spend = Effort.spend

    def counted(self: Effort, count: int) -> bool:
        nonlocal done, refused
        enough = spend(self, count)
        done, refused = done + count * enough, refused + (not enough)
        return enough

    monkeypatch.setattr(Effort, "spend", counted)
    columns = [(f"c{number}", "number") for number in range(8)]
    rules = [[f"> {(row * 7 + column) % 50}" for column in range(8)] + ['"x"'] for row in range(60)]
    problems = found(table(columns, OUT, rules, policy="FIRST"))
    assert 100_000 < done <= 400_000
    # Once it has run out, each question (can a rule be reached, is anything left) gives up at its first step.
    assert 0 < refused <= len(rules) + 1
    # The second to the seventh lie within the first; of the gaps, not all of which were found, nothing is said.
    assert [(problem.code, problem.row) for problem in problems] == [("unreachable", row) for row in range(2, 8)]


def test_entries_of_a_given_context_are_names_like_others() -> None:
    data = table(ONE, [("v", "number")], [["-", "parameter.sign_hour"]])
    known = {"parameter": {"sign_hours": 2, "title": "x"}}
    (problem,) = found(data, contexts=known, names={"days"})
    assert (problem.code, problem.row) == ("unknown_name", 1)
    assert "第 1 条规则第 2 列" in problem.zh and "“parameter.sign_hours”" in problem.zh
    assert "did you mean 'parameter.sign_hours'" in problem.en
    right = table(ONE, [("v", "number")], [["-", "parameter.sign_hours"]])
    assert found(right, contexts=known, names={"days"}) == []
    mixed = table(ONE, [("v", "number")], [["-", "parameter.title"]])
    assert [(one.code, one.row) for one in found(mixed, contexts=known)] == [("type", 1)]


def test_entries_of_a_given_context_count_as_constants_unless_null() -> None:
    rules = [["<= parameter.most", '"x"'], ["> parameter.most", '"y"'], ["7", '"z"']]
    data = table(ONE, OUT, rules)
    assert [(one.code, one.row) for one in found(data, contexts={"parameter": {"most": 5}})] == [("overlap", 3)]
    assert found(data, contexts={"parameter": {"most": None}}) == []
    text = {"parameter": {"most": "five"}}
    assert [(one.code, one.row) for one in found(data, contexts=text)] == [("type", 1), ("type", 2)]
