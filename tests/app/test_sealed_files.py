"""Files are sealed with their names, hashed in the journal, destroyed with their order's key; no refused one kept."""

import io
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
import sqlalchemy as sa

from app.platform import Platform
from persistence import tables as t
from persistence.attachments import LONGEST_WAIT, Attachments, Owner, TooMuchWaiting
from persistence.audit import verify
from persistence.triggers import of_files
from processes import verbs
from processes.errors import Altered, NotFound
from tests.app.browsing import Browser
from tests.app.test_attachments import KEPT, LINKS, at_intake, link, sent
from tests.small import AGENT, MONDAY, Small

Enter = Callable[[str], Browser]
OWNER = Owner("small", AGENT.user)
NAME, TEXT = "王小明的身份证.pdf", b"%PDF a secret " * 1000


def with_file(small: Small) -> tuple[str, str]:
    """Ids of an order and its file."""
    file = Attachments(small.database).keep(OWNER, "attachments", TEXT, name=NAME, mime="application/pdf", now=MONDAY)
    said = {"title": "积水", "request_type": "complaint", "attachments": [file]}
    received = verbs.receive(small.door, AGENT, "small", said, MONDAY, files=[file["id"]])
    return received.order.id, file["id"]


def everything(small: Small) -> bytes:
    """All that the database holds, as one text."""
    return repr(small.everything()).encode()


def forge(small: Small, file: str, **values: Any) -> None:
    """Change a file as somebody can who owns the database."""
    drop = {
        "sqlite": ["DROP TRIGGER attachment_no_update", "DROP TRIGGER attachment_no_delete"],
        "postgresql": ["DROP TRIGGER attachment_no_change ON attachment"],
    }
    with small.database.engine.begin() as connection:
        for statement in drop[connection.dialect.name]:
            connection.execute(sa.text(statement))
        connection.execute(t.attachment.update().where(t.attachment.c.id == file).values(**values))


def test_neither_name_nor_content_is_in_the_database_in_clear(small: Small) -> None:
    waiting = Attachments(small.database).keep(OWNER, "x", TEXT, name=NAME, mime="application/pdf", now=MONDAY)
    order_id, _ = with_file(small)
    held = everything(small)
    assert NAME.encode() not in held and b"a secret" not in held
    assert Attachments(small.database).waiting(OWNER, "x", [waiting["id"]]) == [waiting]
    (described,) = small.order(order_id).facts["attachments"]
    assert set(described) == {"id", "size", "type"}


def test_the_journal_holds_the_hash_of_what_is_stored(small: Small) -> None:
    order_id, file = with_file(small)
    (row, *_) = small.read.journal_of(order_id)
    with small.database.reading() as connection:
        content = connection.execute(sa.select(t.attachment.c.content).where(t.attachment.c.id == file)).scalar_one()
    kept = {"id": file, "size": len(TEXT), "sha256": sha256(content).hexdigest()}
    assert json.loads(row["changed"])["files"] == [kept] and NAME not in row["changed"]
    store = Attachments(small.database)
    assert store.open(file) == (NAME, TEXT) and store.names(order_id) == {file: NAME}


def test_a_forged_file_is_neither_given_out_nor_overlooked(small: Small) -> None:
    order_id, file = with_file(small)
    assert verify(small.database).intact
    forged = b"forged" * 100
    forge(small, file, content=forged, sha256=sha256(forged).hexdigest())
    with pytest.raises(Altered):
        Attachments(small.database).open(file)
    for found in (verify(small.database), verify(small.database, order_id=order_id)):
        assert found.broken is not None and f"file {file} was changed" in found.broken


def test_a_forged_file_that_pretends_to_be_an_old_one_in_clear_is_refused_too(small: Small) -> None:
    _, file = with_file(small)
    forged = b"forged" * 100
    forge(small, file, content=forged, sha256=sha256(forged).hexdigest(), key=None, name="x.pdf")
    with pytest.raises(Altered):
        Attachments(small.database).open(file)


def test_a_file_that_is_gone_is_missed(small: Small) -> None:
    _, file = with_file(small)
    forge(small, file, order_id=None)
    with small.database.engine.begin() as connection:
        connection.execute(t.attachment.delete().where(t.attachment.c.id == file))
    assert f"file {file} is missing" in str(verify(small.database).broken)


