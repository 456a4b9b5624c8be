"""The small house, shared by the tests of a file: each makes its own orders."""

from collections.abc import Iterator

import pytest

from tests.small import Small


@pytest.fixture(scope="module")
def small() -> Iterator[Small]:
    one = Small()
    yield one
    one.close()
