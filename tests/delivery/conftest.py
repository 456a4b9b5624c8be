"""A house that sends notices, and real receivers for them."""

from collections.abc import Iterator

import pytest

from tests.delivery.receiving import MailBox, mail_server
from tests.small import Small


@pytest.fixture
def small_to_petitioner(database_url: str) -> Iterator[Small]:
    """The small pack, but the notice is for the petitioner, with a sentence of the pack's own."""

    def change(files: dict[str, bytes]) -> None:
        diagram = files["main.bpmn"].decode()
        assert '>"handler"</camunda:inputParameter><camunda:inputParameter name="unit">' in diagram
        files["main.bpmn"] = diagram.replace('name="to">"handler"<', 'name="to">"petitioner"<').encode()
        files["pack.toml"] += '\n[notices]\nlast_chance = "工单 {number} 即将到期{reason}。"\n'.encode()

    one = Small(database_url, change=change)
    yield one
    one.close()


@pytest.fixture
def mailbox() -> Iterator[MailBox]:
    with mail_server() as box:
        yield box