@pytest.mark.parametrize("statement", ["UPDATE attachment SET content = 'x'", "DELETE FROM attachment"])
def test_the_database_refuses_to_change_a_file_of_an_order(small: Small, statement: str) -> None:
    with_file(small)
    with (
        pytest.raises(sa.exc.DBAPIError, match="a file of an order is not changed"),
        small.database.engine.begin() as connection,
    ):
        connection.execute(sa.text(statement))


def test_the_order_key_takes_its_files_with_it_and_leaves_the_journal_whole(small: Small) -> None:
    order_id, file = with_file(small)
    with small.database.engine.begin() as connection:
        connection.execute(t.order_key.delete().where(t.order_key.c.order_id == order_id))
    store = Attachments(small.database)
    with pytest.raises(NotFound, match="destroyed"):
        store.open(file)
    assert store.names(order_id) == {} and verify(small.database).intact


def test_files_from_before_are_read_as_they_are(small: Small) -> None:
    order_id = small.receive()
    row = {
        "id": "a" * 32, "office": "small", "order_id": order_id, "field": "attachments", "name": NAME, "size": 3,
        "mime": "application/pdf", "sha256": sha256(b"old").hexdigest(), "content": b"old", "uploaded_by": "agent",
        "uploaded_at": MONDAY,
    }  # fmt: skip
    with small.database.engine.begin() as connection:
        connection.execute(t.attachment.insert(), row)
    store = Attachments(small.database)
    assert store.open(row["id"]) == (NAME, b"old") and store.names(order_id) == {row["id"]: NAME}
    with small.database.engine.begin() as connection:  # there is no other way to destroy it
        connection.execute(t.attachment.delete())


def test_what_one_person_may_have_waiting_is_bounded(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("persistence.attachments.MOST_WAITING", 2 * len(TEXT))
    store = Attachments(small.database)

    def keep(owner: Owner = OWNER, now: Any = MONDAY) -> None:
        store.keep(owner, "attachments", TEXT, name=NAME, mime="application/pdf", now=now)

    keep()
    keep()
    with pytest.raises(TooMuchWaiting):
        keep()
    keep(Owner("small", "another"))
    keep(now=MONDAY + LONGEST_WAIT * 2)


def test_too_much_waiting_is_said(signed_in: Enter, new_login: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("persistence.attachments.MOST_WAITING", 10)
    page = at_intake(signed_in, new_login).submit(sent(("a.pdf", b"x" * 11)))
    assert page.status == 422 and "请先提交填好的表单" in page.text and not page.tree.xpath(KEPT)


def test_a_refused_request_leaves_no_file(dispatched: Callable[..., str], signed_in: Enter, platform: Platform) -> None:
    def stored() -> int:
        return len(platform.read.rows(sa.select(t.attachment.c.id)))

    number = dispatched()
    clerk, agent = signed_in("clerk"), signed_in("agent")
    action = clerk.get(f"/orders/{number}").tree.xpath("//form[@data-keep]/@action")[0].partition("#")[0]
    agent.get(f"/orders/{number}")
    before = stored()

    def files() -> dict[str, Any]:
        return {name: [(io.BytesIO(TEXT), "a.pdf")] for name in ("evidence", "attachments", "files", "proof")}

    assert agent.post(action, files()).status == 403
    assert agent.post(f"/orders/{number}/acts/request_return", {"reason": "写了很久", **files()}).status == 403
    assert "写了很久" in agent.page.text and "evidence" not in agent.page.text
    clerk.submit({})
    assert clerk.post(action, files()).status == 409
    assert stored() == before


def test_a_forged_download_is_a_page(signed_in: Enter, platform: Platform) -> None:
    agent = at_intake(signed_in)
    href = link(agent.submit(sent((NAME, TEXT))))
    assert agent.page.words(LINKS) == [NAME]
    file = href.rpartition("/")[2]
    with platform.database.engine.begin() as connection:
        connection.execute(sa.text("DROP TRIGGER attachment_no_update"))
        connection.execute(t.attachment.update().where(t.attachment.c.id == file).values(content=b"x"))
        connection.execute(sa.text(of_files("sqlite")[0]))
    assert agent.get(href).status == 409 and "联系系统管理员核查" in agent.page.text
