"""Acts and refusals: what people do through the real door, and that a scenario notices when it goes otherwise."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.scenarios.telling import DISPATCHED, HEAD, SIGNED, SMALL, told

LAST_DAY = "- {at: 2026-10-16T15:00:00+08:00}\n"
APPLY = "as: handler@housing, send: request_extension"


def test_main_line_to_the_end(tmp_path: Path) -> None:
    steps = """\
- {at: +1wd, as: handler@housing, complete: handle, with: {result_text: 已修好}}
- {expect: {open: [review], status: done_pending_review, assigned: {}}}
- {as: reviewer, complete: review, with: {decision: close}}
- {expect: {open: [], status: closed, not_due: [T-SM-04, T-SM-07]}}
"""
    assert told(tmp_path, SIGNED + steps).differences == []


def test_extension_is_granted(tmp_path: Path) -> None:
    steps = f"""\
{LAST_DAY}- {{{APPLY}, with: {{days: 10, reason: 须外地核实}}}}
- expect: {{open: [decide_extension, handle], status: extension_pending}}
- {{at: +1h, as: reviewer, complete: decide_extension, with: {{decision: consent}}}}
- expect: {{due: {{T-SM-04: 2026-10-30T17:30:00+08:00}}, open: [handle]}}
"""
    assert told(tmp_path, SIGNED + steps).differences == []


@pytest.mark.parametrize(
    "refused",
    [
        f"- {{{APPLY}, with: {{days: 3}}, refused: {{code: NO_REASON, says: 不符合延期条件}}}}",
        f"- {{{APPLY}, refused: {{code: INVALID, says: days}}}}",
        f"- {{at: +1d, {APPLY}, with: {{days: 3, reason: x}}, refused: {{code: AFTER_DUE}}}}",
        "- {as: handler@water, send: request_extension, with: {days: 3}, refused: {code: NOT_FOUND}}",
        "- {as: agent, send: request_extension, with: {days: 3}, refused: {code: NOT_YOUR_DUTY}}",
        "- {as: agent, complete: handle, refused: {code: NOT_YOUR_DUTY}}",
        "- {as: handler@housing, complete: sign_for, refused: {code: ALREADY_HANDLED}}",
        "- {as: reviewer, complete: review, refused: {code: NOT_NOW}}",
    ],
)
def test_refusals(tmp_path: Path, refused: str) -> None:
    assert told(tmp_path, SIGNED + LAST_DAY + refused).differences == []


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ("{as: agent, complete: handle}", "expected success, got NOT_YOUR_DUTY"),
        ("{as: handler@housing, complete: handle}", "got INVALID"),
        (f"{{{APPLY}, with: {{days: 3}}}}", "refused by rule: NO_REASON"),
        (f"{{{APPLY}, with: {{days: 3, reason: x}}, refused: {{code: NO_REASON}}}}", "but it succeeded"),
        (f"{{{APPLY}, with: {{days: 3}}, refused: {{code: AFTER_DUE}}}}", "expected refusal AFTER_DUE, got NO_REASON"),
        (f"{{{APPLY}, with: {{days: 3}}, refused: {{code: NO_REASON, says: 另一句}}}}", "另一句"),
    ],
)
def test_step_that_goes_otherwise_ends_the_story(tmp_path: Path, step: str, says: str) -> None:
    found = told(tmp_path, SIGNED + LAST_DAY + f"- {step}\n- {{expect: {{open: []}}}}\n")
    assert len(found.differences) == 1
    assert f"{tmp_path}/story.yaml:11 " in found.differences[0]
    assert says in found.differences[0]
    assert not found.bad_input


def test_same_role_is_the_same_person_and_four_eyes_hold(tmp_path: Path) -> None:
    work = "complete: handle, with: {result_text: 已修好}"
    review = "complete: review, with: {decision: close}"
    refused = "refused: {code: NOT_YOUR_DUTY}"
    same = f"- {{as: handler@housing:li, {work}}}\n- {{as: reviewer:li, {review}, {refused}}}\n"
    assert told(tmp_path, SIGNED + same).differences == []
    other = f"- {{as: handler@housing, {work}}}\n- {{as: reviewer, {review}}}\n"
    assert told(tmp_path, SIGNED + other).differences == []


def test_unit_added_by_the_story(tmp_path: Path) -> None:
    head = HEAD.replace("given:\n", "given:\n  units: {gas: {name: 燃气公司, level: city, kind: enterprise}}\n")
    expect = "- expect: {assigned: {sign_for: gas}, may: {handler@gas: [sign_for]}}\n"
    assert told(tmp_path, DISPATCHED.replace("housing", "gas") + expect, head).differences == []


def test_what_was_supplied_is_told(tmp_path: Path) -> None:
    found = told(tmp_path, "- {expect: {open: [accept]}}")
    assert found.supplied == ["order: phone = 13800000000", "order: received_at = 2026-09-28T10:00:00+08:00"]


def test_refused_request_ends_the_story(tmp_path: Path) -> None:
    found = told(tmp_path, "- {expect: {open: [accept]}}", HEAD.replace("complaint", "praise"))
    assert "story.yaml:5 应成功，却被拒绝：INVALID" in found.differences[0]


def test_revised_pack_rules_what_comes_in_afterwards(tmp_path: Path) -> None:
    shutil.copytree(SMALL, tmp_path / "revised")
    limits = tmp_path / "revised" / "limits.dmn"
    limits.write_text(limits.read_text(encoding="utf-8").replace("<text>10</text>", "<text>5</text>"), encoding="utf-8")
    steps = """\
- {deploy: revised, effective_from: 2026-10-01T00:00:00+08:00}
- {at: 2026-10-12T09:00:00+08:00, order: new, receive: {request_type: complaint, title: 新件}}
- {order: new, as: agent, complete: accept, with: {decision: accept}}
- {order: new, as: dispatcher, complete: dispatch, with: {lead_unit: water}}
- {order: new, expect: {due: {T-SM-04: 2026-10-19T17:30:00+08:00}}}
- {order: old, as: agent, complete: accept, with: {decision: accept}}
- {order: old, as: dispatcher, complete: dispatch, with: {lead_unit: water}}
- {order: old, expect: {due: {T-SM-04: 2026-10-26T17:30:00+08:00}}}
"""
    head = HEAD.replace("  order: {", "  orders:\n    old: {")
    assert told(tmp_path, steps, head).differences == []


def test_revised_pack_that_is_broken_is_refused(tmp_path: Path) -> None:
    shutil.copytree(SMALL, tmp_path / "revised")
    (tmp_path / "revised" / "limits.dmn").write_text("<x/>", encoding="utf-8")
    assert told(tmp_path, "- {deploy: revised, refused: {code: BAD_PACK}}").differences == []
