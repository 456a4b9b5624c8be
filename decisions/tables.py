"""Decision tables: which rules match, and what the hit policy makes of them.

A table is compiled once; a cell that is `-` costs nothing.  Evaluating fills the trace of the work with the rules
that matched, their inputs, outputs and annotations, so that a decision can be explained afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from . import hits
from .env import Code, Env
from .errors import DmnError, NoRuleMatches, SeveralRulesMatch
from .table_index import Index, Rule

SINGLE_HIT = frozenset({"UNIQUE", "ANY", "FIRST", "PRIORITY"})


class MatchedRule(NamedTuple):
    """A rule that matched: its id and number (from 1), the inputs by label, the outputs by name, its annotation.

    `table` is the id of the decision or table it stands in.
    """

    id: str
    number: int
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    annotation: str
    table: str


@dataclass(slots=True)
class Input:
    """A column of conditions. `allowed` tests the value when the column declares its values."""

    label: str
    code: Code
    allowed: Callable[[Any], bool | None] | None = None


@dataclass(slots=True)
class Output:
    """A column of results. `values` are the declared values in order of priority; `convert` applies its type."""

    name: str
    convert: Callable[[Any], Any]
    default: Code | None = None
    values: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """A compiled decision table."""

    id: str
    name: str
    where: str
    policy: str
    aggregation: str
    inputs: list[Input]
    outputs: list[Output]
    rules: list[Rule]
    _index: Index = field(init=False)

    def __post_init__(self) -> None:
        self._index = Index(self.rules, len(self.inputs))

    def run(self, env: Env) -> Any:
        """The result for the variables of `env`.

        Raises NoRuleMatches and SeveralRulesMatch when the work is strict; both are null otherwise.
        """
        values = [column.code(env) for column in self.inputs]
        env.work.spend(len(self.rules) + 1)
        if not self._inputs_allowed(values, env):
            return None
        matched = self._matching(values, env)
        if not matched:
            return self._nothing(values, env)
        if self.policy == "UNIQUE" and len(matched) > 1:
            return self._conflict(matched, env)
        results = [self._outputs(rule, env) for rule in matched]
        if self.policy == "ANY" and any(hits.differ(result, results[0]) for result in results[1:]):
            return self._conflict(matched, env)
        self._note(matched, values, results, env)
        return hits.combined(self, results)

    def _matching(self, values: list[Any], env: Env) -> list[Rule]:
        first_only = self.policy == "FIRST"
        matched = []
        for rule, tests in self._index.candidates(values):
            for column, test, _ in tests:
                if test(values[column], env) is not True:
                    break
            else:
                matched.append(rule)
                if first_only:
                    break
        return matched

    def _outputs(self, rule: Rule, env: Env) -> dict[str, Any]:
        columns = zip(self.outputs, rule.outputs, strict=True)
        return {column.name: column.convert(code(env)) for column, code in columns}

    def _note(self, matched: list[Rule], values: list[Any], results: list[dict[str, Any]], env: Env) -> None:
        inputs = self._labelled(values)
        for rule, result in zip(matched, results, strict=True):
            env.work.note(MatchedRule(rule.id, rule.number, inputs, result, rule.annotation, self.id))

    def _labelled(self, values: list[Any]) -> dict[str, Any]:
        return {column.label: value for column, value in zip(self.inputs, values, strict=True)}

    def _inputs_allowed(self, values: list[Any], env: Env) -> bool:
        for column, value in zip(self.inputs, values, strict=True):
            if column.allowed is None or column.allowed(value) is True:
                continue
            if env.work.strict and value is None:
                continue  # facts are sparse; a null input is for the cells to judge
            if env.work.strict:
                raise DmnError(
                    f"决策表“{self.name}”的输入“{column.label}”的值 {value} 不在允许值之内",
                    f"input {column.label!r} of table {self.name!r} is {value}, which is not an allowed value",
                    where=self.where,
                    element=self.id,
                )
            return False
        return True

    def _nothing(self, values: list[Any], env: Env) -> Any:
        if any(output.default is not None for output in self.outputs):
            result = {
                output.name: None if output.default is None else output.convert(output.default(env))
                for output in self.outputs
            }
            return hits.single(self, result)
        if self.policy not in SINGLE_HIT:
            return hits.combined(self, [])
        if not env.work.strict:
            return None
        inputs = self._labelled(values)
        shown = "，".join(f"{label} = {value}" for label, value in inputs.items())
        raise NoRuleMatches(
            f"决策表“{self.name}”没有规则适用于：{shown}",
            f"no rule of table {self.name!r} matches {shown}",
            inputs=inputs,
            where=self.where,
            element=self.id,
        )

    def _conflict(self, matched: list[Rule], env: Env) -> None:
        if not env.work.strict:
            return
        numbers = tuple(rule.number for rule in matched)
        shown = "、".join(map(str, numbers))
        raise SeveralRulesMatch(
            f"决策表“{self.name}”（{self.policy}）的第 {shown} 条规则同时适用",
            f"rules {', '.join(map(str, numbers))} of table {self.name!r} ({self.policy}) match together",
            rules=numbers,
            where=self.where,
            element=self.id,
        )
