"""People of an office and their names, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from app.platform import Platform
from persistence import tables as t
from processes.people import Duty
from tests.small import LONG_AGO, MONDAY, SECRET, Small


@pytest.fixture
def small(database_url: str) -> Iterator[Small]:
    one = Small(database_url)
    with one.database.transaction() as work:
        other = {"id": "other", "name": "另一个", "journal_seq": 0, "journal_head": ""}
        work.connection.execute(t.office.insert(), other)
    people = one.platform.people
    people.add("zhang", "张三", "hash", [Duty("small", "handler", "housing"), Duty("small", "reviewer", None)])
    people.add("li", "李四", "hash", [Duty("small", "dispatcher", None), Duty("other", "handler", "housing")])
    people.add("wang", "王五", "hash", [Duty("other", "dispatcher", None)])
    yield one
    one.close()


def test_people_of_an_office_come_with_their_duties_there(small: Small) -> None:
    listed = small.platform.people.of_office("small")
    assert [(one["login"], one["duties"]) for one in listed] == [
        ("li", [Duty("small", "dispatcher", None)]),
        ("zhang", [Duty("small", "handler", "housing"), Duty("small", "reviewer", None)]),
    ]
    assert all("password_hash" not in one for one in listed)


def test_names_are_those_that_were_asked_for(small: Small) -> None:
    names = small.platform.people.names
    assert names(["zhang", "wang", "wang", "nobody"]) == {"zhang": "张三", "wang": "王五"}
    assert names([]) == {}


def locks(attempts: int, now: datetime) -> datetime | None:
    return now + timedelta(minutes=1) if attempts >= 5 else None


def test_guesses_at_once_are_all_counted_before_any_is_tried(small: Small) -> None:
    user = small.platform.people.by_login("zhang")
    assert user is not None
    with ThreadPoolExecutor(24) as pool:
        guesses = list(pool.map(lambda _: small.platform.people.count_guess(user["id"], MONDAY, locks), range(24)))
    tried = sorted(guess.attempts for guess in guesses if guess is not None)
    assert tried == [1, 2, 3, 4, 5], "the others find the account locked"


def test_a_demo_makes_no_database_real_and_others_do(small: Small) -> None:
    people = small.platform.people
    assert people.is_real() and not people.nobody()
    people.add("played", "演示", "hash", [], demo=True)
    assert not people.is_real()


def test_orders_alone_make_a_database_real(database_url: str) -> None:
    alone = Small(database_url)
    assert not alone.platform.people.is_real() and alone.platform.people.nobody()
    alone.receive()
    assert alone.platform.people.is_real()
    alone.close()


def test_a_unit_that_another_process_adds_can_be_chosen_at_once(small: Small, database_url: str) -> None:
    other = Platform(database_url, SECRET)
    assert "parks" not in dict(other.choices(small.regulation)["unit"])
    small.platform.library.add_units("small", {"parks": {"name": "园林局", "level": "city"}})
    assert dict(other.choices(small.regulation)["unit"])["parks"] == "园林局"
    other.database.engine.dispose()


def test_regulations_in_force_come_in_the_order_of_their_packs(small: Small) -> None:
    library, (first,) = small.platform.library, small.platform.library.deployments("small", "small")
    assert library.numbers_in_force("small", MONDAY) == [first]
    assert library.numbers_in_force("nowhere", MONDAY) == []
    assert library.numbers_in_force("small", LONG_AGO - timedelta(days=1)) == []
