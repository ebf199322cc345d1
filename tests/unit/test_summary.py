"""What a chapter was about, with a model and without."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cns.domain.message import Document, Image, Message, Role, SegmentId
from cns.domain.segment import Summary
from cns.errors import ModelStopped, ModelUnavailable, SpendingCeiling
from cns.ports import ModelRequest
from cns.services.summary import (
    LONGEST,
    SCHEMA,
    TELLING,
    TITLE_WORDS,
    ExtractiveSummary,
    FittingSummary,
    ModelSummary,
    condensed,
)
from tests.fakes.llm import Fails, FakeLLM, Says, document
from tests.values import message

WRITTEN = {"title": "Moving to Hamburg", "summary": "Anna moves in May.", "complexity": 2}


def conversation(*said: str) -> list[Message]:
    first = message(said[0])
    segment_id = SegmentId(first.segment_id)
    rest = [message(text, segment_id=segment_id) for text in said[1:]]
    reply = message("Noted, dear friend.", Role.ASSISTANT, segment_id=segment_id)
    return [first, *rest, reply]


def drawn(*said: str) -> Summary:
    return ExtractiveSummary().summarise(conversation(*said))


def test_the_words_are_the_user_s_own() -> None:
    summary = drawn("My sister moves to Hamburg in May.")
    assert summary == Summary(
        title="My sister moves to Hamburg in May",
        text="My sister moves to Hamburg in May.",
        complexity=1,
    )


def test_names_tell_more_than_questions() -> None:
    summary = drawn("Well. Shall we? Yes.", "Doctor Amara Okafor lives in Hamburg.", "Ok. So. Hm.")
    assert "Amara Okafor" in summary.text
    assert "Shall we?" not in summary.text


def test_sentences_keep_their_order() -> None:
    summary = drawn("Anna paints. Bruno paints Anna. Clara paints Bruno.")
    assert summary.text == "Anna paints. Bruno paints Anna. Clara paints Bruno."


def test_a_long_title_is_cut() -> None:
    title = drawn("one two three four five six seven eight nine").title
    assert title == "one two three four five six seven eight\u2026"


def test_pictures_alone_are_pictures() -> None:
    picture = message((Image(media_type="image/png", data="aGk="),))
    assert ExtractiveSummary().summarise([picture]).title == "Pictures"


@pytest.mark.parametrize(
    ("title", "text"),
    [(None, "Documents were shared."), ("Lease", "Documents were shared: Lease.")],
)
def test_documents_alone_are_documents(title: str | None, text: str) -> None:
    shared = message((Document(media_type="application/pdf", data="JVBERi0=", title=title),))
    summary = ExtractiveSummary().summarise([shared])
    assert (summary.title, summary.text) == ("Documents", text)


@pytest.mark.parametrize(("messages", "complexity"), [(8, 1), (9, 2), (29, 2), (30, 3)])
def test_long_chapters_are_deeper(messages: int, complexity: int) -> None:
    assert drawn(*["word"] * messages).complexity == complexity


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1))
@example(['"'])
def test_any_words_have_a_summary(said: list[str]) -> None:
    summary = drawn(*said)
    assert summary.title.strip()
    assert 0 < len(summary.text) <= LONGEST
    assert len(summary.title.split()) <= TITLE_WORDS


def asked(llm: FakeLLM, *said: str) -> Summary:
    model = ModelSummary(llm=llm, prompt="Sum it up.", fallback=ExtractiveSummary())
    return model.summarise(conversation(*said))


def test_a_capable_model_writes_it() -> None:
    summary = asked(FakeLLM([document(WRITTEN)]), "My sister moves.")
    assert summary == Summary(title="Moving to Hamburg", text="Anna moves in May.", complexity=2)


def test_the_fast_model_is_asked_for_a_document() -> None:
    llm = FakeLLM([document(WRITTEN)])
    asked(llm, "My sister moves.")
    (request,) = llm.requests
    assert (request.fast, request.schema, request.system[0].text) == (True, SCHEMA, "Sum it up.")
    assert "user: My sister moves.\n\nassistant: Noted, dear friend." in request.messages[0].text


@pytest.mark.parametrize(
    "answer",
    [
        Says("no JSON"),
        Says("[]"),
        document({"title": "", "summary": "x"}),
        document({"title": "x"}),
        document(WRITTEN | {"title": 3}),
        Fails(ModelUnavailable("It is away.")),
        Fails(ModelUnavailable("It is away."), after='{"title": '),
    ],
)
def test_without_a_usable_answer_the_user_s_words_serve(answer: Says | Fails) -> None:
    assert asked(FakeLLM([answer]), "My sister moves to Hamburg.").title == (
        "My sister moves to Hamburg"
    )


@pytest.mark.parametrize("complexity", [None, 0, 4, "deep"])
def test_an_odd_complexity_is_a_middling_one(complexity: object) -> None:
    answer = document(WRITTEN | {"complexity": complexity})
    assert asked(FakeLLM([answer]), "My sister moves.").complexity == 2


@pytest.mark.parametrize("title", [" ", "...", '""'])
def test_a_title_of_no_words_is_no_title(title: str) -> None:
    answer = document(WRITTEN | {"title": title})
    assert asked(FakeLLM([answer]), "My sister moves.").title == "My sister moves"


def test_a_long_chapter_is_sent_by_its_end() -> None:
    llm = FakeLLM([document(WRITTEN)])
    asked(llm, "old words " * 10_000, "the newest words")
    assert len(llm.requests[0].messages[0].text) < 61_000
    assert "the newest words" in llm.requests[0].messages[0].text


def test_who_writes_is_a_matter_of_the_model_that_answers_now() -> None:
    llm = FakeLLM([document(WRITTEN)])
    words = ExtractiveSummary()
    written = ModelSummary(llm=llm, prompt="Sum up.", fallback=words)
    fitting = FittingSummary(llm=llm, written=written, drawn=words)
    said = conversation("My sister moves to Hamburg in May.")
    assert fitting.summarise(said).title == "Moving to Hamburg"
    llm.capable = False
    assert fitting.summarise(said) == words.summarise(said)


def test_a_day_s_ceiling_is_no_reason_to_make_do_with_less() -> None:
    def refused(_: ModelRequest) -> Says:
        raise SpendingCeiling("Background work rests until tomorrow.")

    summary = ModelSummary(llm=FakeLLM([refused]), prompt="", fallback=ExtractiveSummary())
    with pytest.raises(SpendingCeiling):
        summary.summarise(conversation("Anna moves in May."))


def test_a_summary_that_the_end_of_the_program_cut_off_is_left_for_later() -> None:
    llm = FakeLLM([Fails(ModelStopped("MIRA is shutting down."))])
    with pytest.raises(ModelStopped):
        ModelSummary(llm=llm, prompt="", fallback=ExtractiveSummary()).summarise(
            conversation("My sister moves to Hamburg in May.")
        )


# --- what has room ----------------------------------------------------------------


@given(st.lists(st.integers(0, 900).map("x".__mul__), max_size=40), st.integers(0, 9000))
def test_a_transcript_keeps_to_its_room(lines: list[str], room: int) -> None:
    kept = condensed(lines, room)
    assert sum(map(len, kept)) <= room
    if sum(map(len, lines)) <= room:
        assert kept == lines


def test_a_long_message_gives_way_before_a_short_one() -> None:
    assert condensed(["a" * 900, "b" * 30, "c" * 400], 530) == ["a" * 250, "b" * 30, "c" * 250]


def test_of_very_many_messages_some_are_left_out_evenly() -> None:
    lines = [f"{n}" * TELLING for n in range(8)]
    assert [line[0] for line in condensed(lines, 4 * TELLING)] == ["0", "2", "4", "6"]


def test_a_model_of_little_context_is_sent_less() -> None:
    llm = FakeLLM([document(WRITTEN)])
    llm.context_tokens = 2048
    said = conversation(*["We walked along the weir. " * 40] * 20)
    model = ModelSummary(llm=llm, prompt="Sum it up.", fallback=ExtractiveSummary())
    assert model.summarise(said).title == WRITTEN["title"]
    assert len(llm.requests[0].messages[0].text) < 2048 * 2
