"""A house with a queue, in which what must be handled is due in thirty minutes."""

from collections.abc import Iterator

import pytest

from app.working.announcing import connect_queue
from tests.small import Small
from tests.working.houses import in_minutes


@pytest.fixture
def small(postgres_database_url: str) -> Iterator[Small]:
    one = Small(postgres_database_url, change=in_minutes)
    connect_queue(one.platform)
    yield one
    one.close()
