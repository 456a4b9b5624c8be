"""Playing one scenario: step by step, until the end or until a step goes otherwise than told.

After a step that went wrong the rest of the story proves nothing, so it ends there; differences of expectations are
all collected.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from app.scenarios.acts import carry_out, order_of, plan_outage, receive_order
from app.scenarios.errors import BadScenario, Difference, Unsupported
from app.scenarios.expect import differences
from app.scenarios.lines import Node
from app.scenarios.moments import YEARS
from app.scenarios.packs import Packs
from app.scenarios.report import Result
from app.scenarios.stage import Stage
from app.scenarios.story import Scenario, Step, WantedRefusal
from processes.errors import Refusal
from processes.order import Refused

log = logging.getLogger(__name__)


def play(scenario: Scenario, packs: Packs, folder: Path | None) -> Result:
    """The result of one scenario whose file lies in `folder`. Raises nothing: every fault is a difference."""
    result = Result(scenario.name, scenario.node.file)
    where = scenario.node.where
    try:
        platform, regulation = packs.ground(scenario, folder)
        stage = Stage(platform, regulation, scenario.start, folder, scenario.duties())
        result.supplied = stage.supplied
        _play(scenario, stage, packs, result)
    except Unsupported as error:
        result.differences.append(str(error))
    except BadScenario as error:
        result.differences.append(str(error))
        result.bad_input = True
    except Difference as error:
        result.differences.append(str(error))
    except Refusal as error:
        result.differences.append(f"{where} {error.zh} / {error.en}")
        result.bad_input = True
    except Exception as error:
        # A fault of ours in one story must not hide the results of the others.
        log.exception("scenario %s", scenario.name)
        result.differences.append(f"{where} 程序出错 / internal error: {type(error).__name__}: {error}")
    return result


def _play(scenario: Scenario, stage: Stage, packs: Packs, result: Result) -> None:
    stage.platform.library.add_units(stage.office, scenario.units)
    for name, fields in scenario.orders.items():
        try:
            refused = receive_order(stage, name, fields, stage.receiver())
        except Refusal as error:
            raise _refused_difference(fields, error) from error
        if refused:
            codes, says = _told(refused)
            raise Difference(fields.where, f"诉求未被接受：{codes}，{says}", f"the request was refused: {codes}")
    for step in scenario.steps:
        _take(stage, step, packs)
        result.differences += _look(stage, step)


def _take(stage: Stage, step: Step, packs: Packs) -> None:
    """Let time pass to the step, then do what it says."""
    if step.act is not None and step.act.kind == "down":
        plan_outage(stage, step.act)
    at = stage.moment(step.at) if step.at is not None else stage.now
    if at.year not in YEARS:
        raise step.node.wrong(f"时间 {stage.shown(at)} 超出范围", f"{stage.shown(at)} is out of range")
    if at < stage.now:
        raise step.node.wrong(
            f"时间 {stage.shown(at)} 早于前一步的 {stage.shown(stage.now)}",
            f"{stage.shown(at)} is earlier than the step before, {stage.shown(stage.now)}",
        )
    try:
        stage.pass_until(at)
    except Refusal as error:
        where = step.node.where
        raise Difference(where, f"时限触发出错：{error.zh}", f"a deadline failed to fire: {error.en}") from error
    if step.act is None:
        return
    try:
        refused = carry_out(stage, step, step.act, packs)
    except Refusal as error:
        if step.refused is None:
            raise _refused_difference(step.act.what, error) from error
        refused = (Refused((error.code,), f"{error.zh} / {error.en}"),)
    if step.refused is not None:
        _check_refusal(step.refused, refused)
    elif refused:
        codes, says = _told(refused)
        raise Difference(
            step.act.what.where,
            f"“{step.act.kind}”应成功，却按规定被驳回：{codes}，{says}",
            f"{step.act.kind}: expected success, refused by rule: {codes}",
        )


def _check_refusal(wanted: WantedRefusal, refused: Sequence[Refused]) -> None:
    said = f"{wanted.code}（{wanted.says}）" if wanted.says else wanted.code
    if not refused:
        raise Difference(
            wanted.node.where, f"应被拒绝（{said}），却成功了", f"expected refusal {said}, but it succeeded"
        )
    if not any(wanted.code in one.codes and (wanted.says or "") in one.says for one in refused):
        codes, says = _told(refused)
        raise Difference(
            wanted.node.where,
            f"应被拒绝为 {said}，实为 {codes}：{says}",
            f"expected refusal {said}, got {codes}: {says}",
        )


def _told(refused: Sequence[Refused]) -> tuple[str, str]:
    codes = "、".join(code for one in refused for code in one.codes)
    return codes, "；".join(one.says for one in refused)


def _refused_difference(node: Node, error: Refusal) -> Difference:
    return Difference(
        node.where, f"应成功，却被拒绝：{error.code} {error.zh}", f"expected success, got {error.code}: {error.en}"
    )


def _look(stage: Stage, step: Step) -> list[str]:
    """Compare what is expected at the step."""
    found: list[str] = []
    if step.expected:
        order_id = order_of(stage, step)
        for expected in step.expected:
            found += differences(stage, order_id, expected)
        stage.remember_notices(order_id)
    return found
