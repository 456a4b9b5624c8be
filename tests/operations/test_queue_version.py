"""The queue's tables and the library: told apart by version, migrated by the owner, refused by everybody else."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

import pytest
import sqlalchemy as sa

from app.queue_schema import changes, migrate_queue
from app.working.announcing import connect_queue
from persistence.queue_version import QueueOutdated, bring_up_to, version_of
from persistence.roles import grant
from persistence.store import Database
from tests.small import SECRET, Small

pytestmark = pytest.mark.postgresql
ROLE = "jieban_app_of_the_queue"
COMMENT = sa.text("SELECT obj_description('procrastinate_jobs'::regclass)")
CHANGE = [((9, 0, 0), "ALTER TABLE procrastinate_jobs ADD COLUMN of_nine int")]


@pytest.fixture
def owner(postgres_database_url: str) -> Iterator[Small]:
    one = Small(postgres_database_url)
    connect_queue(one.platform)
    yield one
    one.close()


def comment(database: Database) -> str:
    with database.engine.connect() as connection:
        return str(connection.scalar(COMMENT))


def test_the_owner_migrates_and_the_application_s_role_refuses(owner: Small) -> None:
    ours = version("procrastinate")
    migrate_queue(owner.database)
    assert comment(owner.database) == f"Procrastinate {ours}"
    grant(owner.database, ROLE, "secret")
    url = owner.database.engine.url.set(username=ROLE).render_as_string(hide_password=False)
    app = Database(url, SECRET)
    try:
        bring_up_to(app, ours, CHANGE)
        bring_up_to(app, "8.1.0", CHANGE)
        with pytest.raises(QueueOutdated, match="database upgrade"):
            bring_up_to(app, "9.0.0", CHANGE)
        bring_up_to(owner.database, "9.0.0", CHANGE)
        assert comment(owner.database) == "Procrastinate 9.0.0"
        bring_up_to(app, "9.0.0", CHANGE)
        columns = {column["name"] for column in sa.inspect(owner.database.engine).get_columns("procrastinate_jobs")}
        assert "of_nine" in columns
    finally:
        app.engine.dispose()
        with owner.database.engine.begin() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {ROLE}")
            connection.exec_driver_sql(f"DROP ROLE {ROLE}")


def test_the_library_s_migrations_are_found_in_order() -> None:
    versions = [one for one, _ in changes()]
    assert versions == sorted(versions) and versions[-1] >= (3, 0, 0)
    assert version_of("3.10.0") == (3, 10, 0) and version_of("3.4.0rc1") == (3, 4)
