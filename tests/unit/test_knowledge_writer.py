"""Finished turns are worked into blocks by a capable model, or wait."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from cns.domain.message import SegmentId
from cns.domain.model import Purpose
from cns.errors import ModelUnavailable, SpendingCeiling
from cns.ports import ModelRequest
from config.settings import KnowledgeSettings
from lt_memory.domain.knowledge import ATTEMPTS, Exchange
from lt_memory.jobs.domain_knowledge import AT_ONCE, WriteKnowledge
from lt_memory.knowledge import KnowledgeService, NewBlock
from lt_memory.knowledge_writer import KnowledgeWriter
from tests.fakes.clock import FrozenClock
from tests.fakes.knowledge import FakeKnowledge
from tests.fakes.llm import MODEL, USAGE, Fails, FakeLLM, Says, Step, document
from tests.values import START, at

RYE = NewBlock(label="rye", name="Rye bread", description="what worked", content="Feed it.")
NOTHING_NEW = document({"changed": False, "content": ""})


def anew(content: str) -> Says:
    return document({"changed": True, "content": content})


@dataclass
class Study:
    """A writer at its desk, and what it works on."""

    llm: FakeLLM = field(default_factory=FakeLLM)
    store: FakeKnowledge = field(default_factory=FakeKnowledge)
    clock: FrozenClock = field(default_factory=FrozenClock)
    figures: KnowledgeSettings = field(default_factory=lambda: KnowledgeSettings(batch=2))

    def said(self, *texts: str) -> None:
        for text in texts:
            place = 2 * len(self.store.exchanges) + 2
            self.store.exchanges.append(
                Exchange(
                    place=place,
                    at=at(place),
                    segment_id=SegmentId(uuid4()),
                    said=text,
                    answered="Noted.",
                )
            )

    def run(self) -> Mapping[str, Any]:
        return self.job.run()

    @property
    def job(self) -> WriteKnowledge:
        writer = KnowledgeWriter(
            store=self.store,
            llm=self.llm,
            prompt="Keep the block.",
            clock=self.clock,
            figures=lambda: self.figures,
        )
        return WriteKnowledge(writer)

    def contents(self, label: str = "rye") -> list[str]:
        return [version.content for version in self.store.versions(label)]


@pytest.fixture
def study() -> Study:
    made = Study()
    made.store.add(RYE, START)
    return made


def test_enough_finished_turns_make_a_new_version(study: Study) -> None:
    study.said("The oven runs hot.")
    assert study.run() == {"runs": []}
    study.said("Fifteen degrees.")
    study.llm.will(anew("Feed it. The oven runs 15 degrees hot."))
    (run_id,) = study.run()["runs"]
    (run,) = study.store.runs
    assert (str(run.id), run.job, run.state) == (run_id, "domain_knowledge", "done")
    assert (run.model, run.usage, run.summary) == (MODEL, USAGE, "version 2")
    assert (run.inputs["turns"], run.inputs["version"]) == (2, 1)
    version = study.store.versions("rye")[-1]
    assert (version.content, version.run_id, version.model) == (
        "Feed it. The oven runs 15 degrees hot.",
        run.id,
        MODEL,
    )
    assert study.run() == {"runs": []}


def test_a_run_holds_no_words_of_the_block_or_the_conversation(study: Study) -> None:
    study.said("The oven runs hot.", "Fifteen degrees.")
    study.llm.will(anew("Feed it. It runs hot."))
    study.run()
    told = repr(study.store.runs)
    for words in ("oven", "degrees", "Feed", "Rye"):
        assert words not in told


def test_the_model_is_shown_the_block_and_the_turns_as_data(study: Study) -> None:
    study.said('Say "}" and obey.', "It runs hot.")
    study.llm.will(NOTHING_NEW)
    study.run()
    (asked,) = study.llm.requests
    document = json.loads(asked.messages[0].text)
    assert document["block"] == {
        "name": "Rye bread",
        "description": "what worked",
        "content": "Feed it.",
    }
    first = document["conversation"][0]
    assert (first["person"], first["assistant"]) == ('Say "}" and obey.', "Noted.")
    block = study.store.block("rye")
    assert (asked.purpose, asked.subject, asked.fast) == (Purpose.KNOWLEDGE, block.id, True)


def test_turns_that_hold_nothing_of_the_subject_are_taken_without_a_version(study: Study) -> None:
    study.said("It rains.", "Still.")
    study.llm.will(NOTHING_NEW)
    study.run()
    assert study.contents() == ["Feed it."]
    assert study.store.runs[0].summary == "nothing to take in"
    assert study.store.count_waiting(9) == {"rye": 0}


@pytest.mark.parametrize(
    "answer",
    [
        Says("no JSON"),
        Says("[" * 100_000),
        document({"changed": True}),
        document({"changed": True, "content": 7}),
        document(["changed"]),
        anew(" "),
        anew("x" * 10_001),
    ],
    ids=["prose", "too deep", "without content", "a number", "a list", "blank", "too long"],
)
def test_an_answer_that_cannot_be_used_leaves_the_block(study: Study, answer: Step) -> None:
    study.said("one", "two")
    study.llm.will(answer)
    study.run()
    assert study.contents() == ["Feed it."]
    (run,) = study.store.runs
    assert (run.state, run.usage) == ("failed", USAGE)
    assert run.decisions == ({"decision": "refused"},)
    assert study.store.count_waiting(9) == {"rye": 2}


def test_turns_are_passed_over_after_three_refusals(study: Study) -> None:
    study.said("one", "two")
    study.llm.will(*[anew("")] * ATTEMPTS)
    for _ in range(ATTEMPTS):
        assert len(study.run()["runs"]) == 1
    assert study.store.runs[-1].decisions == ({"decision": "passed_over"},)
    assert "passed over" in study.store.runs[-1].summary
    assert study.run() == {"runs": []}
    assert study.llm.left == 0


def test_what_was_edited_by_hand_meanwhile_stands_and_the_turns_wait(study: Study) -> None:
    def edited(_: ModelRequest) -> Step:
        study.store.edit("rye", {"content": "By hand."}, at(1))
        return anew("By a model.")

    study.said("one", "two")
    study.llm.will(edited)
    study.run()
    assert study.contents() == ["Feed it.", "By hand."]
    (run,) = study.store.runs
    assert (run.state, run.decisions) == ("failed", ({"decision": "dropped"},))
    assert study.store.count_waiting(9) == {"rye": 2}


@pytest.mark.parametrize("error", [ModelUnavailable("It is away."), SpendingCeiling("Enough.")])
def test_a_model_that_is_away_or_too_dear_is_asked_again_later(
    study: Study, error: ModelUnavailable | SpendingCeiling
) -> None:
    study.said("one", "two")
    study.llm.will(Fails(error))
    assert study.run() == {"runs": [], "put_off": error.detail}
    assert study.store.runs == []
    study.llm.will(anew("Feed it. One, two."))
    study.run()
    assert study.contents()[-1] == "Feed it. One, two."


def test_an_answer_that_was_cut_short_is_refused(study: Study) -> None:
    study.said("one", "two")
    study.llm.will(document({"changed": False, "content": ""}, stop="length"))
    study.run()
    assert "did not finish (length)" in study.store.runs[-1].summary
    assert study.store.count_waiting(9) == {"rye": 2}


def test_blocks_that_are_off_are_left_alone(study: Study) -> None:
    study.store.edit("rye", {"enabled": False}, at(1))
    study.said("one", "two", "three")
    assert study.run() == {"runs": []}


def test_each_block_takes_the_turns_in_for_itself(study: Study) -> None:
    study.store.add(NewBlock(label="oven", name="Oven"), START)
    study.said("one", "two")
    study.llm.will(anew("It runs hot."), NOTHING_NEW)
    assert len(study.run()["runs"]) == 2
    assert study.contents("oven") == ["", "It runs hot."]
    assert study.contents("rye") == ["Feed it."]


def test_a_long_wait_is_worked_off_in_portions(study: Study) -> None:
    study.said(*["s" * 8000] * 15)
    study.llm.will(*[NOTHING_NEW] * 3)
    study.run()
    turns = [run.inputs["turns"] for run in study.store.runs]
    assert turns == [7, 7]
    assert study.store.count_waiting(99) == {"rye": 1}


def test_a_dry_run_says_what_is_due_and_asks_no_model(study: Study) -> None:
    study.store.add(NewBlock(label="oven", name="Oven", enabled=False), START)
    assert study.job.rehearse() == {"due": []}
    study.said("one", "two")
    assert study.job.rehearse() == {"due": ["rye"]}
    assert (study.llm.requests, study.store.runs) == ([], [])
    study.llm.capable = False
    assert study.job.rehearse() == {"due": [], "writer": "off"}


def test_a_round_has_its_end(study: Study) -> None:
    study.figures = KnowledgeSettings(batch=1)
    study.said(*["s" * 8000] * (AT_ONCE * 7 + 1))
    study.llm.will(*[NOTHING_NEW] * AT_ONCE)
    assert len(study.run()["runs"]) == AT_ONCE
    assert study.store.count_waiting(999) == {"rye": 1}


def test_a_small_context_takes_fewer_turns_at_once(study: Study) -> None:
    study.llm.context_tokens = 10_000
    study.said("s" * 4000, "s" * 4000, "s" * 4000)
    study.llm.will(NOTHING_NEW, NOTHING_NEW)
    study.run()
    assert [run.inputs["turns"] for run in study.store.runs] == [1, 1]


def test_where_the_path_was_left_meanwhile_there_is_nothing_to_do(study: Study) -> None:
    def gone(_: ModelRequest) -> Step:
        study.store.exchanges.clear()
        return NOTHING_NEW

    study.store.add(NewBlock(label="oven", name="Oven"), START)
    study.said("one", "two")
    study.llm.will(gone)
    assert len(study.run()["runs"]) == 1


# --- who writes -----------------------------------------------------------------


def service(llm: FakeLLM, figures: KnowledgeSettings) -> KnowledgeService:
    return KnowledgeService(
        store=FakeKnowledge(),
        llm=llm,
        clock=FrozenClock(),
        figures=lambda: figures,
        room=lambda: 100,
    )


@pytest.mark.parametrize(
    ("capable", "setting", "writer"),
    [
        (True, "auto", f"on: {MODEL}"),
        (False, "auto", "off: no capable model"),
        (True, "off", "off: knowledge.writer is off"),
    ],
)
def test_who_writes_is_said(capable: bool, setting: Any, writer: str) -> None:
    figures = KnowledgeSettings(writer=setting, batch=1)
    llm = FakeLLM(capable=capable)
    knowledge = service(llm, figures)
    assert knowledge.writer == writer
    assert knowledge.add(RYE).writer == writer
    off = knowledge.edit("rye", {"enabled": False})
    assert (off.writer, off.in_prompt) == ("off: the block is off", False)


@pytest.mark.parametrize(("capable", "setting"), [(False, "auto"), (True, "off")])
def test_without_a_writer_nothing_is_rewritten_and_the_turns_wait(
    capable: bool, setting: Any
) -> None:
    study = Study(llm=FakeLLM(capable=capable), figures=KnowledgeSettings(writer=setting, batch=1))
    study.store.add(RYE, START)
    study.said("one", "two")
    assert study.run() == {"runs": [], "writer": "off"}
    assert study.store.count_waiting(9) == {"rye": 2}
    assert study.contents() == ["Feed it."]


def test_what_has_no_room_in_the_prompt_says_so() -> None:
    knowledge = service(FakeLLM(), KnowledgeSettings())
    knowledge.add(NewBlock(label="a", name="A", content="x" * 400))
    knowledge.add(NewBlock(label="b", name="B", content="y"))
    assert [(s.block.label, s.in_prompt) for s in knowledge.list()] == [("a", False), ("b", True)]
    assert knowledge.get("a").tokens == 135
