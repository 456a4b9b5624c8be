"""Virtual time: when deadlines fire, how steps count forward, outages, new calendars."""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.telling import DISPATCHED, HEAD, SIGNED, told


def test_deadline_fires_after_its_instant_not_at_it(tmp_path: Path) -> None:
    steps = """\
- at: 2026-09-29T17:30:00+08:00
  expect: {not_fired: [T-SM-01], due: {T-SM-01: 2026-09-29T17:30:00+08:00}}
- at: 2026-09-29T17:30:00.000001+08:00
  expect: {fired: {T-SM-01: 2026-09-29T17:30:00+08:00}, facts: {late_signed: true}, not_due: [T-SM-01]}
"""
    assert told(tmp_path, DISPATCHED + steps).differences == []


def test_work_at_the_due_instant_is_in_time(tmp_path: Path) -> None:
    steps = """\
- {at: 2026-09-29T17:30:00+08:00, as: handler@housing, complete: sign_for}
- {at: +1d, expect: {not_fired: [T-SM-01], facts: {late_signed: null}}}
"""
    assert told(tmp_path, DISPATCHED + steps).differences == []


def test_deadlines_fire_in_order_each_at_its_own_time(tmp_path: Path) -> None:
    steps = """\
- at: 2026-10-20T00:00:00+08:00
  expect:
    fired: {T-SM-07: 2026-10-15T17:30:00+08:00, T-SM-04: 2026-10-16T17:30:00+08:00}
    sent: [{template: last_chance, to: handler, unit: housing}]
    journal: [complete sign_for, fire extension_window, fire handle_overdue]
"""
    assert told(tmp_path, SIGNED + steps).differences == []


def test_steps_forward(tmp_path: Path) -> None:
    steps = """\
- {at: +5min, expect: {due: {T-SM-01: 2026-09-29T17:30:00+08:00}}}
- {at: +1h}
- {at: +29h, expect: {not_fired: [T-SM-01]}}
- {at: +25min, expect: {not_fired: [T-SM-01]}}
- {at: +1min, expect: {fired: {T-SM-01: 2026-09-29T17:30:00+08:00}}}
"""
    assert told(tmp_path, DISPATCHED + steps).differences == []


def test_working_days_forward_keep_the_clock(tmp_path: Path) -> None:
    """Two working days after 28 September 11:00 is 30 September; three is 8 October, after the holiday."""
    steps = """\
- {at: +3wd, as: handler@housing, complete: sign_for}
- {at: 2026-10-08T10:59:59+08:00}
"""
    found = told(tmp_path, DISPATCHED + steps)
    assert "2026-10-08T10:59:59+08:00 早于前一步的 2026-10-08T11:00:00+08:00" in found.differences[0]


def test_outage_replays_with_logical_times(tmp_path: Path) -> None:
    steps = """\
- down: {from: 2026-09-29T09:00:00+08:00, to: 2026-10-17T09:00:00+08:00}
- at: 2026-10-17T08:59:59+08:00
  expect: {not_fired: [T-SM-04, T-SM-07], sent: []}
- at: 2026-10-17T09:00:00+08:00
  expect:
    fired: {T-SM-07: 2026-10-15T17:30:00+08:00, T-SM-04: 2026-10-16T17:30:00+08:00}
    journal: [fire extension_window, fire handle_overdue]
"""
    assert told(tmp_path, SIGNED + steps).differences == []


def test_outage_between_two_steps(tmp_path: Path) -> None:
    steps = """\
- at: 2026-10-18T00:00:00+08:00
  down: {from: 2026-10-16T09:00:00+08:00, to: 2026-10-17T09:00:00+08:00}
- expect: {fired: {T-SM-04: 2026-10-16T17:30:00+08:00}}
"""
    assert told(tmp_path, SIGNED + steps).differences == []


def test_published_calendar_moves_provisional_due_times(tmp_path: Path) -> None:
    head = HEAD.replace("2026-09-28", "2026-12-24")
    steps = """\
- {as: agent, complete: accept, with: {decision: accept}}
- {as: dispatcher, complete: dispatch, with: {lead_unit: housing}}
- expect: {provisional: [T-SM-04], due: {T-SM-04: 2027-01-08T17:30:00+08:00}, explain: {T-SM-04: 暂定}}
- calendar:
    publish: 2027
    holidays: [2027-01-01..2027-01-03]
    workdays: [2027-01-09]
    source: 国务院办公厅关于2027年部分节假日安排的通知
- expect: {provisional: [], due: {T-SM-04: 2027-01-08T17:30:00+08:00}, journal: [recalculate]}
- calendar: {add_holidays: [{from: 2027-01-04, to: 2027-01-05, name: 临时放假}], source: 补充通知}
- expect:
    due: {T-SM-04: 2027-01-11T17:30:00+08:00}
    explain: {T-SM-04: [临时放假, 1月9日（周六）为调休上班日]}
"""
    assert told(tmp_path, steps, head).differences == []


def test_added_workday(tmp_path: Path) -> None:
    steps = """\
- calendar: {add_workdays: [2026-10-11], source: 补充通知}
- expect: {due: {T-SM-04: 2026-10-15T17:30:00+08:00}}
"""
    assert told(tmp_path, SIGNED + steps).differences == []


def test_deadlines_of_several_orders_fire_in_one_order_of_time(tmp_path: Path) -> None:
    head = HEAD.replace("  order: {", "  orders:\n    b: {title: 二, request_type: consult}\n    a: {")
    steps = """\
- {order: a, as: agent, complete: accept, with: {decision: accept}}
- {order: b, as: agent, complete: accept, with: {decision: accept}}
- {order: b, at: +1h, as: dispatcher, complete: dispatch, with: {lead_unit: housing}}
- {order: a, at: +1h, as: dispatcher, complete: dispatch, with: {lead_unit: water}}
- {order: b, at: 2026-10-09T00:00:00+08:00, expect: {fired: {T-SM-03: 2026-10-08T17:30:00+08:00}}}
- {order: a, expect: {not_fired: [T-SM-04], fired: {T-SM-01: 2026-09-29T17:30:00+08:00}}}
- {at: +1min, order: c, receive: {request_type: complaint, title: 三}}
- {order: c, expect: {open: [accept]}}
- {expect: {open: [accept]}}
"""
    found = told(tmp_path, steps, head)
    assert found.differences == [
        f"{tmp_path}/story.yaml:17 有多个工单，请用“order”指明 / there are several orders: say which with order"
    ]
