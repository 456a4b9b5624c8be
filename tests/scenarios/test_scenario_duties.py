"""Duties that come round, in virtual time: a case of the office at each occurrence, with the figures of its period."""

from __future__ import annotations

import shutil
from pathlib import Path

from app.scenarios import run_paths
from processes.pack import read_pack

SMALL = Path(__file__).resolve().parent.parent / "packs" / "small"

NOTICE = """\
<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="notice" targetNamespace="urn:small">
  <bpmn:process id="monthly_notice" name="月度通报" isExecutable="true" camunda:candidateStarterGroups="reviewer">
    <bpmn:startEvent id="month_ended" name="月末"><bpmn:timerEventDefinition id="q">
      <bpmn:timeCycle>R/2023-01-01T00:00:00+08:00/P1M</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:startEvent>
    <bpmn:sequenceFlow id="n1" sourceRef="month_ended" targetRef="freeze"/>
    <bpmn:serviceTask id="freeze" name="冻结指标" camunda:type="external" camunda:topic="freeze_figures">
      <bpmn:extensionElements><camunda:inputOutput>
        <camunda:inputParameter name="from">period_from</camunda:inputParameter>
        <camunda:inputParameter name="to">period_to</camunda:inputParameter>
        <camunda:inputParameter name="fact">"figures"</camunda:inputParameter>
      </camunda:inputOutput></bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="n2" sourceRef="freeze" targetRef="draw_up"/>
    <bpmn:userTask id="draw_up" name="拟通报" camunda:candidateGroups="reviewer"/>
    <bpmn:boundaryEvent id="notice_late" name="通报逾期" attachedToRef="draw_up" cancelActivity="false">
      <bpmn:timerEventDefinition id="w">
        <bpmn:timeDuration>working_days(5)</bpmn:timeDuration></bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="n3" sourceRef="notice_late" targetRef="late_noted"/>
    <bpmn:endEvent id="late_noted" name="已记"/>
    <bpmn:sequenceFlow id="n4" sourceRef="draw_up" targetRef="notice_issued"/>
    <bpmn:endEvent id="notice_issued" name="已发"/>
  </bpmn:process>
</bpmn:definitions>
"""

STORY = """\
scenario: notice of a month with one order
pack: small
given:
  at: 2026-09-28T10:00:00+08:00
  order: {request_type: consult, title: 漏水, content: 楼上漏水}
steps:
  - {as: agent, complete: accept, with: {decision: accept}}
  - {at: 2026-09-28T11:00:00+08:00, as: dispatcher, complete: dispatch, with: {lead_unit: housing}}
  - {at: 2026-09-29T09:00:00+08:00, as: handler@housing, complete: sign_for}
  - at: 2026-10-02T10:00:00+08:00
    of: monthly_notice
    expect:
      open: [draw_up]
      facts: {figures.received: 1, figures.dispatched: 1, figures.signed_in_time: 1, figures.timely_response_rate: 1}
      due: {notice_late: 2026-10-13T17:30:00+08:00}
  - at: 2026-10-14T10:00:00+08:00
    of: monthly_notice
    expect: {fired: {notice_late: 2026-10-13T17:30:00+08:00}}
  - {as: reviewer, complete: draw_up, of: monthly_notice}
  - {of: monthly_notice, expect: {open: []}}
---
scenario: a duty opened by hand, by who may
pack: small
given: {at: 2026-09-28T10:00:00+08:00}
steps:
  - {as: agent, start: monthly_notice, refused: {code: NOT_YOUR_DUTY}}
"""


def test_notice_comes_round_with_frozen_figures_and_its_own_limit(tmp_path: Path) -> None:
    shutil.copytree(SMALL, tmp_path / "small")
    (tmp_path / "small" / "notice.bpmn").write_text(NOTICE, encoding="utf-8")
    (tmp_path / "story.yaml").write_text(STORY, encoding="utf-8")
    report = run_paths([tmp_path / "story.yaml"], pack=read_pack(tmp_path / "small"))
    assert [result.differences for result in report.results] == [[], []]
