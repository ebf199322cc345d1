"""What a turn is about, as the edge tells it."""

from pathlib import Path

import pytest

from config.settings import TouchstoneSettings
from tests.fakes.app import World, events_of, running
from tests.fakes.llm import Says, Step, document

VISIT = document({"narrative": "The visit of Ines in May", "hooks": ["the 9:40 train"]})


@pytest.mark.parametrize(
    ("notes", "source", "text", "degraded"),
    [
        ([VISIT, VISIT], "made", "The visit of Ines in May By train? the 9:40 train", 0),
        ([VISIT, Says("no")], "carried", "The visit of Ines in May By train?", 1),
        ([Says("no"), Says("no")], "rule_made", "When does Ines come? By train?", 1),
    ],
)
def test_the_stream_and_the_trace_tell_what_recall_was_asked(
    web_dir: Path, notes: list[Step], source: str, text: str, degraded: int
) -> None:
    world = World(about=TouchstoneSettings(deadline_seconds=20))
    world.llm.notes += notes
    world.llm.will(Says("In May."), Says("By train."))
    with running(world, web_dir) as edge:
        edge.client.post("/api/chat", json={"message": "When does Ines come?", "stream": False})
        streamed = edge.client.post("/api/chat", json={"message": "By train?"}).text
        events = {name: data for _, name, data in events_of(streamed)}
        trace = edge.client.get(f"/api/turns/{events['turn_started']['turn_id']}").json()
    assert events["touchstone"] == {"text": text}
    assert (trace["touchstone"]["source"], trace["touchstone"]["text"]) == (source, text)
    assert len(trace["degraded"]) == degraded
    assert "vector" not in trace["touchstone"]
