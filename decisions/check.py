"""What is wrong with the tables of a model, found before anything runs on it.

Texts that are no FEEL, unknown functions and variables (with the nearest known name), constants of the wrong type
or outside the declared values, rules that overlap where only one may match, rules that can never match, and
combinations no rule covers.  Overlap and coverage are exact for cells made of constants; cells that depend on
variables are left out of account, so that nothing is reported that may be right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from .errors import FeelError, FeelLimitError, FeelSyntaxError
from .expressions import suggestion
from .model import Decision, Model
from .program import Node, Program
from .regions import NO_CONTEXTS, Contexts
from .table_check import TableCheck


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding: what kind, in which element (id) and row (rule number from 1; 0: the whole), in two languages.

    Codes: `syntax`, `limit`, `unknown_function`, `unknown_name`, `type`, `not_allowed`, `overlap`, `conflict`,
    `unreachable`, `gap`.
    """

    code: str
    element: str
    row: int
    zh: str
    en: str


def check_model(
    model: Model,
    *,
    functions: Collection[str] = (),
    names: Collection[str] | None = None,
    contexts: Contexts = NO_CONTEXTS,
) -> list[Problem]:
    """All findings about a model, in the order of its elements.

    `functions` are the domain functions that will be there; `names`, if given, all variables of the context, so
    that other names are reported.  `contexts` are variables whose entries stay what they are as long as the model is
    in force (`{"parameter": {"sign_hours": 2, "not_set": None}}`): other entries are unknown names, and cells over
    them are checked like constants, unless the entry is null.
    """
    program = model.program(functions)
    problems = [_broken(model, *item) for item in program.broken()]
    for node in model.nodes.values():
        if node.kind in ("decision", "businessKnowledgeModel"):
            if names is not None:
                problems += _unknown_names(model, node, program, {*names, *contexts})
            problems += _unknown_entries(node, program, contexts)
    for decision in model.decisions.values():
        problems += _check_table(model, decision, contexts)
    order = {identifier: number for number, identifier in enumerate(model.nodes)}
    return sorted(problems, key=lambda problem: (order.get(problem.element, -1), problem.row))


def _title(model: Model, element: str) -> str:
    node = model.nodes.get(element)
    return node.title if node is not None else element


def _place(row: int, column: int) -> tuple[str, str]:
    if row:
        return f"第 {row} 条规则第 {column} 列：", f"rule {row}, column {column}: "
    return "：", ": "


def _broken(model: Model, element: str, row: int, column: int, error: FeelError) -> Problem:
    code = "unknown_function"
    if isinstance(error, FeelSyntaxError):
        code = "syntax"
    elif isinstance(error, FeelLimitError):
        code = "limit"
    zh, en = _place(row, column)
    title, text = _title(model, element), " ".join(error.text.split())
    where = f"line {error.line}, column {error.column} of {text!r}"
    return Problem(
        code,
        element,
        row,
        f"“{title}”{zh}{error.zh}（第 {error.line} 行第 {error.column} 列，原文：{text}）",
        f"{title!r}, {en.strip(': ') or 'expression'}: {error.en} ({where})",
    )


def _unknown_names(model: Model, node: Node, program: Program, names: Collection[str]) -> Iterator[Problem]:
    known = {*names, *(prefix or other.name for prefix, other in model.requirements(node))}
    for row, column, name in program.unit(node).free:
        if name not in known:
            yield _unknown(node, row, column, name, known)


def _unknown_entries(node: Node, program: Program, contexts: Contexts) -> Iterator[Problem]:
    for row, column, name, entry in program.unit(node).fields_read:
        if name in contexts and entry not in contexts[name]:
            yield _unknown(node, row, column, f"{name}.{entry}", [f"{name}.{known}" for known in contexts[name]])


def _unknown(node: Node, row: int, column: int, name: str, known: Collection[str]) -> Problem:
    near = suggestion(name, known)
    zh, en = _place(row, column)
    hint_zh, hint_en = (f"，是否应为“{near}”？", f", did you mean {near!r}?") if near else ("", "")
    return Problem(
        "unknown_name",
        node.id,
        row,
        f"“{node.title}”{zh}未知名称“{name}”{hint_zh}",
        f"{node.title!r}: {en}unknown name {name!r}{hint_en}",
    )


def _check_table(model: Model, decision: Decision, contexts: Contexts) -> list[Problem]:
    table = decision.table
    if table is None:
        return []
    check = TableCheck(model, table, contexts)
    found = [*check.types(), *check.overlaps(), *check.unreachable(), *check.gaps()]
    return [
        Problem(code, decision.id, row, f"“{decision.name}”{zh}", f"{decision.name!r}: {en}")
        for code, row, zh, en in found
    ]
