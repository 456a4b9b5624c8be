"""Searching titles: parts of Chinese words, of Latin ones in either case, single characters, wildcards as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from persistence.search import parts
from persistence.sight import Sight
from processes.people import SYSTEM
from tests.small import HANDLER, MONDAY, Small

TITLES = ("小区地下车库积水", "路灯不亮", "ETC 扣费 100%", '引号 " 与 \\ 与 _', "{花}括号,逗号", "水")
SEEN = Sight(SYSTEM, "small", whole_office=True)


@pytest.fixture
def found(database_url: str) -> Iterator[Callable[[str], set[str]]]:
    """`found(text)`: the titles that a search shows."""
    small = Small(database_url)
    for title in TITLES:
        small.receive(title=title)
    yield lambda text: {row["title"] for row in small.read.orders(SEEN, text=text)}
    small.close()


def test_every_part_of_a_title_finds_it(found: Callable[[str], set[str]]) -> None:
    for title in TITLES:
        for begin in range(len(title)):
            for end in range(begin + 1, len(title) + 1):
                assert found(title[begin:end]) == {one for one in TITLES if title[begin:end].lower() in one.lower()}


def test_letters_are_found_in_either_case_and_wildcards_are_characters(found: Callable[[str], set[str]]) -> None:
    assert found("etc") == {"ETC 扣费 100%"}
    assert found("0%") == {"ETC 扣费 100%"}
    assert found("_") == {'引号 " 与 \\ 与 _'}
    assert found("积_") == found("水库") == found("'") == set()


def test_the_beginning_of_a_number_finds_its_order(database_url: str) -> None:
    small = Small(database_url)
    order = small.order(small.receive())
    assert [row["id"] for row in small.read.orders(SEEN, text=order.number[:-1])] == [order.id]
    assert small.read.orders(SEEN, text=order.number[1:]) == []
    small.close()


def test_what_the_index_is_asked_for() -> None:
    assert parts("水") == ["水"]
    assert parts("积水") == ["积水"]
    assert parts("AbC") == ["ab", "bc"]


@pytest.mark.parametrize("often", [1, 3, 100])
@pytest.mark.parametrize("sight", [SEEN, Sight(HANDLER, "small", whole_office=False)], ids=["office", "unit"])
def test_every_page_is_the_same_however_it_is_found(
    database_url: str, monkeypatch: pytest.MonkeyPatch, often: int, sight: Sight
) -> None:
    """Among the latest orders, by the index, or one order after another."""
    monkeypatch.setattr("persistence.reading.OFTEN", often)
    monkeypatch.setattr("persistence.reading.PAGE", 2)
    small = Small(database_url)
    titles = ["积水", "路灯", "地下车库积水", "停水", "积水", "水", "路灯", "路灯"]
    orders = [small.order(small.dispatched(MONDAY + timedelta(minutes=n), title=one)) for n, one in enumerate(titles)]
    for text in ("积水", "水", "路灯", "停", "没有", orders[0].number):
        pages = [small.read.orders(sight, text=text, page=page)[:2] for page in (1, 2, 3)]
        wanted = [one.id for one in orders if text in one.facts["title"] or one.number.startswith(text)]
        assert [row["id"] for page in pages for row in page] == wanted[::-1]
    small.close()
