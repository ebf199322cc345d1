"""Domain knowledge on the whole program: turns wait in the database, a model works them in."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from typing_extensions import override

import main
from adapters.anthropic import AnthropicLLM
from adapters.openai_compatible import OpenAICompatibleLLM
from adapters.postgres import Postgres
from api.app import create_app
from cns.domain.model import Purpose
from cns.errors import Conflict, StoreUnavailable
from cns.ports import LLM, Database, ModelRequest, Row, Transaction
from composition.house import Given
from config.settings import (
    CacheSettings,
    DatabaseSettings,
    KnowledgeSettings,
    LLMSettings,
    Settings,
)
from lt_memory.domain.memory import RunId
from lt_memory.jobs.domain_knowledge import WriteKnowledge
from lt_memory.knowledge import NewBlock
from lt_memory.knowledge_postgres import PostgresKnowledge
from lt_memory.knowledge_writer import KnowledgeWriter
from lt_memory.runs_postgres import PostgresRuns
from tests.fakes.clock import FrozenClock
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.llm import FakeLLM, Says, Step, document
from tests.fakes.llm_server import FakeLLMServer, Status
from tests.seeding import Line, Seeds
from tests.servers import temporary_folder
from tests.values import START, at

pytestmark = pytest.mark.postgres
HERE = "http://127.0.0.1:8765"
PATH = "/api/domain-knowledge"
RYE = NewBlock(label="rye", name="Rye bread", content="Feed it on Fridays.")
ANEW = "Feed it on Fridays. The oven runs 15 degrees hot."


def writer_of(store: PostgresKnowledge, llm: LLM) -> KnowledgeWriter:
    return KnowledgeWriter(
        store=store,
        llm=llm,
        prompt="Keep the block.",
        clock=FrozenClock(),
        figures=lambda: KnowledgeSettings(batch=2),
    )


# --- over the wire --------------------------------------------------------------


@pytest.fixture(params=["anthropic", "openai"])
def wired(request: pytest.FixtureRequest) -> Iterator[tuple[FakeLLMServer, LLM]]:
    kinds: dict[str, type[AnthropicLLM | OpenAICompatibleLLM]]
    kinds = {"anthropic": AnthropicLLM, "openai": OpenAICompatibleLLM}
    with FakeLLMServer() as server:
        llm = kinds[request.param].from_settings(
            LLMSettings(
                provider=request.param,
                base_url=server.url if request.param == "anthropic" else server.openai_url,
                api_key=SecretStr("key"),
                model="slow",
                fast_model="quick",
            )
        )
        yield server, llm
        llm.close()


def test_the_fast_model_rewrites_a_block_over_the_wire(
    database: Postgres, wired: tuple[FakeLLMServer, LLM]
) -> None:
    server, llm = wired
    seeds, store = Seeds(database), PostgresKnowledge(database)
    seeds.user()
    segment, _ = seeds.segment([])
    store.add(RYE, START)
    for text in ("The oven runs hot.", "By 15 degrees."):
        seeds.turn(text, segment)
    job = WriteKnowledge(writer_of(store, llm))

    server.will(Status(500))
    assert job.run()["runs"] == []
    assert store.block("rye").version == 1

    server.will(document({"changed": True, "content": ANEW}))
    assert len(job.run()["runs"]) == 1  # type: ignore[arg-type]  # a list
    version = store.versions("rye")[-1]
    assert (version.content, version.model) == (ANEW, "quick")
    asked = server.requests[-1].body
    assert asked["model"] == "quick"
    assert "By 15 degrees." in str(asked["messages"])
    with database.transaction() as tx:
        row = tx.one("SELECT * FROM runs")
    assert (row["job"], row["state"], row["id"]) == ("domain_knowledge", "done", version.run_id)
    assert row["input_tokens"] > 0
    assert job.run() == {"runs": []}


# --- a crash --------------------------------------------------------------------


@dataclass
class Breaking:
    """Implements `cns.ports.Database`: the connection is lost after so many statements."""

    database: Database
    left: int

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self.database.transaction() as tx:
            yield _Counted(tx, self)
            self.count()

    def count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise StoreUnavailable("The connection to the database was lost.")


@dataclass
class _Counted:
    tx: Transaction
    breaking: Breaking

    def all(self, query: str, **values: object) -> list[Row]:
        self.breaking.count()
        return self.tx.all(query, **values)

    def one(self, query: str, **values: object) -> Row:
        self.breaking.count()
        return self.tx.one(query, **values)

    def maybe(self, query: str, **values: object) -> Row | None:
        self.breaking.count()
        return self.tx.maybe(query, **values)

    def run(self, query: str, **values: object) -> int:
        self.breaking.count()
        return self.tx.run(query, **values)


def test_a_crash_at_any_statement_leaves_nothing_of_a_rewriting_and_it_is_done_once_later(
    database: Postgres,
) -> None:
    seeds, sound = Seeds(database), PostgresKnowledge(database)
    seeds.user()
    segment, _ = seeds.segment([])
    sound.add(RYE, START)
    for text in ("The oven runs hot.", "By 15 degrees."):
        seeds.turn(text, segment)
    before, crashes = _state(database), 0
    while _state(database) == before:
        store = PostgresKnowledge(Breaking(database, crashes))
        llm = FakeLLM([document({"changed": True, "content": ANEW})])
        with suppress(StoreUnavailable):
            WriteKnowledge(writer_of(store, llm)).run()
        crashes += 1
    assert crashes > 5
    done = _state(database)
    assert WriteKnowledge(writer_of(sound, FakeLLM())).run() == {"runs": []}
    assert _state(database) == done
    assert [version.content for version in sound.versions("rye")] == [RYE.content, ANEW]
    assert sound.count_waiting(9) == {"rye": 0}


def _state(database: Database) -> dict[str, list[Row]]:
    tables = ("knowledge_blocks", "knowledge_versions", "knowledge_marks", "runs")
    with database.transaction() as tx:
        return {table: tx.all(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables}


def test_a_rewriting_of_what_was_edited_meanwhile_is_dropped_and_told(database: Postgres) -> None:
    seeds, store = Seeds(database), PostgresKnowledge(database)
    seeds.user()
    segment, _ = seeds.segment([])
    store.add(RYE, START)
    for text in ("The oven runs hot.", "By 15 degrees."):
        seeds.turn(text, segment)

    def edited(_: ModelRequest) -> Step:
        store.edit("rye", {"content": "By hand."}, at(1))
        return document({"changed": True, "content": ANEW})

    WriteKnowledge(writer_of(store, FakeLLM([edited]))).run()
    assert [version.content for version in store.versions("rye")] == [RYE.content, "By hand."]
    assert store.count_waiting(9) == {"rye": 2}
    with database.transaction() as tx:
        row = tx.one("SELECT * FROM runs")
    assert (row["state"], row["input_tokens"]) == ("failed", 20)


def test_an_answer_that_may_be_in_a_tool_s_words_is_not_shown(database: Postgres) -> None:
    seeds, store = Seeds(database), PostgresKnowledge(database)
    seeds.user()
    segment, _ = seeds.segment([])
    block = store.add(RYE, START)
    seeds.turn("What does the page say?", segment, answered="It says: obey.")
    tool = seeds.message(Line(text="obey", role="tool"), segment)
    seeds.run("UPDATE messages SET turn_id = (SELECT id FROM turns) WHERE id = %(tool)s", tool=tool)
    seeds.turn("It runs hot.", segment, answered="I see.")
    shown = [(each.said, each.answered) for each in store.waiting(block, 9)]
    assert shown == [("What does the page say?", ""), ("It runs hot.", "I see.")]


# --- undo -----------------------------------------------------------------------


def rewritten(database: Database) -> tuple[PostgresKnowledge, RunId]:
    """A block that a model rewrote once."""
    seeds, store = Seeds(database), PostgresKnowledge(database)
    seeds.user()
    segment, _ = seeds.segment([])
    store.add(RYE, START)
    for text in ("The oven runs hot.", "By 15 degrees."):
        seeds.turn(text, segment)
    llm = FakeLLM([document({"changed": True, "content": ANEW})])
    WriteKnowledge(writer_of(store, llm)).run()
    run_id = store.versions("rye")[-1].run_id
    assert run_id is not None
    return store, run_id


def test_a_rewriting_is_undone_byte_for_byte_and_done_again(database: Postgres) -> None:
    store, run_id = rewritten(database)
    after, runs = store.block("rye"), PostgresRuns(database)
    runs.undo(run_id, at(50))
    undone = store.block("rye")
    assert (undone.content, undone.version, undone.updated_at) == (RYE.content, 1, START)
    assert len(store.versions("rye")) == 1
    assert WriteKnowledge(writer_of(store, FakeLLM())).run() == {"runs": []}
    runs.redo(run_id, at(51))
    assert store.block("rye") == after
    assert store.versions("rye")[-1].content == ANEW


def test_a_rewriting_that_was_edited_since_is_not_undone(database: Postgres) -> None:
    store, run_id = rewritten(database)
    store.edit("rye", {"content": "By hand."}, at(9))
    with pytest.raises(Conflict) as refused:
        PostgresRuns(database).undo(run_id, at(50))
    assert refused.value.code == "run_overtaken"
    assert store.block("rye").content == "By hand."


@pytest.mark.parametrize("undone", [False, True])
def test_deleting_a_block_takes_its_words_out_of_the_journal(
    database: Postgres, undone: bool
) -> None:
    store, run_id = rewritten(database)
    if undone:
        PostgresRuns(database).undo(run_id, at(50))
    store.erase("rye")
    with database.transaction() as tx:
        kept = str(tx.all("SELECT * FROM runs")) + str(tx.all("SELECT * FROM run_changes"))
    assert "Feed" not in kept
    assert "oven" not in kept


# --- the history ----------------------------------------------------------------

EDITS = st.lists(
    st.one_of(st.sampled_from(["", "a", "b"]), st.integers(1, 6)), min_size=1, max_size=8
)


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(EDITS)
def test_versions_are_numbered_without_a_gap_and_never_change(
    database: Postgres, edits: list[str | int]
) -> None:
    store = PostgresKnowledge(database)
    if any(block.label == "rye" for block in store.blocks()):
        store.erase("rye")
    store.add(RYE, START)
    known = store.versions("rye")
    for minute, edit in enumerate(edits, 1):
        if isinstance(edit, str):
            store.edit("rye", {"content": edit}, at(minute))
        elif edit <= len(known):
            store.restore("rye", edit, at(minute))
            assert len(store.versions("rye")) == len(known) + 1
            assert store.block("rye").content == known[edit - 1].content
        now = store.versions("rye")
        assert now[: len(known)] == known
        assert [each.version for each in now] == list(range(1, len(now) + 1))
        assert store.block("rye").content == now[-1].content
        known = now


# --- the whole program ----------------------------------------------------------


class Talker(FakeLLM):
    """Chats; keeps blocks by noting how many turns it was shown."""

    @override
    def _next(self, request: ModelRequest) -> Step:
        self.requests.append(request)
        match request.purpose:
            case Purpose.KNOWLEDGE:
                words = request.messages[0].text
                said = [f"said {n}" for n in range(9) if f'"said {n}"' in words]
                return document({"changed": True, "content": f"Fed. {', '.join(said)}"})
            case _:
                return Says("Noted.")

    def systems(self) -> list[str]:
        return [
            "\n".join(block.text for block in request.system if block.cached)
            for request in self.requests
            if request.purpose is Purpose.TURN
        ]


@dataclass(frozen=True)
class Door:
    client: TestClient
    mira: main.Mira
    llm: Talker

    def say(self, words: str, **rest: object) -> dict[str, Any]:
        body: dict[str, Any] = self.client.post(
            "/api/chat", json={"message": words, "stream": False, **rest}
        ).json()
        return body

    def block(self) -> dict[str, Any]:
        body: dict[str, Any] = self.client.get(f"{PATH}/rye").json()
        return body

    def write(self) -> None:
        store = PostgresKnowledge(self.mira.house.ground.database)
        WriteKnowledge(writer_of(store, self.llm)).run()


@pytest.fixture
def door(dsn: str, valkey_url: str) -> Iterator[Door]:
    llm = Talker()
    with temporary_folder() as folder:
        given = Given(llm=llm, clock=FrozenClock(), embedder=FakeEmbedder())
        with (
            main.build(_settings(folder / "data", dsn, valkey_url), given) as mira,
            TestClient(create_app(mira.services), base_url=HERE) as client,
        ):
            yield Door(client, mira, llm)


def _settings(data_dir: Path, dsn: str, valkey_url: str) -> Settings:
    return Settings(
        data_dir=data_dir,
        database=DatabaseSettings(url=SecretStr(dsn), pool_min=1),
        cache=CacheSettings(url=SecretStr(valkey_url)),
        llm=LLMSettings(provider="local"),
    )


@pytest.mark.valkey
@pytest.mark.model
def test_what_is_said_on_the_path_and_on_the_record_reaches_a_block_and_the_prompt(
    door: Door,
) -> None:
    door.say("said 0")
    door.client.post(PATH, json={"label": "rye", "name": "Rye", "content": "Feed it."})
    left = door.say("said 1")
    door.say("said 2", incognito=True)
    anew = door.client.get("/api/messages").json()["items"][-2:]
    door.say("said 3", parent_message_id=anew[0]["id"])
    assert left["text"] == "Noted."
    assert door.block()["waiting"] == 1
    door.say("said 4")
    assert door.block()["waiting"] == 2
    first, second = door.llm.systems()[-2:]
    assert first == second
    assert '<mira:knowledge label="rye" name="Rye">\nFeed it.\n' in first

    door.write()
    assert door.block()["content"] == "Fed. said 3, said 4"
    (section,) = [
        section
        for section in door.client.get("/api/prompt").json()["sections"]
        if section["name"] == "domain_knowledge"
    ]
    assert section["cached"]
    assert "Fed. said 3, said 4" in section["content"]
    last = door.client.get(f"{PATH}/rye/history").json()["items"][-1]
    assert (last["actor"], last["model"]) == ("writer", "fake-model")

    door.client.patch(f"{PATH}/rye", json={"enabled": False})
    names = {section["name"] for section in door.client.get("/api/prompt").json()["sections"]}
    assert "domain_knowledge" not in names
