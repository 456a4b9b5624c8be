"""Masked values and declarations in scenarios: what is confirmed, when a pack comes into force, what was declared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.platform import Platform
from app.scenarios import Report
from app.scenarios.packs import Packs
from app.scenarios.run import files_of, run_files
from processes.errors import BadPack
from processes.pack import Pack, pack_of, read_pack
from tests.scenarios.telling import DISPATCHED, HEAD, SIGNED, SMALL

GUARDED = """\
scenario: nothing is confirmed
pack: small
given: {at: 2026-09-28T10:00:00+08:00, confirmed: {}}
steps:
  - {as: reviewer, deploy: %s, refused: {code: UNCONFIRMED, says: 签收时限}}
  - {as: agent, receive: {request_type: complaint, title: a, content: b}, refused: {code: NO_DEPLOYMENT}}
  - {as: reviewer, confirm: {sign_days: 2}, refused: {code: OTHER_VALUE}}
  - {as: reviewer, confirm: {sign_dais: 1}, refused: {code: NO_SUCH_VALUE}}
  - {as: reviewer, confirm: {sign_days: 1}}
  - {as: reviewer, deploy: %s, refused: {code: UNCONFIRMED, says: close_hour}}
  - {as: reviewer, confirm: {close_hour: "17:00"}}
  - {as: reviewer, deploy: %s}
  - {at: +1min, as: agent, receive: {request_type: complaint, title: a, content: b}}
  - {as: agent, complete: accept, with: {decision: accept}}
  - {as: dispatcher, complete: dispatch, with: {lead_unit: housing}}
  - {expect: {due: {T-SM-01: 2026-09-29T17:00:00+08:00}, explain: {T-SM-01: ["17:00"]}}}
"""


def masked() -> Pack:
    """The small pack with two masked values, which its table of limits reads, and one that is not set."""
    files = dict(read_pack(SMALL).files)
    files["pack.toml"] += """
[parameters]
sign_days = { value = 1, unit = "工作日", kind = "masked", name = "签收时限" }
close_hour = { value = "17:00", kind = "masked", name = "截止时刻" }
stops_on = { kind = "masked", name = "停用日期" }
""".encode()
    main = files["main.bpmn"].decode()
    timer = "working_days(1)</bpmn:timeDuration>"
    assert main.count(timer) == 1
    clocked = "at_clock(working_days(parameter.sign_days), parameter.close_hour)</bpmn:timeDuration>"
    files["main.bpmn"] = main.replace(timer, clocked).encode()
    return pack_of(files)


@pytest.fixture
def packs(tmp_path: Path) -> Iterator[Packs]:
    folder = tmp_path / "small"
    folder.mkdir()
    pack = masked()
    for path, data in pack.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    one = Packs(read_pack(folder))
    yield one
    one.close()


def run(tmp_path: Path, text: str, packs: Packs) -> Report:
    (tmp_path / "story.yaml").write_text(text, encoding="utf-8")
    return run_files(files_of([tmp_path / "story.yaml"]), packs)


def test_a_pack_comes_into_force_when_each_masked_value_is_confirmed(tmp_path: Path, packs: Packs) -> None:
    (found,) = run(tmp_path, GUARDED.replace("%s", "small"), packs).results
    assert found.differences == []


def test_a_story_that_says_nothing_is_played_with_the_values_as_they_stand(tmp_path: Path, packs: Packs) -> None:
    text = HEAD + "".join(f"  {line}\n" for line in DISPATCHED.splitlines())
    text += "  - {expect: {due: {T-SM-01: 2026-09-29T17:00:00+08:00}}}\n"
    (found,) = run(tmp_path, text, packs).results
    assert found.differences == []
    assert "confirmed: sign_days = 1" in found.supplied
    assert "confirmed: close_hour = 17:00" in found.supplied


def test_a_story_that_names_them_all_begins_in_force(tmp_path: Path, packs: Packs) -> None:
    given = 'given:\n  confirmed: {sign_days: 1, close_hour: "17:00"}\n'
    (found,) = run(tmp_path, HEAD.replace("given:\n", given) + "  - {expect: {open: [accept]}}\n", packs).results
    assert found.differences == []


def test_a_parameter_that_does_not_exist_is_refused_with_a_suggestion() -> None:
    pack = masked()
    main = pack.files["main.bpmn"].replace(b"parameter.sign_days", b"parameter.sign_day")
    with pytest.raises(BadPack, match=r"sign_day\W.*sign_days"):
        Platform.compile(pack_of({**pack.files, "main.bpmn": main}))


DECLARED = """\
- {as: handler@housing, send: give_back, refused: {code: NOT_NOW}}
- {as: reviewer, declare: {kind: outage, unit: water, from: 2026-09-28T08:00:00+08:00, to: 2026-09-28T11:30:00+08:00}}
- {as: reviewer, declare: {kind: fire, unit: housing, from: 2026-09-28T08:00:00+08:00, to: 2026-09-28T11:30:00+08:00}}
- {as: reviewer, declare: {kind: outage, unit: housing, from: 2026-09-20T08:00:00+08:00, to: 2026-09-21T11:30:00+08:00}}
- {as: handler@housing, send: give_back, refused: {code: NOT_NOW}}
- {as: reviewer, declare: {kind: outage, unit: housing, from: 2026-09-28T08:00:00+08:00, to: 2026-09-28T11:30:00+08:00}}
- {expect: {may: {handler@housing: [give_back]}}}
- {as: handler@housing, send: give_back}
- {expect: {open: [dispatch]}}
"""


def test_a_declaration_is_found_by_kind_unit_and_time(tmp_path: Path) -> None:
    files = dict(read_pack(SMALL).files)
    when = 'declared("outage", lead_unit, now - duration("PT2H"), now)'.replace('"', "&quot;")
    unit = '<camunda:property name="unit" value="lead_unit"/>'
    drawing = files["give_back.bpmn"].decode()
    assert drawing.count(unit) == 1
    drawing = drawing.replace(unit, f'{unit}<camunda:property name="when" value="{when}"/>')
    one = Packs(pack_of({**files, "give_back.bpmn": drawing.encode()}))
    text = HEAD + "".join(f"  {line}\n" for line in (SIGNED + DECLARED).splitlines())
    (found,) = run(tmp_path, text, one).results
    one.close()
    assert found.differences == []
