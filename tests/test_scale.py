"""`docs/scale.md` says what its arithmetic gives: `python -m bench.scale` after a new measurement."""

from __future__ import annotations

from bench.scale import PAGE, with_tables


def test_the_tables_of_the_page_follow_from_what_was_measured() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page) == page
