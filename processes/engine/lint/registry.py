"""The table of rules. A rule is a small function from a diagram to its findings; its code names it in
`docs/lint.md`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple, Protocol

from lxml import etree

from processes.engine.lint.model import BPMN, NODES, Diagram
from processes.engine.lint.problem import Level, Problem

MOST_FINDINGS = 50
"""Of one rule in one file. Nobody reads more, and a hostile file must not make us write more."""
OWNERS = frozenset(f"{BPMN}{tag}" for tag in NODES | {"process", "sequenceFlow", "lane"})


class Subject(Protocol):
    """What a finding is about: a node, a flow, a scope or a `Thing`."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


class Thing(NamedTuple):
    """Something that is no node, flow or scope, such as the file itself (id "")."""

    id: str
    name: str = ""


def owner_of(xml: etree._Element) -> Thing:
    """The node, flow, lane or process that the XML is or belongs to."""
    while xml.tag not in OWNERS and (parent := xml.getparent()) is not None:
        xml = parent
    return Thing(xml.get("id") or "", xml.get("name") or "")


class Finding(NamedTuple):
    subject: Subject
    zh: str
    en: str


Check = Callable[[Diagram], Iterator[Finding]]


class Rule(NamedTuple):
    code: str
    level: Level
    check: Check

    def problems(self, diagram: Diagram) -> Iterator[Problem]:
        for subject, zh, en in islice(self.check(diagram), MOST_FINDINGS):
            yield Problem(self.level, self.code, diagram.where, subject.id, subject.name, zh, en)


RULES: dict[str, Rule] = {}


def rule(code: str, level: Level = "error") -> Callable[[Check], Check]:
    """Enter the function below into the table. Codes are unique."""

    def enter(check: Check) -> Check:
        if code in RULES:
            raise ValueError(f"two rules are called {code}")
        RULES[code] = Rule(code, level, check)
        return check

    return enter
