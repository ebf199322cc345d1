"""Every caller of a model says what the call is for, and what it serves."""

from cns.domain.model import Purpose
from cns.services.summary import ExtractiveSummary, ModelSummary
from lt_memory.model_extraction import Asking, ModelExtractor
from tests.conversing import conversation, started
from tests.fakes.llm import Calls, FakeLLM, Says, document
from tests.fakes.names import FakeNames
from tests.values import message


def test_a_turn_asks_for_itself() -> None:
    talk = conversation(Says("A fine name."))
    turn_id = started(talk.say()).turn_id
    (asked,) = talk.llm.requests
    assert (asked.purpose, asked.subject, asked.kept) == (Purpose.TURN, turn_id, True)


def test_only_the_first_call_of_a_turn_may_be_refused() -> None:
    talk = conversation(Calls("weather"), Says("It rains."))
    talk.say()
    assert [request.further for request in talk.llm.requests] == [False, True]


def test_a_summary_is_asked_for_its_chapter() -> None:
    llm, said = FakeLLM([Says("no summary")]), message()
    ModelSummary(llm=llm, prompt="Sum up.", fallback=ExtractiveSummary()).summarise([said])
    (asked,) = llm.requests
    assert (asked.purpose, asked.subject) == (Purpose.SUMMARY, said.segment_id)


def test_an_extraction_is_asked_for_its_chapter() -> None:
    llm, said = FakeLLM([document({"memories": []})]), message()
    ModelExtractor(llm, Asking(prompt="notes"), FakeNames({}), 40).extract([said])
    (asked,) = llm.requests
    assert (asked.purpose, asked.subject) == (Purpose.EXTRACTION, said.segment_id)
