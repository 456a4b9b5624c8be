"""Deployments: frozen, addressed by content, in force from their date; an order keeps the one it was received under."""

from __future__ import annotations

import hashlib

import pytest

from processes import verbs
from processes.errors import BadPack, NoDeployment, NotFound
from processes.pack import pack_of, read_pack
from tests.small import ADMIN, AGENT, FOLDER, LONG_AGO, MONDAY, Small, at

OCTOBER = at("2026-10-01T00:00")


def longer(files: dict[str, bytes]) -> None:
    """Handling takes fifteen working days instead of ten."""
    files["limits.dmn"] = files["limits.dmn"].replace(b"<text>10</text>", b"<text>15</text>")


def test_what_was_deployed_comes_back_byte_by_byte(small: Small) -> None:
    files = small.platform.library.files(1)
    pack = read_pack(FOLDER)
    assert files == dict(pack.files)
    assert small.platform.library.row(1).digest == pack.digest == pack_of(files, "small").digest


def test_the_digest_covers_every_file_and_its_name() -> None:
    files = dict(read_pack(FOLDER).files)
    digest = pack_of(files).digest
    for path, data in files.items():
        assert pack_of({**files, path: data + b" "}).digest != digest, path
    renamed = {("other.form" if path == "accept.form" else path): data for path, data in files.items()}
    assert pack_of(renamed).digest != digest
    assert pack_of(dict(reversed(list(files.items())))).digest == digest


def test_the_same_content_and_date_again_is_the_same_deployment(small: Small) -> None:
    assert small.deploy() == 1
    assert small.deploy(effective_from=OCTOBER) == 2, "another date is another deployment"
    assert small.deploy(change=longer) == 3
    assert [row.number for row in small.platform.library.rows("small")] == [3, 2, 1]
    assert len([row for row in small.read.office_journal("small") if row["act"] == "deploy"]) == 3


def test_files_that_did_not_change_are_stored_once(small: Small) -> None:
    before = len(small.everything()["blob"])
    small.deploy(change=longer)
    blobs = small.everything()["blob"]
    assert len(blobs) == before + 1
    assert all(hashlib.sha256(bytes(content)).hexdigest() == sha for sha, content in blobs)


def test_a_deployment_comes_into_force_at_its_date_by_itself(small: Small) -> None:
    number = small.deploy(change=longer, effective_from=OCTOBER)
    library = small.platform.library
    assert library.number_in_force("small", at("2026-09-30T23:59")) == 1
    assert library.number_in_force("small", OCTOBER) == number
    assert library.latest("small").number == number
    with pytest.raises(NoDeployment):
        library.in_force("small", at("2019-12-31T23:59"))
    with pytest.raises(NoDeployment):
        library.in_force("elsewhere", MONDAY)
    with pytest.raises(NotFound):
        library.row(99)


def test_an_order_keeps_the_regulation_that_was_in_force_when_it_was_received(small: Small) -> None:
    before = small.receive(MONDAY)
    small.deploy(change=longer, effective_from=OCTOBER)
    after = small.receive(at("2026-10-08T10:00"))
    small.forget()
    for order_id, number, value in ((before, 1, "10wd"), (after, 2, "15wd")):
        small.do(order_id, "accept", at("2026-10-08T10:00"), decision="accept")
        small.do(order_id, "dispatch", at("2026-10-08T10:00"), lead_unit="housing")
        assert small.order(order_id).deployment == number
        assert small.deadline(order_id, "handle_overdue").rule["limit"] == value
        assert {row["deployment"] for row in small.read.journal_of(order_id)} == {number}


def test_receipt_counts_not_the_moment_of_typing(small: Small) -> None:
    """Taken down on paper on 30 September, typed in on 8 October: the old regulation holds."""
    small.deploy(change=longer, effective_from=OCTOBER)
    order_id = small.receive(at("2026-10-08T10:00"), received_at="2026-09-30T10:00:00+08:00")
    assert small.order(order_id).deployment == 1 and not small.order(order_id).replay


def test_a_replay_on_another_regulation_is_marked(small: Small) -> None:
    number = small.deploy(change=longer, effective_from=OCTOBER)
    given = small.platform.library.of(number)
    values = {"request_type": "complaint", "title": "旧事"}
    result = verbs.receive(small.door, AGENT, "small", values, MONDAY, regulation=given)
    small.forget()
    assert small.order(result.order.id).replay and small.order(result.order.id).deployment == number


def test_units_of_a_pack_are_entered_once_and_never_overwritten(small: Small) -> None:
    small.platform.library.add_units("small", {"housing": {"name": "改名"}, "roads": {"name": "道路处"}})
    small.deploy(change=longer)
    names = {row["id"]: row["name"] for row in small.read.units("small")}
    assert names == {"housing": "住建局", "water": "水务公司", "roads": "道路处"}


def test_a_pack_with_errors_is_refused_with_file_and_element(small: Small) -> None:
    files = dict(read_pack(FOLDER).files)
    files["main.bpmn"] = files["main.bpmn"].replace(b'camunda:formRef="accept"', b'camunda:formRef="no_such_form"')
    with pytest.raises(BadPack) as error:
        small.platform.compile(pack_of(files, "small"))
    named = [(problem.file, problem.element) for problem in error.value.problems]
    assert any(file == "main.bpmn" and element.startswith("accept") for file, element in named)


def test_who_when_and_why_stand_in_the_journal_of_the_office(small: Small) -> None:
    row = small.read.office_journal("small")[0]
    assert (row["actor"], row["act"], row["why"], row["deployment"]) == (ADMIN.user, "deploy", "test", 1)
    assert row["happened_at"] == LONG_AGO and small.platform.library.row(1).digest in row["changed"]
