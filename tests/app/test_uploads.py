"""A pack is uploaded, looked at, compared with the one in force, and only then deployed."""

from collections.abc import Callable

from app.pack_archive import read_archive, write_archive
from processes.pack import pack_of
from tests.app.browsing import Browser
from tests.app.uploading import files_of_small, upload, zipped
from tests.small import Small

House = tuple[Small, Callable[[str], Browser]]


def longer(files: dict[str, bytes]) -> None:
    """Another limit, another name of a step, another question."""
    files["main.bpmn"] = files["main.bpmn"].replace('name="办理"'.encode(), 'name="办理并答复"'.encode())
    files["notes.md"] = b"revised"


def broken(files: dict[str, bytes]) -> None:
    files["main.bpmn"] = files["main.bpmn"].replace(b'formRef="handle"', b'formRef="nothing"')


def test_a_good_pack_is_checked_and_its_difference_shown(small_house: House) -> None:
    small, enter = small_house
    owner = enter("process_owner")
    page = upload(owner, zipped(files_of_small(longer), "small/"))
    assert page.status == 200 and "可以部署" in page.text
    assert len(small.platform.library.rows("small")) == 1
    # The date written in the pack has passed: a revision is proposed for the next day.
    assert page.tree.xpath("//input[@name='effective_from']/@value") == ["2026-10-13"]
    changes = page.words("//ul[@class='changes']/li")
    assert any("notes.md" in one for one in changes)
    assert any("办理 → 办理并答复" in one for one in changes)


def test_what_was_checked_is_deployed_without_a_second_upload(small_house: House) -> None:
    small, enter = small_house
    owner = enter("process_owner")
    upload(owner, zipped(files_of_small(longer)))
    page = owner.post("/deploy/apply", {"effective_from": "2030-01-01", "note": "改名"}, follow_redirects=True)
    assert page.status == 200 and "第 2 版" in page.text
    row = small.platform.library.rows("small")[0]
    assert (row.number, row.deployed_by, row.note) == (2, "process_owner", "改名")
    assert row.effective_from.isoformat() == "2029-12-31T16:00:00+00:00"
    assert owner.get("/deploy/").tree.xpath("//form[@action='/deploy/apply']") == []


def test_a_date_is_asked_for(small_house: House) -> None:
    small, enter = small_house
    owner = enter("process_owner")
    upload(owner, zipped(files_of_small(longer)))
    page = owner.post("/deploy/apply", {"effective_from": "", "note": "留着"})
    assert page.status == 422 and "请填写生效日期" in page.text and "留着" in page.text
    assert len(small.platform.library.rows("small")) == 1


def test_a_broken_pack_names_file_and_step_and_cannot_be_deployed(small_house: House) -> None:
    small, enter = small_house
    owner = enter("process_owner")
    page = upload(owner, zipped(files_of_small(broken)))
    row = page.words("//tbody/tr")[0]
    assert "main.bpmn" in row and "handle" in row and "nothing" in row
    assert owner.post("/deploy/apply", {"effective_from": "2030-01-01"}).status == 422
    assert len(small.platform.library.rows("small")) == 1


def test_a_failing_scenario_stands_with_its_difference(small_house: House) -> None:
    _small, enter = small_house

    def failing(files: dict[str, bytes]) -> None:
        files["scenarios/wrong.yaml"] = (
            "scenario: 不会通过\npack: small\ngiven:\n  at: 2026-03-02T09:00:00+08:00\n"
            "steps:\n  - expect:\n      open: [handle]\n"
        ).encode()

    page = upload(enter("admin"), zipped(files_of_small(failing)))
    assert "1 个场景不通过" in page.text and "不会通过" in page.text and "wrong.yaml" in page.text
    assert page.tree.xpath("//form[@action='/deploy/apply']") == []


def test_a_pack_of_another_office_is_refused(small_house: House) -> None:
    _small, enter = small_house

    def renamed(files: dict[str, bytes]) -> None:
        files["pack.toml"] = files["pack.toml"].replace(b'name = "small"', b'name = "other"', 1)

    page = upload(enter("process_owner"), zipped(files_of_small(renamed)))
    assert "规程包，本机构施行的是" in " ".join(page.words("//tbody/tr"))


def test_the_pack_in_force_is_downloaded_and_comes_back_unchanged(small_house: House) -> None:
    small, enter = small_house
    owner = enter("process_owner")
    data = owner.client.get("/deploy/current.zip").data
    assert pack_of(read_archive(data), "small").digest == small.regulation.pack.digest
    assert data == write_archive(small.regulation.pack)
    page = upload(owner, data)
    assert "没有差异" in page.text
