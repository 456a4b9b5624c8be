"""Decision tables: hit policies, strict errors, what explains a decision."""

import pytest

from decisions import DmnError, NoRuleMatches, SeveralRulesMatch, read_model
from tests.decisions.dmn_files import HEAD, table

RATED = [("kind", "string"), ("days", "number")]


def decide(data: bytes, context: dict[str, object], **options: object) -> object:
    return read_model(data, where="t.dmn").decisions["t"].evaluate(context, **options).value  # type: ignore[arg-type]


def test_one_output_gives_its_value_and_the_rule_that_decided() -> None:
    data = table(RATED, [("limit", "number")], [['"a"', "<= 5", "1", "short"], ['"a"', "> 5", "2", "long"]])
    decided = read_model(data).decisions["table t"].evaluate({"kind": "a", "days": 9})
    assert decided.value == 2
    (rule,) = decided.rules
    assert (rule.id, rule.number, rule.annotation) == ("r2", 2, "long")
    assert rule.inputs == {"kind": "a", "days": 9}
    assert rule.outputs == {"limit": 2}


def test_several_outputs_give_a_context() -> None:
    data = table([("k", "string")], [("value", "number"), ("unit", "string")], [['"a"', "10", '"wd"']])
    assert decide(data, {"k": "a"}) == {"value": 10, "unit": "wd"}


def test_no_match_is_an_error_that_names_table_and_inputs() -> None:
    data = table(RATED, [("limit", "number")], [['"a"', "-", "1"]])
    with pytest.raises(NoRuleMatches) as caught:
        decide(data, {"kind": "b", "days": 2})
    assert "table t" in caught.value.zh and "kind = b" in caught.value.zh
    assert caught.value.inputs == {"kind": "b", "days": 2}
    assert decide(data, {"kind": "b"}, strict=False) is None


def test_two_matches_of_a_unique_table_are_an_error() -> None:
    data = table(RATED, [("limit", "number")], [['"a"', "-", "1"], ["-", "> 3", "2"]])
    with pytest.raises(SeveralRulesMatch) as caught:
        decide(data, {"kind": "a", "days": 5})
    assert caught.value.rules == (1, 2)


@pytest.mark.parametrize(
    ("policy", "aggregation", "expected"),
    [
        ("FIRST", "", 3),
        ("PRIORITY", "", 9),
        ("RULE ORDER", "", [3, 9, 1]),
        ("OUTPUT ORDER", "", [9, 3, 1]),
        ("COLLECT", "", [3, 9, 1]),
        ("COLLECT", "SUM", 13),
        ("COLLECT", "MIN", 1),
        ("COLLECT", "MAX", 9),
        ("COLLECT", "COUNT", 3),
    ],
)
def test_hit_policies(policy: str, aggregation: str, expected: object) -> None:
    rules = [["> 1", "3"], ["> 2", "9"], ["-", "1"], ["< 0", "7"]]
    data = table(
        [("n", "number")], [("v", "number")], rules, policy=policy, aggregation=aggregation, values={"v": "9,3,1,7"}
    )
    assert decide(data, {"n": 5}) == expected


def test_any_needs_agreement() -> None:
    agreed = table([("n", "number")], [("v", "string")], [["> 1", '"x"'], ["> 2", '"x"']], policy="ANY")
    assert decide(agreed, {"n": 5}) == "x"
    torn = table([("n", "number")], [("v", "string")], [["> 1", '"x"'], ["> 2", '"y"']], policy="ANY")
    with pytest.raises(SeveralRulesMatch):
        decide(torn, {"n": 5})


def test_default_output_stands_in_for_a_missing_rule() -> None:
    data = table([("n", "number")], [("v", "number")], [["> 9", "1"]], default="0")
    assert decide(data, {"n": 5}) == 0


def test_collect_without_match_is_an_empty_list() -> None:
    data = table([("n", "number")], [("v", "number")], [["> 9", "1"]], policy="COLLECT")
    assert decide(data, {"n": 5}) == []


def test_domain_functions_in_cells() -> None:
    data = table([("d", "date")], [("v", "number")], [["day_off(?)", "1"], ["not(day_off(?))", "double(2)"]])
    model = read_model(data)
    functions = {"day_off": lambda day: day == "sunday", "double": lambda number: number * 2}
    assert model.decisions["t"].evaluate({"d": "sunday"}, functions=functions).value == 1
    assert model.decisions["t"].evaluate({"d": "monday"}, functions=functions).value == 4


def test_a_broken_cell_names_its_row() -> None:
    data = table([("n", "number")], [("v", "number")], [["> 1", "1"], ["> ", "2"]])
    with pytest.raises(DmnError) as caught:
        decide(data, {"n": 0})
    assert caught.value.row == 2 and caught.value.element == "t" and caught.value.where == "t.dmn"


def test_the_context_is_read_lazily() -> None:
    class Scope(dict[str, object]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            raise AssertionError("the context must not be copied")

    data = table([("n", "number")], [("v", "number")], [["> 1", "n"]])
    assert decide(data, Scope(n=3)) == 3


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<definitions/>",
        b'<!DOCTYPE definitions [<!ENTITY a "b">]><definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>',
        b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/">' + b"<a>" * 1000 + b"</a>" * 1000,
        b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/">' + b"<a/>" * 100_000 + b"</definitions>",
        b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/">' + b" " * 6_000_000 + b"</definitions>",
        b"\xff\xfe\x00garbage",
        table([("n", "number")], [("v", "number")], [["1", "1"]], policy="MOST"),
    ],
)
def test_bad_files_are_refused(data: bytes) -> None:
    with pytest.raises(DmnError):
        model = read_model(data, where="bad.dmn")
        model.decisions["t"].evaluate({"n": 1})


def test_a_cycle_of_decisions_is_refused() -> None:
    def decision(own: str, other: str) -> str:
        requirement = f'<informationRequirement><requiredDecision href="#{other}"/></informationRequirement>'
        logic = "<literalExpression><text>1</text></literalExpression>"
        return f'<decision id="{own}" name="{own}">{requirement}{logic}</decision>'

    with pytest.raises(DmnError, match="a"):
        read_model((HEAD + decision("a", "b") + decision("b", "a") + "</definitions>").encode())
