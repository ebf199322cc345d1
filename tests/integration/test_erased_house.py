"""A word that was said, remembered, merged, summed up and recalled: erased, it is gone."""

import re
from collections.abc import Iterator, Sequence
from queue import SimpleQueue

import pytest
from pydantic import SecretStr

import main
from cns.domain.message import Message, SegmentId, Text
from cns.domain.model import Purpose
from cns.domain.stream import TurnCompleted, TurnEvent, TurnFailed
from cns.ports import ModelRequest, Page, Query
from cns.services.request import TurnRequest
from composition.house import Given
from config.settings import CacheSettings, DatabaseSettings, LLMSettings, Settings
from lt_memory.ports import MemoryFilter
from tests.erased import Everywhere
from tests.fakes.diligent import STATEMENT
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.llm import Calls, FakeLLM, Says, Step, document
from tests.invariants import breaches
from tests.servers import temporary_folder
from tests.waiting import until

pytestmark = [pytest.mark.postgres, pytest.mark.valkey, pytest.mark.model]
BIRD = "My parrot is called Zebedee."
QUESTION = "What did I tell you of my bird?"
SUMMED = {"title": "Zebedee", "summary": "A parrot called Zebedee, and tomatoes.", "complexity": 1}


ABOUT = {"narrative": "It is about the parrot Zebedee.", "hooks": ["Zebedee"], "entities": []}
PLACES = frozenset((
    "continuums", "memories", "memory_revisions", "messages", "run_changes", "segments", "turns",
    "user_information",
))  # fmt: skip
KINDS = frozenset((
    "embeddings", "memories", "messages", "summaries", "tool_results", "touchstones",
    "turn_traces", "turns", "user_information",
))  # fmt: skip


class Secretary:
    """A model that repeats all that it reads, wherever words may come to rest."""

    def __init__(self) -> None:
        self.looked = False

    def __call__(self, request: ModelRequest) -> Step:
        newest = request.messages[-1].text
        if request.purpose is Purpose.SUMMARY:
            bird = "Zebedee" in newest
            plain = {"title": "Garden", "summary": "Tomatoes were spoken of.", "complexity": 1}
            return document(SUMMED if bird else plain)
        if request.purpose is Purpose.EXTRACTION:
            return document({"memories": [_memory(m) for m in STATEMENT.finditer(newest)]})
        if QUESTION in newest and not self.looked:
            self.looked = True
            return Calls("continuumsearch_tool", {"query": "who is called what"})
        return Says("Zebedee is a fine name." if BIRD in newest else "You told me before.")


def _memory(statement: re.Match[str]) -> dict[str, object]:
    return {
        "text": statement["words"],
        "kind": "fact",
        "confidence": 90,
        "evidence": [{"message": int(statement["number"]), "quote": statement["words"]}],
        "happens_at": None,
        "expires_at": None,
    }


@pytest.fixture
def mira(dsn: str, valkey_url: str) -> Iterator[main.Mira]:
    with temporary_folder() as folder:
        settings = Settings(
            data_dir=folder / "data",
            database=DatabaseSettings(url=SecretStr(dsn)),
            cache=CacheSettings(url=SecretStr(valkey_url)),
            llm=LLMSettings(provider="local"),
        )
        llm = FakeLLM([Secretary()] * 40)
        llm.notes += [document(ABOUT)] * 9
        with main.build(settings, Given(llm=llm, embedder=FakeEmbedder())) as built:
            yield built


def say(mira: main.Mira, text: str) -> TurnCompleted:
    """One turn to its end."""
    over: SimpleQueue[TurnCompleted | TurnFailed] = SimpleQueue()

    def listen(_: int, event: TurnEvent) -> None:
        if isinstance(event, TurnCompleted | TurnFailed):
            over.put(event)

    turns = mira.services.turns
    turns.watch(turns.start(TurnRequest(content=(Text(text=text),))), listen)
    ended = over.get(timeout=60)
    assert isinstance(ended, TurnCompleted), ended
    return ended


def end(mira: main.Mira) -> SegmentId:
    segment_id = mira.services.segments.end_active()
    mira.services.segments.finish(segment_id)
    return segment_id


def remembered(mira: main.Mira) -> list[str]:
    found, _ = mira.services.memories.list(MemoryFilter(), Page(limit=100))
    return sorted(memory.text for memory in found)


def found(mira: main.Mira, words: str) -> list[str]:
    query = Query(
        text=words, vector=None, limit=20, kinds=frozenset({"memory", "message", "segment"})
    )
    return [hit.text for hit in mira.services.search.find(query).hits]


def lived(mira: main.Mira) -> SegmentId:
    """Said, answered, summed up, remembered, merged, shown and found; the first chapter."""
    say(mira, BIRD)
    say(mira, "My tomatoes are nearly ripe.")
    chapter = end(mira)
    memories, _ = mira.services.memories.list(MemoryFilter(), Page(limit=100))
    ids = [memory.id for memory in memories]
    made = mira.services.reshaping.merge(ids, "The user has Zebedee the parrot, and tomatoes.")
    mira.services.memories.edit(made.memories[0].id, {"pinned": True})
    mira.services.user_information.reset()
    until(lambda: "Zebedee" in " ".join(found(mira, "parrot Zebedee")))
    say(mira, QUESTION)
    return chapter


def test_not_a_word_is_left_of_what_was_erased(mira: main.Mira) -> None:
    chapter = lived(mira)
    everywhere = Everywhere(mira.house.ground.database)
    before = everywhere.rows("zebedee")
    assert before.keys() >= PLACES
    first = next(each for each in said(mira, chapter) if each.text == BIRD)

    preview = mira.services.erasing.erase(first.id, dry_run=True)
    assert everywhere.rows("zebedee") == before
    erased = mira.services.erasing.erase(first.id, dry_run=False)

    assert (everywhere.rows("zebedee"), everywhere.rows("parrot")) == ({}, {})
    assert erased.removed == preview.removed
    assert erased.removed.keys() >= KINDS
    assert remembered(mira) == ["My tomatoes are nearly ripe."]
    until(lambda: "Zebedee" not in " ".join(found(mira, "parrot Zebedee")))
    assert not breaches(mira.house.ground.database)

    finish_anew(mira, chapter)
    assert (everywhere.rows("zebedee"), everywhere.rows("parrot")) == ({}, {})
    assert mira.house.store.segment(chapter).title == "Garden"
    assert remembered(mira) == ["My tomatoes are nearly ripe."]
    assert not breaches(mira.house.ground.database)


def said(mira: main.Mira, chapter: SegmentId) -> Sequence[Message]:
    return mira.house.store.segment_messages(chapter)


def finish_anew(mira: main.Mira, chapter: SegmentId) -> None:
    """The chapter's final summary, and its extraction as though it had never been."""
    with mira.house.ground.database.transaction() as tx:
        tx.run("UPDATE segments SET extracted_at = NULL WHERE id = %(id)s", id=chapter)
    mira.services.segments.finish(chapter)
    until(lambda: not mira.services.waiting())
