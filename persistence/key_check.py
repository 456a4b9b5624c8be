"""Before work begins: does the master key open what is stored?

Found out at the first order instead, a wrong key would leave a database whose personal values are sealed under two.
"""

from __future__ import annotations

import sqlalchemy as sa

from persistence import tables as t
from persistence.store import Database


def check_key(database: Database) -> None:
    """Raises `WrongMasterKey` if the database holds an order's key that the master key does not open."""
    with database.reading() as connection:
        any_key = sa.select(t.order_key.c.order_id, t.order_key.c.wrapped).limit(1)
        found = connection.execute(any_key).first()
    if found is not None:
        database.master.unwrap(found.order_id, found.wrapped)
