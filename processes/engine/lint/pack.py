"""What can be wrong only between diagrams: names that two of them claim."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from processes.engine.lint.model import BPMN, SUBPROCESSES, Diagram
from processes.engine.lint.problem import Problem
from processes.engine.lint.registry import Subject, Thing

NAMED_BY_ID = SUBPROCESSES | {"userTask"}


class PackRule(NamedTuple):
    code: str
    check: Callable[[Sequence[Diagram]], Iterator[Problem]]


def duplicate_id_across_files(diagrams: Sequence[Diagram]) -> Iterator[Problem]:
    """People and timers of an order find an element by its id alone, whatever diagram it stands in."""
    first: dict[str, str] = {}
    for diagram in diagrams:
        named: list[Subject] = [*diagram.processes]
        named += [node for node in diagram.nodes if node.tag in NAMED_BY_ID or "timer" in node.kinds]
        for subject in named:
            where = first.setdefault(subject.id, diagram.where)
            if where != diagram.where:
                yield _problem(
                    "duplicate-id-across-files",
                    diagram,
                    subject,
                    f"编号 {subject.id} 在 {where} 中已用过。"
                    "流程、子流程、用户任务和定时器的编号在整个规程包内不能重复。",
                    f"The id {subject.id} is used in {where} already. Ids of processes, user tasks and timers must "
                    "differ throughout the pack.",
                )


def message_id_clash(diagrams: Sequence[Diagram]) -> Iterator[Problem]:
    first: dict[str, tuple[str, str]] = {}
    for diagram in diagrams:
        for tag in ("message", "error", "escalation"):
            for xml in diagram.root.iterfind(f"{BPMN}{tag}"):
                identifier, name = xml.get("id") or "", xml.get("name") or ""
                known_name, where = first.setdefault(f"{tag} {identifier}", (name, diagram.where))
                if known_name != name:
                    yield _problem(
                        "message-id-clash",
                        diagram,
                        Thing(identifier, name),
                        f"{identifier} 在 {where} 中名为“{known_name}”，这里名为“{name}”。同一编号的名称必须一致。",
                        f'{identifier} is called "{known_name}" in {where} and "{name}" here. One id, one name.',
                    )


def message_starts_two(diagrams: Sequence[Diagram]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for diagram in diagrams:
        for process in diagram.processes:
            for start in process.tagged("startEvent"):
                message = diagram.message_of(start)
                if message and first.setdefault(message, process.id) != process.id:
                    yield _problem(
                        "message-starts-two",
                        diagram,
                        start,
                        f"消息“{message}”已经启动流程 {first[message]}，不能再启动 {process.id}。请换一个消息。",
                        f'The message "{message}" starts {first[message]} already, so it can not start {process.id} '
                        "too. Use another message.",
                    )


def _problem(code: str, diagram: Diagram, subject: Subject, zh: str, en: str) -> Problem:
    return Problem("error", code, diagram.where, subject.id, subject.name, zh, en)


PACK_RULES = tuple(
    PackRule(code, check)
    for code, check in (
        ("duplicate-id-across-files", duplicate_id_across_files),
        ("message-id-clash", message_id_clash),
        ("message-starts-two", message_starts_two),
    )
)
