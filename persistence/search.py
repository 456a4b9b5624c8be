"""Finding a few characters in a million titles. Chinese has no words to split at: pairs of characters are indexed.

On PostgreSQL every title is indexed by its single characters and pairs of neighbours (`GIN`), in lower case; a search
asks for the pairs of what was typed, and the few titles that have them all are looked at. SQLite, which serves the
smaller installations, looks at every title.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from persistence import tables as t

POSTGRESQL = [
    """
    CREATE FUNCTION title_parts(title text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    DECLARE
        singles text[] := string_to_array(lower(title), NULL);
        found text[] := singles;
    BEGIN
        FOR n IN 1 .. cardinality(singles) - 1 LOOP
            found := found || (singles[n] || singles[n + 1]);
        END LOOP;
        RETURN found;
    END $$
    """,
    "CREATE INDEX ix_work_order_title_parts ON work_order USING gin (title_parts(title))",
    "CREATE INDEX ix_work_order_number_begins ON work_order (office, number text_pattern_ops)",
]
INDEXES = ("ix_work_order_title_parts", "ix_work_order_number_begins", "ix_work_order_archive_no")
"""Indexes that only PostgreSQL has; `tables` does not know them."""


def parts(text: str) -> list[str]:
    """What to ask the index for: the pairs of a text; of a single character, itself."""
    low = text.lower()
    return sorted({low[at : at + 2] for at in range(len(low) - 1)} or {low})


class _MayHold(FunctionElement[bool]):
    """(title, pairs as text of an array): whether the title has them all. True where no index can tell."""

    type = sa.Boolean()
    inherit_cache = True


def may_hold(title: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
    """A condition that every title with this text fulfils, and few others."""
    return _MayHold(title, sa.literal("{" + ",".join(json.dumps(one, ensure_ascii=False) for one in parts(text)) + "}"))


@compiles(_MayHold)
def _anywhere(_element: _MayHold, _compiler: Any, **_options: Any) -> str:
    return "1 = 1"


@compiles(_MayHold, "postgresql")
def _indexed(element: _MayHold, compiler: Any, **options: Any) -> str:
    title, wanted = (compiler.process(part, **options) for part in element.clauses)
    return f"title_parts({title}) @> CAST({wanted} AS text[])"


def matches(text: str, c: Any = t.work_order.c) -> sa.ColumnElement[bool]:
    """Part of a title in either case, or the beginning of a number or archive number, as it is typed.

    `c`: the columns `title`, `number` and `archive_no` of what is looked at, one after another.
    """
    low = sa.func.lower(c.title)
    return sa.or_(sa.func.replace(low, text.lower(), "") != low, _begins(c.number, text), _begins(c.archive_no, text))


def may_match(text: str) -> sa.ColumnElement[bool]:
    """A condition that every order with this text fulfils, and few others: PostgreSQL finds them by its indexes."""
    c = t.work_order.c
    return sa.or_(may_hold(c.title, text), _begins(c.number, text), _begins(c.archive_no, text))


def _begins(number: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
    # Wildcards in what people type are just characters.
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return number.like(f"{escaped}%", escape="\\")
