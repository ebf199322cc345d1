"""What a model proposes counts as far as it can quote the person."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cns.domain.message import Message, Role
from cns.domain.stream import Usage
from cns.errors import ModelUnavailable
from lt_memory.domain.memory import Kind
from lt_memory.domain.quotation import located
from lt_memory.model_extraction import Asking, ModelExtractor
from lt_memory.ports import Extracted
from lt_memory.unusable import UnusableAnswer, counts
from tests.fakes.llm import Fails, FakeLLM, Says, document
from tests.fakes.names import FakeNames
from tests.values import message

NOTES = Asking(prompt="notes")
NONE: Mapping[str, object] = {"memories": []}
SAID = "my sister Anna lives in Leeds"


def proposal(**changed: object) -> Mapping[str, object]:
    return {
        "text": "My sister Anna lives in Leeds.",
        "kind": "fact",
        "confidence": 80,
        "evidence": [{"message": 1, "quote": "Anna lives in Leeds"}],
        "happens_at": None,
        "expires_at": None,
        **changed,
    }


def extracted(*proposals: object, said: tuple[Message, ...] = ()) -> Extracted:
    llm = FakeLLM([document({"memories": list(proposals)})])
    spoken = said or (message("my sister Anna lives in Leeds"), message("Lovely!", Role.ASSISTANT))
    asking = Asking(prompt="notes", zone=ZoneInfo("Europe/Berlin"))
    return ModelExtractor(llm, asking, FakeNames({"Anna": "person"}), 40).extract(spoken)


def test_a_quotation_becomes_evidence() -> None:
    said = message("my sister Anna lives in Leeds")
    (found,) = extracted(proposal(), said=(said,)).candidates
    assert said.text[found.evidence[0].start : found.evidence[0].end] == "Anna lives in Leeds"
    assert (found.evidence[0].message_id, found.confidence) == (said.id, 0.8)
    assert [name.name for name in found.entities] == ["Anna"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"evidence": [{"message": 1, "quote": "Anna lives in York"}]}, "not in line 1"),
        ({"evidence": [{"message": 2, "quote": "Lovely"}]}, "did not say"),
        ({"evidence": [{"message": 9, "quote": "Anna"}]}, "does not exist"),
        ({"evidence": []}, "quotes nothing"),
        ({"evidence": ["Anna"]}, "the form"),
        ({"text": "Leeds is a city.", "kind": "concept"}, "general knowledge"),
        ({"text": "Anna."}, "5 characters"),
        ({"text": None}, "0 characters"),
    ],
)
def test_what_cannot_be_quoted_is_refused_with_the_reason(
    changed: Mapping[str, object], reason: str
) -> None:
    found = extracted(proposal(**changed), proposal())
    assert len(found.candidates) == 1
    assert reason in found.refused[0]
    assert found.refused[0].startswith("proposal 1: ")


def test_a_question_bears_no_memory_but_may_stand_beside_what_does() -> None:
    said = (message("Do you know my sister Anna?"), message("She lives in Leeds."))
    asked = {"message": 1, "quote": "my sister Anna"}
    stated = {"message": 2, "quote": "She lives in Leeds"}
    found = extracted(proposal(evidence=[asked]), proposal(evidence=[asked, stated]), said=said)
    assert found.refused == ("proposal 1: it rests on a question",)
    assert [each.message_id for each in found.candidates[0].evidence] == [said[1].id]


@pytest.mark.parametrize(("told", "share"), [(0.95, 0.95), ("low", 0.3), (95, 0.95), (1.0, 1.0)])
def test_a_confidence_is_read_as_it_is_told(told: object, share: float) -> None:
    (found,) = extracted(proposal(confidence=told)).candidates
    assert found.confidence == share


@pytest.mark.parametrize("confidence", [101, -1, 1, "rather", None, True])
def test_an_odd_confidence_counts_as_plainly_said(confidence: object) -> None:
    (found,) = extracted(proposal(confidence=confidence)).candidates
    assert found.confidence == 0.9


def test_an_odd_kind_is_a_fact() -> None:
    (found,) = extracted(proposal(kind="gossip")).candidates
    assert found.kind is Kind.FACT


@pytest.mark.parametrize(
    ("told", "instant"),
    [
        ("2026-05-03T10:00:00+02:00", datetime(2026, 5, 3, 8, tzinfo=UTC)),
        ("2026-05-03T10:00:00Z", datetime(2026, 5, 3, 10, tzinfo=UTC)),
        ("2026-05-03T10:00", datetime(2026, 5, 3, 8, tzinfo=UTC)),
        ("in May", None),
        (7, None),
    ],
)
def test_a_time_without_a_zone_is_the_user_s(told: object, instant: datetime | None) -> None:
    (found,) = extracted(proposal(happens_at=told, expires_at=told)).candidates
    assert (found.happens_at, found.expires_at) == (instant, instant)


@pytest.mark.parametrize("answer", ["no JSON", "[]", '{"memories": [1]}', '{"facts": []}'])
def test_an_answer_out_of_form_counts_as_a_lost_model(answer: str) -> None:
    extractor = ModelExtractor(FakeLLM([Says(answer)]), NOTES, FakeNames(), 40)
    with pytest.raises(ModelUnavailable):
        extractor.extract([message("I have a dog.")])


def test_an_answer_cut_short_counts_as_a_lost_model() -> None:
    llm = FakeLLM([Says('{"memories": []}', stop="length")])
    with pytest.raises(ModelUnavailable, match="length"):
        ModelExtractor(llm, NOTES, FakeNames(), 40).extract([message("I have a dog.")])


def test_a_good_proposal_is_kept_beside_one_that_is_none() -> None:
    found = extracted("My sister Anna lives in Leeds.", proposal())
    assert len(found.candidates) == 1
    assert found.refused == ("proposal 1: it has not the form that was asked for",)


def test_of_an_answer_that_broke_off_its_whole_proposals_are_kept_and_that_is_said() -> None:
    text = json.dumps({"memories": [proposal(), proposal()]})
    for stop in ("end", "length"):
        llm = FakeLLM([Says(text[:-30], stop=stop)])
        found = ModelExtractor(llm, NOTES, FakeNames(), 40).extract([message(SAID)])
        assert len(found.candidates) == 1
        assert found.refused == ("what follows proposal 1: the answer broke off",)


def test_a_stretch_whose_answer_is_too_long_is_asked_about_in_halves_twice() -> None:
    llm = FakeLLM([Says("{", stop="length"), Says("{", stop="length"), *[document(NONE)] * 3])
    said = [message(f"line {number}") for number in range(5)]
    found = ModelExtractor(llm, NOTES, FakeNames(), 40).extract(said)
    assert [r.messages[0].text.count("person:") for r in llm.requests] == [5, 3, 2, 1, 2]
    assert (found.candidates, found.refused) == ((), ())
    assert found.usage == Usage(input_tokens=100, output_tokens=35, cache_read_tokens=25)

    llm = FakeLLM([Says("{", stop="length")] * 3)
    with pytest.raises(UnusableAnswer, match="length"):
        ModelExtractor(llm, NOTES, FakeNames(), 40).extract(said)
    assert [r.messages[0].text.count("person:") for r in llm.requests] == [5, 3, 2]


@pytest.mark.parametrize("stop", ["refusal", "tools"])
def test_a_model_that_declined_counts_as_lost_whatever_it_wrote(stop: str) -> None:
    llm = FakeLLM([Says(json.dumps({"memories": [proposal()]}), stop=stop)])
    with pytest.raises(UnusableAnswer, match=stop):
        ModelExtractor(llm, NOTES, FakeNames(), 40).extract([message(SAID)])


@pytest.mark.parametrize(
    "last", [Says("no JSON"), Fails(ModelUnavailable("too long", code="llm_too_long"))]
)
def test_what_was_asked_in_vain_says_what_all_of_it_cost(last: Says | Fails) -> None:
    llm = FakeLLM([document(NONE), last])
    with pytest.raises(UnusableAnswer) as raised:
        ModelExtractor(llm, NOTES, FakeNames(), 1).extract([message(SAID), message(SAID)])
    heard = 2 if isinstance(last, Says) else 1
    assert raised.value.usage.input_tokens == 20 * heard
    assert raised.value.cost_usd is None  # nobody priced it
    assert counts(raised.value)


def test_a_lost_model_is_passed_on() -> None:
    llm = FakeLLM([Fails(ModelUnavailable("away"))])
    with pytest.raises(ModelUnavailable):
        ModelExtractor(llm, NOTES, FakeNames(), 40).extract([message("I have a dog.")])


def test_a_long_conversation_is_read_in_chunks_and_paid_for_together() -> None:
    llm = FakeLLM([document({"memories": []})] * 2)
    said = [message(f"line {number}") for number in range(3)]
    found = ModelExtractor(llm, NOTES, FakeNames(), 2).extract(said)
    assert [r.messages[0].text.count("person:") for r in llm.requests] == [2, 1]
    assert found.usage.input_tokens == 40


def test_stretches_without_the_person_s_words_are_not_read() -> None:
    llm = FakeLLM()
    found = ModelExtractor(llm, NOTES, FakeNames(), 40).extract(
        [message("I see.", Role.ASSISTANT), message("result", Role.TOOL)]
    )
    assert (found.candidates, llm.requests) == ((), [])


def test_the_fast_model_is_asked_for_the_schema_s_form() -> None:
    llm = FakeLLM([document({"memories": []})])
    ModelExtractor(llm, NOTES, FakeNames(), 40).extract([message("I have a dog.")])
    (request,) = llm.requests
    assert (request.fast, request.schema is not None, request.system[0].text) == (
        True,
        True,
        "notes",
    )


@pytest.mark.parametrize(
    ("quote", "text", "found"),
    [
        ("a dog", "I have a dog.", "a dog"),
        ("I HAVE  a\ndog", "so I have a dog.", "I have a dog"),
        ("I'm here", "Yes, I’m here", "I’m here"),
        ("“dog”", 'a "dog"', '"dog"'),
        ("well-known", "well–known", "well–known"),
        ("dog", "dogged", "dog"),
    ],
)
def test_a_quotation_is_found_whatever_its_marks_and_spaces(
    quote: str, text: str, found: str
) -> None:
    span = located(quote, text)
    assert span is not None
    assert text[slice(*span)] == found


@pytest.mark.parametrize(
    ("quote", "text"), [("", "a"), ("  ", "a b"), ("Dog", "dogged"), ("…", "a")]
)
def test_what_is_not_there_is_not_found(quote: str, text: str) -> None:
    assert located(quote, text) is None


def test_a_day_without_an_hour_begins_or_ends_with_it() -> None:
    (found,) = extracted(proposal(happens_at="2026-05-03", expires_at="2026-05-03")).candidates
    assert found.happens_at == datetime(2026, 5, 2, 22, tzinfo=UTC)
    assert found.expires_at == datetime(2026, 5, 3, 22, tzinfo=UTC)


def test_every_line_tells_the_local_time_and_the_zone() -> None:
    llm = FakeLLM([document({"memories": []})])
    asking = Asking(prompt="notes", zone=ZoneInfo("Europe/Berlin"))
    ModelExtractor(llm, asking, FakeNames(), 40).extract([message("I have a dog.")])
    said = llm.requests[0].messages[0].text
    assert "[1] Monday,2026-03-02T10:30+01:00[Europe/Berlin] person: I have a dog." in said
