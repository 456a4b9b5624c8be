"""What a run of scenarios found: passed, failed, and the differences of those that failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Result:
    """One scenario. `differences`: sentences with file and line; `supplied`: what the runner filled in for the story;
    `bad_input`: the file is wrong, not the regulation."""

    scenario: str
    file: str
    differences: list[str] = field(default_factory=list)
    supplied: list[str] = field(default_factory=list)
    bad_input: bool = False

    @property
    def passed(self) -> bool:
        return not self.differences

    def to_json(self) -> dict[str, Any]:
        return {
            "scenario": self.scenario,
            "file": self.file,
            "passed": self.passed,
            "differences": self.differences,
        }


@dataclass(slots=True)
class Report:
    """The results in the order of the files."""

    results: list[Result] = field(default_factory=list)

    @property
    def passed(self) -> int:
        return sum(result.passed for result in self.results)

    @property
    def failed(self) -> int:
        return len(self.results) - self.passed

    @property
    def exit_code(self) -> int:
        """0: all passed; 1: one failed; 2: a file is wrong."""
        if any(result.bad_input for result in self.results):
            return 2
        return 1 if self.failed else 0

    def to_json(self) -> dict[str, Any]:
        return {
            "passed": self.passed,
            "failed": self.failed,
            "results": [result.to_json() for result in self.results],
        }
