"""What several campaigns begin with."""

from collections.abc import Iterator

import pytest

from tests.minding import grown_template
from tests.servers import TestServer


@pytest.fixture(scope="session")
def grown(postgres_server: TestServer, valkey_url: str) -> Iterator[str]:
    """The name of a template: a world in which most jobs have something to do."""
    with grown_template(postgres_server, valkey_url) as template:
        yield template
