"""Small words of the pages."""

from __future__ import annotations

from app.web.words import counted
from persistence.mine import MOST_COUNTED


def test_where_counting_stops_it_says_so() -> None:
    assert counted(0) == "0"
    assert counted(MOST_COUNTED - 1) == str(MOST_COUNTED - 1)
    assert counted(MOST_COUNTED) == f"{MOST_COUNTED - 1}+"
