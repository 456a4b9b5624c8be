"""A page of a list: which rows it shows, and the way to the ones before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request, url_for

from persistence.reading import PAGE

MOST_PAGES = 10_000
MOST_CHARACTERS = 60


def wanted_page() -> int:
    """The page that `?page=` names; 1 for anything else."""
    return min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)


def wanted_text() -> str:
    """What `?q=` asks for, bounded, without control characters."""
    typed = "".join(one for one in request.args.get("q", "") if one.isprintable())
    return typed.strip()[:MOST_CHARACTERS]


def paging(endpoint: str, here: Mapping[str, Any], page: int, rows: Sequence[Any]) -> dict[str, Any]:
    """`first`, `last`, `previous`, `next` for `parts.paging`. `rows`: as read, one more than a page if there is one."""
    first = (page - 1) * PAGE + 1
    return {
        "first": first,
        "last": first + min(len(rows), PAGE) - 1,
        "previous": url_for(endpoint, **here, page=page - 1) if page > 1 else None,
        "next": url_for(endpoint, **here, page=page + 1) if len(rows) > PAGE else None,
    }
