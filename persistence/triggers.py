"""What the database itself refuses: changing, deleting or replacing a row of the journal, or a sealed file of an order.

A file in clear, from before files were sealed, may be deleted: there is no other way to destroy it.
"""

from __future__ import annotations

SQLITE = [
    """
    CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
    """,
    """
    CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
    """,
]

SQLITE_REPLACE = """
    CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal
    WHEN EXISTS (SELECT 1 FROM journal WHERE id = NEW.id)
      OR EXISTS (SELECT 1 FROM journal WHERE order_id = NEW.order_id AND seq = NEW.seq)
      OR NEW.order_id IS NULL
         AND EXISTS (SELECT 1 FROM journal WHERE order_id IS NULL AND office = NEW.office AND seq = NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END
    """
"""INSERT OR REPLACE deletes without asking the trigger above, where a connection has not set recursive_triggers."""

POSTGRESQL = [
    """
    CREATE FUNCTION journal_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$
    """,
    """
    CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE ON journal
    FOR EACH ROW EXECUTE FUNCTION journal_append_only()
    """,
    """
    CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_append_only()
    """,
]


_BOUND = "OLD.order_id IS NOT NULL AND OLD.key IS NOT NULL"
FILES_SQLITE = [
    f"""
    CREATE TRIGGER attachment_no_{change.lower()} BEFORE {change} ON attachment WHEN {_BOUND}
    BEGIN SELECT RAISE(ABORT, 'a file of an order is not changed'); END
    """
    for change in ("UPDATE", "DELETE")
]
FILES_POSTGRESQL = [
    """
    CREATE FUNCTION attachment_stays() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'a file of an order is not changed'; END $$
    """,
    f"""
    CREATE TRIGGER attachment_no_change BEFORE UPDATE OR DELETE ON attachment
    FOR EACH ROW WHEN ({_BOUND}) EXECUTE FUNCTION attachment_stays()
    """,
]


def of_files(dialect: str) -> list[str]:
    """DDL for a dialect name (`sqlite`, `postgresql`)."""
    return FILES_SQLITE if dialect == "sqlite" else FILES_POSTGRESQL


def statements(dialect: str) -> list[str]:
    """DDL for a dialect name (`sqlite`, `postgresql`)."""
    return SQLITE if dialect == "sqlite" else POSTGRESQL
