"""The lint: says before deployment what the engine would ignore, get wrong or be stuck in.

SpiffWorkflow drops, passes over or misreads a good part of BPMN without a word. A process owner must hear
of it when drawing, not a citizen when waiting. `lint_diagram` judges one file, `lint_pack` all files of a
pack together. Each rule is a small function with a code, entered in a table (`registry.py`); `docs/lint.md`
explains every code.

| module | judges |
|---|---|
| `structure` | processes, ids, start and end, flows |
| `refused` | elements that are refused wherever they stand |
| `events` | triggers and what they need |
| `gateways` | conditions, defaults, order, event gateways |
| `tokens` | joins that starve, endless loops, long chains |
| `tasks` | duties, operations, scripts, tables, multi-instance |
| `extensions` | attributes, properties and code that editors attach |
| `expressions` | FEEL and timer texts |
| `references` | names of roles, forms, tables, processes, messages, timers |
| `drawing` | names, labels, shapes (warnings) |
| `pack` | names that two diagrams claim |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from processes.engine.lint import (  # noqa: F401  imported so that their rules enter the table
    drawing,
    events,
    expressions,
    extensions,
    gateways,
    references,
    refused,
    structure,
    tasks,
    tokens,
)
from processes.engine.lint.model import BPMN, NODES, Diagram, read_model
from processes.engine.lint.pack import PACK_RULES
from processes.engine.lint.problem import Known, Level, Problem
from processes.engine.lint.references import received_messages, timer_ids
from processes.engine.lint.registry import RULES
from processes.engine.xml import XmlRefused, read_xml

__all__ = ["CODES", "Known", "Level", "Problem", "lint_diagram", "lint_pack"]

MAX_FLOW_NODES = 500
"""Flow nodes of one file. The largest process of a regulation has a few dozen."""

UNREADABLE, NOT_BPMN, TOO_MANY = "unreadable-file", "not-bpmn", "too-many-elements"
CODES = (UNREADABLE, NOT_BPMN, TOO_MANY, *RULES, *(rule.code for rule in PACK_RULES))
"""Every code that a problem can have."""


def lint_diagram(
    data: bytes,
    *,
    where: str,
    compile_expression: Callable[..., Any] | None = None,
    known: Known | None = None,
) -> list[Problem]:
    """What is wrong with one diagram, errors before warnings. Never raises for what the file holds.

    `compile_expression(text)` raises an error (with sentences `zh`, `en`, or its text) for what is no FEEL;
    without it expressions are not checked. What `known` leaves out is not checked, except that timers named
    by `before/after/share("…")` must be in this diagram or in `known.timers`.
    """
    read = _read(data, where, compile_expression, known or Known())
    return [read] if isinstance(read, Problem) else _judge([read])


def lint_pack(
    files: Mapping[str, bytes],
    *,
    known: Known | None = None,
    compile_expression: Callable[..., Any] | None = None,
) -> list[Problem]:
    """What is wrong with the diagrams of a pack (file name → XML), alone and together; errors come first.

    All diagrams of the pack are here, so processes, messages, timers and elements are always checked; `known`
    adds what comes from elsewhere.
    """
    known = known or Known()
    problems: list[Problem] = []
    diagrams: list[Diagram] = []
    for where, data in sorted(files.items()):
        read = _read(data, where, compile_expression, known)
        if isinstance(read, Problem):
            problems.append(read)
        else:
            diagrams.append(read)
    everything = _known_together(known, diagrams)
    for diagram in diagrams:
        diagram.known = everything
    return problems + _judge(diagrams)


def _read(data: bytes, where: str, compile_expression: Callable[..., Any] | None, known: Known) -> Diagram | Problem:
    try:
        root = read_xml(data, where=where)
    except XmlRefused as refusal:
        return Problem("error", UNREADABLE, where, "", "", refusal.zh, refusal.en)
    if root.tag != f"{BPMN}definitions":
        zh, en = (
            "不是 BPMN 2.0 文件。请用建模器另存为 .bpmn。",
            "This is no BPMN 2.0 file. Save it from a modeler.",
        )
        return Problem("error", NOT_BPMN, where, "", "", zh, en)
    count = sum(1 for _ in root.iter(*(f"{BPMN}{tag}" for tag in NODES)))
    if count > MAX_FLOW_NODES:
        zh = f"有 {count} 个流程节点，最多 {MAX_FLOW_NODES} 个。请拆成几个文件。"
        en = f"{count} flow nodes in one file; {MAX_FLOW_NODES} are allowed. Split it into several files."
        return Problem("error", TOO_MANY, where, "", "", zh, en)
    return read_model(root, where, compile_expression, known)


def _judge(diagrams: list[Diagram]) -> list[Problem]:
    problems = [problem for diagram in diagrams for rule in RULES.values() for problem in rule.problems(diagram)]
    problems += [problem for rule in PACK_RULES for problem in rule.check(diagrams)]
    return sorted(problems, key=lambda problem: problem.level)


def _known_together(known: Known, diagrams: list[Diagram]) -> Known:
    def union(given: frozenset[str] | None, found: list[frozenset[str]]) -> frozenset[str]:
        return (given or frozenset()).union(*found)

    processes = [frozenset(process.id for process in diagram.processes) for diagram in diagrams]
    elements = [frozenset(node.id for node in diagram.nodes) for diagram in diagrams]
    return replace(
        known,
        processes=union(known.processes, processes),
        messages=union(known.messages, [received_messages(diagram) for diagram in diagrams]),
        timers=union(known.timers, [timer_ids(diagram) for diagram in diagrams]),
        elements=union(known.elements, elements),
    )
