"""Every key of `expect`: what it says when it does not hold. That they hold is shown by the other stories."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.scenarios.expect import COMPARISONS
from app.scenarios.files import EXPECTATIONS
from tests.scenarios.telling import SIGNED, told

LATER = "- {at: 2026-10-19T09:00:00+08:00}\n"


@pytest.mark.parametrize(
    ("expect", "says"),
    [
        ("open: []", "open tasks: expected [], got ['handle']"),
        ("open: [handle, handle]", "expected ['handle', 'handle'], got ['handle']"),
        ("assigned: {handle: water}", "task handle: expected water, got [['housing']]"),
        ("assigned: {handle: [housing, housing]}", "expected housing, got [['housing']]"),
        ("assigned: {review: water}", "not open"),
        ("due: {rework_overdue: 2026-10-16T17:30:00+08:00}", "got not running"),
        ("due: {T-SM-04: 2026-10-16T17:30:00+08:00}", "got not running"),
        ("fired: {T-SM-04: 2026-10-16T17:30:01+08:00}", "expected 2026-10-16T17:30:01+08:00, got 2026-10-16T17:30:00"),
        ("fired: {T-SM-01: 2026-09-29T17:30:00+08:00}", "got not fired"),
        ("not_fired: [handle_overdue]", "should not have fired, fired 2026-10-16T17:30:00+08:00"),
        ("status: closed", "status: expected closed, got in_handling"),
        ("facts: {overdue: false}", "fact overdue: expected False, got True"),
        ("facts: {overdue: 1}", "expected 1, got True"),
        ("facts: {lead_unit.name: x}", "expected 'x', got None"),
        ("may: {handler@water: [handle]}", "handler@water may handle"),
        ("may_not: {handler@housing: [give_back]}", "should not be able to do give_back"),
        ("decided: {limits: {rule: limits_r1}}", "table limits decided: expected"),
        ("decided: {limits: {rule: limits_r2, basis: 三个}}", "其他十个工作日"),
        ("decided: {extension_check: {rule: x}}", "has not decided"),
        ("provisional: [T-SM-04]", "T-SM-04 should be provisional"),
        ("explain: {T-SM-04: [国庆节, 春节]}", "'春节' is not in its explanation"),
        ("sent: []", "nothing should have been sent"),
        ("sent: [last_chance, last_chance]", "notice expected"),
        ("sent: [{template: last_chance, unit: water}]", "notice expected"),
        ("journal: [fire handle_overdue, fire extension_window]", "'fire extension_window' is missing in this order"),
        ("journal: [{act: complete, element: sign_for, actor: agent}]", "is missing"),
    ],
)
def test_difference_is_a_sentence_with_its_line(tmp_path: Path, expect: str, says: str) -> None:
    found = told(tmp_path, SIGNED + LATER + f"- expect: {{{expect}}}\n")
    assert len(found.differences) == 1
    assert found.differences[0].startswith(f"{tmp_path}/story.yaml:11 ")
    assert says in found.differences[0]
    assert not found.bad_input


def test_not_due_names_when_it_is_due(tmp_path: Path) -> None:
    found = told(tmp_path, SIGNED + "- expect: {not_due: [T-SM-04]}")
    assert "should not be running, is due 2026-10-16T17:30:00+08:00" in found.differences[0]


def test_what_holds(tmp_path: Path) -> None:
    steps = """\
- expect:
    open: [handle]
    assigned: {handle: housing}
    status: in_handling
    facts: {overdue: true, received_at: 2026-09-28T02:00:00+00:00, lead_unit: housing}
    may: {handler@housing: [handle, give_back, request_extension]}
    may_not: {handler@water: [handle, give_back], dispatcher: [handle]}
    decided: {limits: {rule: limits_r2, basis: 十个工作日}}
    explain: {T-SM-04: [跳过 10月1日–7日 国庆节, National Day]}
    provisional: []
    sent: [last_chance]
    journal: [receive, complete dispatch, {act: fire, element: handle_overdue, actor: system}]
- expect: {sent: []}
"""
    assert told(tmp_path, SIGNED + LATER + steps).differences == []


def test_all_differences_of_a_story_are_told(tmp_path: Path) -> None:
    found = told(tmp_path, SIGNED + "- expect: {open: [], status: closed}\n- expect: {sent: [x]}\n")
    assert [one.split()[0].rpartition(":")[2] for one in found.differences] == ["10", "10", "11"]


def test_every_key_of_the_format_is_compared_or_refused() -> None:
    assert set(EXPECTATIONS) == set(COMPARISONS)
