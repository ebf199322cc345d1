"""The stream of domain events on the program as it is put together."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.browser.stage import staged

pytestmark = [pytest.mark.postgres, pytest.mark.valkey]


def told(lines: Iterator[str], last: str) -> Iterator[dict[str, Any]]:
    """The data of each event, up to the first of the type `last`."""
    for line in lines:
        if line.startswith("data: "):
            data = json.loads(line.removeprefix("data: "))
            yield data
            if data["type"] == last:
                return


def test_a_turn_and_its_chapter_are_told_in_order() -> None:
    with staged() as stage, httpx.stream("GET", f"{stage.url}/api/events", timeout=60) as stream:
        lines = stream.iter_lines()
        assert next(lines) == ": what happens from now on"
        stage.say("My sister Ada lives in Leeds.", "Noted.")
        turn = [data["type"] for data in told(lines, "turn_completed")]
        stage.end_chapter()
        chapter = [data["type"] for data in told(lines, "memories_extracted")]

    assert turn[:3] == ["segment_opened", "message_received", "memories_surfaced"]
    assert turn[-2:] == ["system_prompt_composed", "turn_completed"]
    assert chapter.index("segment_collapsed") < chapter.index("memories_extracted")
