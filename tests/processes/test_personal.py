"""Personal values are sealed apart; everything else, the journal too, holds only their hash and whether they exist."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag

from persistence import tables as t
from persistence.audit import verify
from persistence.keys import WrongMasterKey
from persistence.reading import Reading
from persistence.store import Database
from tests.small import Small

PHONE, TEXT = "13800138000", "车库积水两天了"


@pytest.fixture
def small(sqlite_database_url: str) -> Small:
    return Small(sqlite_database_url)


def test_nothing_but_the_sealed_rows_holds_a_personal_value(small: Small) -> None:
    order_id = small.handling(phone=PHONE, content=TEXT)
    small.do(order_id, "handle", result_text="办了")
    text = repr(small.everything())
    assert PHONE not in text and TEXT not in text
    assert "积水" in text, "what is not personal is there to read"
    small.close()


def test_the_values_can_be_read_back(small: Small) -> None:
    order_id = small.receive(phone="138 0013 8000", content=TEXT)
    assert small.read.personal_of(order_id) == {"phone": PHONE, "content": TEXT}
    assert small.read.personal_of(order_id, ["phone"]) == {"phone": PHONE}
    small.close()


def test_the_journal_holds_a_hash_that_only_the_key_can_make(small: Small) -> None:
    first, second = small.receive(phone=PHONE), small.receive(phone=PHONE)
    hashes = [json.loads(small.read.journal_of(one)[0]["changed"])["personal"] for one in (first, second)]
    assert set(hashes[0]) == {"phone", "content"} and len(hashes[0]["phone"]) == 64
    assert hashes[0]["phone"] != hashes[1]["phone"], "keyed by order: equal numbers cannot be matched"
    small.close()


def test_rules_only_know_whether_one_was_given(small: Small) -> None:
    facts = small.order(small.receive(phone=PHONE, content=None)).facts
    assert facts["has_phone"] is True and facts["has_content"] is False
    assert "phone" not in facts and "content" not in facts
    small.close()


def test_dropping_the_key_destroys_the_values_and_leaves_the_chain_whole(small: Small) -> None:
    order_id = small.receive(phone=PHONE)
    with small.database.engine.begin() as connection:
        connection.execute(t.order_key.delete().where(t.order_key.c.order_id == order_id))
    assert small.read.personal_of(order_id) == {}
    assert verify(small.database).intact
    small.close()


def test_another_master_key_opens_nothing(small: Small, sqlite_database_url: str) -> None:
    order_id = small.receive(phone=PHONE)
    stranger = Database(sqlite_database_url, "another secret")
    with pytest.raises(WrongMasterKey):
        Reading(stranger).personal_of(order_id)
    stranger.engine.dispose()
    small.close()


def test_a_sealed_value_belongs_to_its_order_and_field(small: Small) -> None:
    """Moved to another field or order it does not open, so rows cannot be swapped behind our back."""
    first, second = small.receive(phone=PHONE), small.receive(phone="13900139000")
    with small.database.engine.begin() as connection:
        row = connection.execute(sa.select(t.personal.c.sealed).where(t.personal.c.order_id == first)).scalar()
        where = (t.personal.c.order_id == second) & (t.personal.c.field == "phone")
        connection.execute(t.personal.update().where(where).values(sealed=row))
    with pytest.raises(InvalidTag):
        small.read.personal_of(second)
    assert small.read.personal_of(first)["phone"] == PHONE
    small.close()
