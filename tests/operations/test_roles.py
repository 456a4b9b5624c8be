"""The application's role on a real PostgreSQL: it can do all the work, and cannot touch the journal or the schema."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa

from app.settings import Settings
from app.working.announcing import connect_queue
from app.working.worker import Worker
from persistence.attachments import Attachments, Owner
from persistence.jobs import Jobs
from persistence.roles import CannotGrant, grant
from persistence.store import Database
from processes import verbs
from tests.small import AGENT, MONDAY, SECRET, Small
from tests.working.houses import fired, in_minutes, now, order_due, wait_until

pytestmark = pytest.mark.postgresql
ROLE = "jieban_app_of_the_tests"


@pytest.fixture
def owner(postgres_database_url: str) -> Iterator[Small]:
    one = Small(postgres_database_url, change=in_minutes)
    connect_queue(one.platform)
    yield one
    with one.database.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {ROLE}")
        connection.exec_driver_sql(f"DROP ROLE {ROLE}")
    one.close()


@pytest.fixture
def app_url(owner: Small) -> str:
    grant(owner.database, ROLE, "it's 100% secret")
    grant(owner.database, ROLE)  # again, as after a migration
    return owner.database.engine.url.set(username=ROLE).render_as_string(hide_password=False)


@pytest.mark.parametrize(
    "forbidden",
    [
        "UPDATE journal SET actor = 'x'",
        "DELETE FROM journal",
        "TRUNCATE journal",
        "ALTER TABLE journal DISABLE TRIGGER ALL",
        "DROP TRIGGER journal_no_change ON journal",
        "CREATE OR REPLACE FUNCTION journal_append_only() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RETURN NULL; END $$",
        "UPDATE attachment SET content = ''",
        "DROP TRIGGER attachment_no_change ON attachment",
        "DROP FUNCTION attachment_stays CASCADE",
        "DROP TABLE deadline",
        "CREATE TABLE mine (a int)",
        "ALTER TABLE work_order ADD COLUMN mine int",
        "TRUNCATE work_order CASCADE",
        "UPDATE alembic_version SET version_num = '9999'",
        "SET session_replication_role = replica",
        "CREATE ROLE another",
    ],
)
def test_what_it_may_not(app_url: str, forbidden: str) -> None:
    with psycopg.connect(app_url.replace("+psycopg", "")) as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute(forbidden)
    assert refused.value.sqlstate == "42501", "insufficient privilege, not the trigger"


def test_it_hands_in_files_and_cannot_take_them_away(app_url: str) -> None:
    small = Small(app_url, deploy=False)
    store, owner = Attachments(small.database), Owner("small", AGENT.user)
    file = store.keep(owner, "attachments", b"%PDF", name="a.pdf", mime="application/pdf", now=MONDAY)["id"]
    said = {"title": "积水", "request_type": "complaint"}
    verbs.receive(small.door, AGENT, "small", said, MONDAY, files=[file])
    assert store.open(file) == ("a.pdf", b"%PDF")
    for taken_away in ("DELETE FROM attachment", "UPDATE attachment SET order_id = NULL"):
        with (
            pytest.raises(sa.exc.DBAPIError, match="a file of an order is not changed"),
            small.database.engine.begin() as connection,
        ):
            connection.execute(sa.text(taken_away))
    small.close()


def test_it_can_do_all_the_work(app_url: str) -> None:
    small = Small(app_url, deploy=False)
    connect_queue(small.platform)
    assert isinstance(small.database.queue, Jobs)
    order_id = order_due(small, now() - timedelta(minutes=1))
    worker = Worker(small.platform, Settings(app_url, SECRET, SECRET))
    worker.start()
    try:
        wait_until(lambda: fired(small, order_id))
    finally:
        worker.shutdown()
    with small.database.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT current_user")) == ROLE
    small.close()


def test_a_new_role_needs_a_password_and_a_plain_name(owner: Small, app_url: str) -> None:
    assert app_url
    with pytest.raises(CannotGrant, match="password"):
        grant(owner.database, "another_role")
    for name in ("x; DROP TABLE journal", '"x"', "X", ""):
        with pytest.raises(CannotGrant, match="role name"):
            grant(owner.database, name, "p")
    as_itself = Small(app_url, deploy=False)
    with pytest.raises(CannotGrant, match="owner"):
        grant(as_itself.database, ROLE)
    as_itself.close()


def test_the_password_is_never_sent_and_may_be_changed(owner: Small, app_url: str) -> None:
    assert app_url
    sent: list[str] = []

    @sa.event.listens_for(owner.database.engine, "before_cursor_execute")
    def heard(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    for password in ("another'\\ secret", "它也可以是中文"):
        grant(owner.database, ROLE, password)
        assert password not in "".join(sent)
        with owner.database.engine.connect() as connection:
            kept = connection.scalar(sa.text(f"SELECT rolpassword FROM pg_authid WHERE rolname = '{ROLE}'"))
        assert kept in "".join(sent) and kept.startswith("SCRAM-SHA-256$")


def test_an_owner_who_may_make_no_roles_is_told_so(owner: Small, app_url: str) -> None:
    with owner.database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE weak_owner LOGIN")
    url = owner.database.engine.url.set(username="weak_owner").render_as_string(hide_password=False)
    weak = Database(url, SECRET)
    try:
        with pytest.raises(CannotGrant) as refused:
            grant(weak, "jieban_of_nobody", "a secret that stays one")
        assert "permission denied" in refused.value.en
        assert "a secret that stays one" not in str(refused.value) and refused.value.__cause__ is None
    finally:
        weak.engine.dispose()
        with owner.database.engine.begin() as connection:
            connection.exec_driver_sql("DROP ROLE weak_owner")
