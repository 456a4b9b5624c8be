"""What a revision may not give up: the encryption of personal values, and its scenarios."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import main
from app.deploying import deploy
from app.pack_safety import unsafe
from app.packs_at_hand import PACKS
from app.platform import Platform
from processes.errors import BadPack
from processes.pack import pack_of, read_pack
from tests.app.browsing import Browser
from tests.app.uploading import Change, files_of_small, upload, zipped
from tests.small import ADMIN, FOLDER, MONDAY, Small

House = tuple[Small, Callable[[str], Browser]]
STORY = "scenario: {}\npack: small\ngiven:\n  at: 2026-03-02T09:00:00+08:00\nsteps:\n  - expect:\n      open: []\n"
OFFICES = ["bengbu", "ganzhou", "nanchang", "weifang", "yunnan"]


@pytest.fixture
def with_scenarios() -> Iterator[Small]:
    small = Small(change=storied)
    yield small
    small.close()


def storied(files: dict[str, bytes]) -> None:
    files["scenarios/one.yaml"] = STORY.format("一").encode()


def changed(**properties: dict[str, Any]) -> Change:
    """The pack with other properties of fields of its intake form; a field that is new is asked for its telephone."""

    def change(files: dict[str, bytes]) -> None:
        form = json.loads(files["intake.form"])
        for key, said in properties.items():
            found = next((one for one in form["components"] if one["key"] == key), None)
            if found is None:
                found = {"type": "textfield", "key": key, "label": key}
                form["components"].append(found)
            found["properties"] = said
        files["intake.form"] = json.dumps(form, ensure_ascii=False).encode()

    return change


def said_of(change: Change, before: Small | None = None) -> list[tuple[str, str]]:
    """(code, field) of what is wrong with the changed pack."""
    regulation = Platform.compile(pack_of(files_of_small(change), "small"))
    return [(one.code, one.element) for one in unsafe(before.regulation if before else None, regulation)]


def test_a_revision_that_encrypts_less_is_refused_and_says_so(small_house: House) -> None:
    small, enter = small_house
    owner = enter("process_owner")
    page = upload(owner, zipped(files_of_small(changed(content={}, phone={"kind": "phone"}))))
    rows = page.words("//tbody/tr")
    assert [row for row in rows if "intake.form" in row and "content" in row and "取消了加密" in row]
    assert [row for row in rows if "intake.form" in row and "phone" in row and "取消了加密" in row]
    assert "取消加密的个人信息" in page.words("//section//details/summary")[0]
    assert page.tree.xpath("//form[@action='/deploy/apply']") == []
    assert owner.post("/deploy/apply", {"effective_from": "2030-01-01"}).status == 422
    assert len(small.platform.library.rows("small")) == 1


def test_a_pack_on_disk_is_linted_for_it(tmp_path: Path) -> None:
    for name, data in files_of_small(changed(phone={"kind": "phone"})).items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    result = CliRunner().invoke(main, ["lint", str(tmp_path)])
    assert result.exit_code == 1 and "[personal]" in result.stderr and "phone" in result.stderr


def test_deploying_refuses_it_too() -> None:
    small = Small()
    pack = pack_of(files_of_small(changed(content={})), "small")
    with pytest.raises(BadPack) as refused:
        deploy(small.platform, pack, actor=ADMIN, now=MONDAY, effective_from=MONDAY)
    assert "取消了加密" in str(refused.value.problems[0])
    assert len(small.platform.library.rows("small")) == 1
    small.close()


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (changed(content={}), [("personal", "content")]),
        (changed(phone={"kind": "phone"}), [("personal", "phone")]),
        (changed(phone={}), [("personal", "phone")]),
        (changed(event_place={}, petitioner_name={}, id_number={}), 3 * [("personal", "")]),
        (changed(witness={"kind": "phone"}), [("personal", "witness")]),
        (changed(witness={"kind": "phone", "personal": True}, handler_phone={"kind": "phone"}), []),
    ],
)
def test_personal_values_in_clear_are_errors_in_a_first_pack_too(change: Change, wrong: list[tuple[str, str]]) -> None:
    found = said_of(change)
    assert [code for code, _field in found] == [code for code, _field in wrong]
    assert all(field in ("", said) for (_code, said), (_same, field) in zip(found, wrong, strict=True))


def test_a_key_that_was_encrypted_in_another_form_stays_so(with_scenarios: Small) -> None:
    def moved(files: dict[str, bytes]) -> None:
        storied(files)
        form = json.loads(files["handle.form"])
        form["components"].append({"type": "textarea", "key": "content", "label": "诉求"})
        files["handle.form"] = json.dumps(form).encode()

    assert said_of(moved, with_scenarios) == [("personal-unsealed", "content")]


def test_scenarios_are_not_given_up(with_scenarios: Small) -> None:
    assert said_of(lambda files: None, with_scenarios) == [("scenarios", "")]
    assert said_of(storied, with_scenarios) == []
    assert said_of(lambda files: None) == []


@pytest.mark.parametrize("office", OFFICES)
def test_the_packs_at_hand_are_safe(office: str) -> None:
    assert unsafe(None, Platform.compile(read_pack(PACKS / office))) == []


def test_a_pack_without_scenarios_is_said_to_have_none(small_house: House) -> None:
    _small, enter = small_house
    page = upload(enter("process_owner"), zipped(dict(read_pack(FOLDER).files)))
    assert "规程包没有场景" in page.text and "全部通过" not in page.text and "0 个场景" not in page.text
