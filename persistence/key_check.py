"""Before work begins: is the master key the one that this database was begun with?

Found out at the first order instead, a wrong key would leave a database whose personal values are sealed under two.
"""

from __future__ import annotations

import sqlalchemy as sa

from persistence import tables as t
from persistence.keys import Key
from persistence.store import Database

NAME = "master key"


def check_key(database: Database) -> None:
    """Raises `WrongMasterKey` for another key than that of the first start. The first start leaves a value to know it
    by; in a database that is older than that value an order's key tells."""
    known = _known(database)
    if known is None:
        with database.reading() as connection:
            any_key = sa.select(t.order_key.c.order_id, t.order_key.c.wrapped).limit(1)
            found = connection.execute(any_key).first()
        if found is not None:
            database.master.unwrap(found.order_id, found.wrapped)
        wrapped = database.master.wrap(NAME, Key.new())
        with database.transaction() as work:
            # Two who start at once with different keys: the second finds the first one's value below.
            once = sa.text("INSERT INTO key_check (name, wrapped) VALUES (:name, :wrapped) ON CONFLICT DO NOTHING")
            work.connection.execute(once, {"name": NAME, "wrapped": wrapped})
        known = _known(database)
    if known is not None:
        database.master.unwrap(NAME, known)


def _known(database: Database) -> bytes | None:
    with database.reading() as connection:
        known: bytes | None = connection.execute(sa.select(t.key_check.c.wrapped)).scalar()
    return known
