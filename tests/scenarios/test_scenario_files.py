"""What is wrong with a scenario file is said with file and line, and is never skipped in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.scenarios import run_paths
from tests.scenarios.telling import DISPATCHED, HEAD, line_of, result, run, told


@pytest.mark.parametrize(
    ("steps", "line", "says"),
    [
        ("- {as: agent, complete: accept, wiht: {}}", 7, "wiht"),
        ("- expect: {opne: []}", 7, "opne"),
        ("- expect:\n    open: []\n    stauts: x", 9, "stauts"),
        ("- {at: 2026-09-28T11:00:00, expect: {open: []}}", 7, "缺少时区偏移"),
        ("- {at: 2026-13-28T11:00:00+08:00, expect: {open: []}}", 7, "bad time"),
        ("- {at: 2026-09-28, expect: {open: []}}", 7, "bad time"),
        ("- {at: 9999-12-31T23:59:59+08:00, expect: {open: []}}", 7, "out of range"),
        ("- {at: 17:30, expect: {open: []}}", 7, "bad time"),
        ("- {at: +5, expect: {open: []}}", 7, "bad time"),
        ("- {at: +5 wd, expect: {open: []}}", 7, "+10wd"),
        ("- {at: +99999d, expect: {open: []}}", 7, "bad time"),
        ("- expect: {due: {T-SM-01: tomorrow}}", 7, "bad time"),
        ("- {at: 2026-09-28T09:59:59+08:00, expect: {open: []}}", 7, "earlier than the step before"),
        ("- {as: agent, complete: accept, send: x}", 7, "one step does one thing"),
        ("- {order: a}", 7, "does nothing"),
        ("- {complete: accept}", 7, '"as" is missing'),
        ("- {as: agent@a@b, complete: accept}", 7, "role@unit:person"),
        ("- {at: +1h, refused: {code: X}}", 7, "means nothing"),
        ("- {with: {a: 1}, expect: {open: []}}", 7, "means nothing"),
        ("- {as: agent, complete: accept, refused: {says: X}}", 7, "'code' is missing"),
        ("- {as: agent, complete: [accept]}", 7, "a text is expected"),
        ("- {down: {from: 2026-09-28T12:00:00+08:00}}", 7, "'to' is missing"),
        ("- {down: {from: 2026-09-28T12:00:00+08:00, to: 2026-09-28T12:00:00+08:00}}", 7, "later than"),
        ("- {as: agent, complete: accept,\n   complete: accept}", 8, "appears twice"),
        ("- {as: agent, complete: &a accept}", 7, "anchors"),
        ("- {as: agent, complete: !!str accept}", 7, "tag"),
        ("- {as: agent, complete: accept", 8, "not valid YAML"),
        ("- a: " + "[" * 20 + "]" * 20, 7, "nested deeper"),
    ],
)
def test_fault_of_a_step(tmp_path: Path, steps: str, line: int, says: str) -> None:
    found = told(tmp_path, steps)
    assert found.bad_input
    assert says in found.differences[0]
    assert line_of(tmp_path, found) == line


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ("- {as: agent, complete: acept}", "no user task 'acept'"),
        ("- {as: clerk, complete: accept}", "no role 'clerk'"),
        ("- {as: handler@mars, complete: accept}", "no unit 'mars'"),
        ("- {as: agent, complete: accept, with: {decison: accept}}", "no field 'decison'"),
        ("- {as: handler@housing, send: extend}", "no process of the pack starts with 'extend'"),
        ("- {order: b, expect: {open: []}}", "no order 'b'"),
        ("- {receive: {title: x}}", "name the new one"),
        ("- expect: {not_fired: [T-SM-99]}", "no timer 'T-SM-99'"),
        ("- expect: {not_due: [accept]}", "no timer 'accept'"),
        ("- expect: {status: finished}", "no status 'finished'"),
        ("- expect: {may_not: {agent: [close]}}", "no act 'close'"),
        ("- expect: {may_not: {agnet: [accept]}}", "no role 'agnet'"),
        ("- expect: {decided: {limit: {rule: r1}}}", "no table 'limit'"),
        ("- {deploy: nowhere}", "no pack folder 'nowhere'"),
        ("- {calendar: {source: x}}", "expected publish"),
        ("- {as: agent, start: duty}", "no process of the office"),
        ("- {as: agent, complete: accept, of: duty}", "no case of 'duty'"),
        ("- {calendar: {publish: 2027, holidays: [2027-02-30], source: x}}", "2027-02-30"),
        ("- {down: {from: 2026-09-01T12:00:00+08:00, to: 2026-09-02T12:00:00+08:00}}", "outage begins before"),
    ],
)
def test_name_that_the_pack_does_not_know(tmp_path: Path, steps: str, says: str) -> None:
    found = told(tmp_path, steps)
    assert found.bad_input
    assert says in found.differences[0]
    assert line_of(tmp_path, found) == 7


def test_what_this_version_does_not_support_fails_and_says_so(tmp_path: Path) -> None:
    found = told(tmp_path, "- {migrate: {to: latest}}")
    assert not found.passed
    assert not found.bad_input
    assert line_of(tmp_path, found) == 7
    assert "“migrate”" in found.differences[0]
    assert "not supported by this version" in found.differences[0]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (HEAD.replace("pack: small\n", ""), 1, "'pack' is missing"),
        (HEAD.replace("  at: 2026", "  att: 2026"), 4, "unknown key 'att'"),
        (HEAD.replace("10:00:00+08:00", "10:00:00"), 4, "lacks its offset"),
        (HEAD.replace("title", "titel"), 5, "no field 'titel'"),
        (HEAD + "steps: []\n", 7, "appears twice"),
        (HEAD.replace("given:\n", "given:\n  orders: {a: {}}\n"), 4, "either order or orders"),
        (HEAD.replace("given:\n", "given:\n  units: {x: {nmae: X}}\n"), 4, "unknown key 'nmae'"),
    ],
)
def test_fault_of_the_head(tmp_path: Path, text: str, line: int, says: str) -> None:
    found = result(tmp_path, text if text.rstrip().endswith("[]") else text + "  []\n")
    assert found.bad_input
    assert says in found.differences[0]
    assert line_of(tmp_path, found) == line


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no scenario in the file"),
        (b"# nothing\n", "no scenario in the file"),
        (b"a: 1\nb: \xff\n", "story.yaml:2 不是 UTF-8"),
        (b"a: \x00\n", "not valid YAML"),
        (b"- a\n", "keys with values are expected"),
        (b"a: " + b"x" * 600_000, "larger than 500 KB"),
        (b"[" * 100_000, "nested deeper"),
    ],
)
def test_file_that_is_no_scenario(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "story.yaml").write_bytes(content)
    report = run_paths([tmp_path / "story.yaml"])
    assert report.exit_code == 2
    assert says in report.results[0].differences[0]


def test_other_scenarios_run_beside_a_wrong_one(tmp_path: Path) -> None:
    good = HEAD + "  - {expect: {open: [accept]}}\n"
    (tmp_path / "bad.yaml").write_text("nonsense: 1\n", encoding="utf-8")
    (tmp_path / "good.yaml").write_text(good, encoding="utf-8")
    report = run(tmp_path, f"---\n{good}---\n{good.replace('scenario: story', 'scenario: other')}")
    assert [(one.scenario, one.passed) for one in report.results] == [("story", True), ("other", True)]


def test_name_is_unique_in_the_pack(tmp_path: Path) -> None:
    good = HEAD + "  - {expect: {open: [accept]}}\n"
    report = run(tmp_path, f"{good}---\n{good}")
    assert [one.passed for one in report.results] == [True, False]
    assert "story.yaml:9 场景名与" in report.results[1].differences[0]
    assert report.exit_code == 2


def test_plain_words_stay_words(tmp_path: Path) -> None:
    """`no` and `08:30` are answers of people, not booleans and numbers."""
    steps = DISPATCHED + "- expect: {facts: {title: no, lead_unit: housing}}\n"
    assert told(tmp_path, steps, HEAD.replace("title: 漏水", "title: no")).differences == []
