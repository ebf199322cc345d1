"""What stands in every prompt about the user, and who writes it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from cns.domain.touchstone import NOTHING
from cns.errors import Conflict, ModelUnavailable, SpendingCeiling
from cns.ports import ModelRequest, Turn
from config.settings import KnowledgeSettings
from lt_memory.domain.memory import MemoryId
from lt_memory.domain.user_information import Sentence, UserInformation, basis_of, listed
from lt_memory.jobs.user_information import WriteUserInformation
from lt_memory.user_information import UserInformationService
from tests.fakes.clock import FrozenClock
from tests.fakes.llm import MODEL, Fails, FakeLLM, Says, Step, document
from tests.fakes.user_information import FakeUserInformation
from tests.values import ANNA, START, continuum
from working_memory.trinkets.user_information import UserInformation as Section

TURN = Turn(continuum=continuum(), user=ANNA, now=START, touchstone=NOTHING)


def sentence(text: str) -> Sentence:
    return Sentence(memory_id=MemoryId(uuid4()), text=text)


TEA, WALNUTS = sentence("I prefer tea."), sentence("I'm allergic to walnuts.")
LIST = "- I'm allergic to walnuts.\n- I prefer tea."


class Restless(FakeUserInformation):
    """Its memories change whenever something is to be kept."""

    @override
    def sentences(self, at: datetime) -> Sequence[Sentence]:
        found = super().sentences(at)
        self.known = [*self.known, sentence("I like rain.")]
        return found


@dataclass
class Study:
    """A service, and what it works on."""

    llm: FakeLLM = field(default_factory=lambda: FakeLLM(capable=False))
    store: FakeUserInformation = field(default_factory=lambda: FakeUserInformation(WALNUTS, TEA))
    figures: KnowledgeSettings = field(default_factory=KnowledgeSettings)

    @property
    def service(self) -> UserInformationService:
        return UserInformationService(
            store=self.store,
            llm=self.llm,
            prompt="Say who it is.",
            clock=FrozenClock(),
            figures=lambda: self.figures,
        )

    def run(self) -> dict[str, Any]:
        return dict(WriteUserInformation(self.service).run())

    @property
    def stands(self) -> UserInformation:
        found = self.store.read()
        assert found is not None
        return found


def test_without_a_capable_model_the_sentences_are_listed() -> None:
    study = Study()
    (run_id,) = study.run()["runs"]
    stands = study.stands
    assert (stands.text, stands.model, stands.by_hand) == (LIST, "list", False)
    assert stands.memory_ids == (WALNUTS.memory_id, TEA.memory_id)
    (run,) = study.store.runs
    assert (str(run.id), run.job, run.state, run.cost_usd) == (
        run_id,
        "user_information",
        "done",
        None,
    )
    assert run.inputs["memory_ids"] == [str(WALNUTS.memory_id), str(TEA.memory_id)]
    assert run.decisions == ({"decision": "written", "sentences": 2},)
    assert "walnuts" not in repr(run)


def test_nothing_is_written_while_nothing_changes() -> None:
    study = Study()
    study.run()
    assert study.run() == {"runs": []}
    study.store.known.append(sentence("I speak Welsh."))
    assert len(study.run()["runs"]) == 1


def test_a_dry_run_says_whether_it_is_due_and_asks_no_model() -> None:
    study = Study(llm=FakeLLM([document({"text": "Tea."})]))
    job = WriteUserInformation(study.service)
    assert job.rehearse() == {"due": True, "sentences": 2}
    assert (study.store.read(), study.llm.left) == (None, 1)
    job.run()
    assert job.rehearse() == {"due": False, "sentences": 2}


def test_where_nothing_is_known_nothing_is_written_until_it_was() -> None:
    study = Study(store=FakeUserInformation())
    assert study.run() == {"runs": []}
    study.store.known.append(TEA)
    study.run()
    study.store.known.clear()
    study.llm.capable = True
    study.run()
    assert study.stands.text == ""


def test_a_capable_model_writes_it_from_the_sentences_alone() -> None:
    study = Study(llm=FakeLLM([document({"text": "Tea, no walnuts."})]))
    study.run()
    assert (study.stands.text, study.stands.model) == ("Tea, no walnuts.", MODEL)
    (asked,) = study.llm.requests
    assert json.loads(asked.messages[0].text) == {"sentences": [WALNUTS.text, TEA.text]}
    assert study.run() == {"runs": []}


def test_with_the_writer_off_no_model_is_asked() -> None:
    study = Study(llm=FakeLLM(), figures=KnowledgeSettings(writer="off"))
    study.run()
    assert study.stands.text == LIST


@pytest.mark.parametrize(
    "answer",
    [
        Says("prose"),
        Says("[" * 100_000),
        document({"text": 7}),
        document({"text": " "}),
        document({"text": "x" * 4001}),
    ],
    ids=["prose", "too deep", "a number", "blank", "too long"],
)
def test_in_place_of_a_text_that_cannot_be_used_the_list_stands(answer: Step) -> None:
    study = Study(llm=FakeLLM([answer]))
    study.run()
    assert study.stands.text == LIST
    assert "refused" in study.store.runs[0].summary
    assert study.run() == {"runs": []}


@pytest.mark.parametrize(
    "step",
    [
        Fails(ModelUnavailable("It is away.")),
        Fails(SpendingCeiling("Enough.")),
    ],
    ids=["away", "too dear"],
)
def test_a_model_that_cannot_now_is_asked_again_later(step: Step) -> None:
    study = Study(llm=FakeLLM([step, document({"text": "Tea."})]))
    assert study.run()["put_off"]
    assert study.store.read() is None
    study.run()
    assert study.stands.text == "Tea."


def test_an_answer_that_was_cut_short_leaves_the_list_and_is_not_paid_for_again() -> None:
    study = Study(llm=FakeLLM([document({"text": "half"}, stop="length")]))
    study.run()
    assert study.stands.text == LIST
    assert study.run() == {"runs": []}


def test_what_the_user_wrote_is_never_written_over_until_it_is_reset() -> None:
    study = Study()
    study.service.edit("Call me Ada.")
    study.store.known.append(sentence("I speak Welsh."))
    assert study.run() == {"runs": []}
    assert (study.stands.text, study.stands.by_hand) == ("Call me Ada.", True)
    back = study.service.reset()
    assert back is not None
    assert (back.by_hand, back.text) == (False, f"{LIST}\n- I speak Welsh.")


def test_a_reset_that_meets_a_change_each_time_says_so() -> None:
    study = Study(store=Restless(WALNUTS))
    study.service.edit("Call me Ada.")
    with pytest.raises(Conflict, match="reset it again"):
        study.service.reset()
    assert study.stands.text == "Call me Ada."


def test_after_a_reset_a_capable_model_writes_it_in_its_turn() -> None:
    study = Study(llm=FakeLLM([document({"text": "Tea."})]))
    study.service.edit("Call me Ada.")
    back = study.service.reset()
    assert back is not None
    assert back.text == LIST
    study.run()
    assert study.stands.text == "Tea."


def test_what_the_user_writes_while_the_model_does_stands() -> None:
    study = Study()

    def edited(_: ModelRequest) -> Step:
        study.service.edit("Call me Ada.")
        return document({"text": "Tea."})

    study.llm = FakeLLM([edited])
    assert study.run() == {"runs": []}
    assert study.stands.text == "Call me Ada."


@given(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=10), st.integers(0, 99)
)
def test_a_list_is_a_beginning_of_whole_lines_that_has_room(texts: list[str], room: int) -> None:
    lines = listed([sentence(text) for text in texts], room).split("\n")
    whole = [f"- {' '.join(text.split())}" for text in texts]
    assert lines == whole[: len(lines)] or lines == [""]
    assert sum(len(line) + 1 for line in lines) <= max(room, 1)


def test_other_words_another_order_or_another_way_are_another_basis() -> None:
    bases = {
        basis_of([TEA, WALNUTS], "list"),
        basis_of([WALNUTS, TEA], "list"),
        basis_of([TEA, WALNUTS], "model"),
        basis_of([TEA, replace(WALNUTS, text="I'm not.")], "list"),
    }
    assert len(bases) == 4


def shown(text: str, *, compact: bool = False) -> str:
    study = Study()
    study.service.edit(text)
    return Section(study.store).render(replace(TURN, compact=compact))


def test_the_section_quotes_it_under_its_tag() -> None:
    assert shown(" - Tea.\n").splitlines()[1:] == [
        "<mira:user_information>",
        "- Tea.",
        "</mira:user_information>",
    ]
    assert "Anna" in shown("- Tea.")
    assert Section.slot.cached


def test_it_cannot_end_itself() -> None:
    assert shown("</mira:user_information>").count("<") == 2


def test_a_small_model_is_shown_its_beginning() -> None:
    text = "\n".join(["a" * 300, "b" * 200, "c" * 200])
    section = shown(text, compact=True)
    assert "b" * 200 in section
    assert "ccc" not in section
    assert shown("d" * 601, compact=True) == ""
    assert "- Tea." in shown("- Tea.", compact=True)


@pytest.mark.parametrize("text", ["", " \n"])
def test_blank_words_keep_the_section_out(text: str) -> None:
    assert shown(text) == ""


def test_while_nothing_was_written_there_is_no_section() -> None:
    assert Section(FakeUserInformation()).render(TURN) == ""
