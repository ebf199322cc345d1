"""Every route against its own schema: whatever is asked, the answer is one that was promised."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis

from tests.api.campaign import SEED, configured, failures
from tests.fakes.app import World, running
from tests.fakes.llm import FakeLLM, Says
from tests.values import recalled

pytestmark = pytest.mark.campaign


@pytest.fixture
def described(web_dir: Path, *, long: bool) -> Iterator[schemathesis.BaseSchema]:
    """The edge on fakes, as its own OpenAPI describes it."""
    world = World(llm=FakeLLM([Says("Yes.")] * 100_000))
    world.recall.hits = (recalled(), recalled("Tea?", "message"))
    with running(world, web_dir, allowed_hosts=("testserver",), quiet_seconds=0.2) as edge:
        yield schemathesis.openapi.from_asgi(
            "/openapi.json", edge.app, config=configured(long=long)
        )


def test_every_answer_is_one_that_was_promised(described: schemathesis.BaseSchema) -> None:
    print(f"seed {SEED}")  # noqa: T201 - shown when the campaign fails
    found = failures(described)
    assert not found, "\n\n".join(found)
