"""What every text index keeps to: the one in memory and tantivy's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.text_index import TantivyIndex
from cns.errors import StoreUnavailable
from lt_memory.ports import TextIndex, TextItem, TextQuery
from tests.fakes.text_index import FakeTextIndex
from tests.fakes.text_source import FakeTextSource

LONG = timedelta(seconds=20)
EVERYTHING = frozenset({"message", "memory", "segment"})
SPRING = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture(params=["fake", "tantivy"])
def kind_of_index(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def opened(kind_of_index: str, folder: Path, source: FakeTextSource) -> Iterator[TextIndex]:
    if kind_of_index == "fake":
        yield FakeTextIndex(source)
    else:
        with TantivyIndex(folder / "text_index", source) as index:
            yield index


@pytest.fixture
def source() -> FakeTextSource:
    return FakeTextSource()


@pytest.fixture
def index(kind_of_index: str, tmp_path: Path, source: FakeTextSource) -> Iterator[TextIndex]:
    with opened(kind_of_index, tmp_path, source) as index:
        assert index.catch_up(LONG)
        yield index


def item(
    text: str,
    kind: str = "memory",
    *instants: datetime,
    speaker: str = "",
    around: tuple[str, ...] = (),
) -> TextItem:
    return TextItem(
        kind=kind,
        id=uuid4(),
        text=text,
        instants=instants or (SPRING,),
        speaker=speaker,
        around=around,
    )


def asked(text: str, kinds: frozenset[str] = EVERYTHING, limit: int = 10) -> TextQuery:
    return TextQuery(text=text, kinds=kinds, limit=limit)


def filled(index: TextIndex, source: FakeTextSource, *items: TextItem) -> None:
    for each in items:
        source.put(each)
    assert index.catch_up(LONG)


def test_an_empty_index_finds_nothing(index: TextIndex) -> None:
    assert not index.search(asked("anything"))


def test_any_of_the_words_is_enough(index: TextIndex, source: FakeTextSource) -> None:
    dog, tea = item("My dog is called Biscuit"), item("I drink green tea")
    filled(index, source, dog, tea)
    assert {hit.id for hit in index.search(asked("dogs and tea"))} == {dog.id, tea.id}


def test_a_rare_word_counts_more_than_a_common_one(
    index: TextIndex, source: FakeTextSource
) -> None:
    common = [item(f"garden work number {n}") for n in range(8)]
    rare = item("the trombone in the attic")
    filled(index, source, *common, rare)
    assert index.search(asked("garden trombone"))[0].id == rare.id


def test_own_words_count_more_than_those_around(index: TextIndex, source: FakeTextSource) -> None:
    answer = item("in Lisbon, by the river", "message", around=("where did you live before then",))
    before = item("where did you live before then", "message", around=("in Lisbon, by the river",))
    filled(index, source, answer, before)
    assert [hit.id for hit in index.search(asked("Lisbon"))] == [answer.id, before.id]


def test_what_was_said_around_is_found_too(index: TextIndex, source: FakeTextSource) -> None:
    answer = item("In Lisbon.", "message", around=("Where did you grow up?",))
    filled(index, source, answer)
    assert index.search(asked("grow up"))[0].id == answer.id


def test_two_words_are_met_as_one(index: TextIndex, source: FakeTextSource) -> None:
    planned = item("We plan each workout together")
    filled(index, source, planned, item("We sing together"))
    assert [hit.id for hit in index.search(asked("Do they work out?"))] == [planned.id]


def test_a_speaker_is_found_by_name(index: TextIndex, source: FakeTextSource) -> None:
    said = item("I love it", "message", speaker="Marta")
    filled(index, source, said, item("I hate it", "message", speaker="Jonas"))
    assert [hit.id for hit in index.search(asked("What about Marta?"))] == [said.id]


def test_only_the_kinds_asked_for_are_found(index: TextIndex, source: FakeTextSource) -> None:
    memory, message = item("a red boat"), item("a red boat", "message")
    filled(index, source, memory, message)
    found = index.search(asked("boat", frozenset({"message"})))
    assert [(hit.kind, hit.id) for hit in found] == [("message", message.id)]


def test_only_the_time_asked_for_is_found(index: TextIndex, source: FakeTextSource) -> None:
    early = item("a red boat", "message", SPRING)
    late = item("a red boat", "message", SPRING + timedelta(days=60))
    filled(index, source, early, late)
    middle = SPRING + timedelta(days=30)
    before = index.search(TextQuery(text="boat", kinds=EVERYTHING, limit=10, before=middle))
    after = index.search(TextQuery(text="boat", kinds=EVERYTHING, limit=10, after=middle))
    assert [hit.id for hit in before] == [early.id]
    assert [hit.id for hit in after] == [late.id]


def test_what_happens_in_a_time_is_found_by_it(index: TextIndex, source: FakeTextSource) -> None:
    trip = item("the trip to Oslo", "memory", SPRING, SPRING + timedelta(days=60))
    filled(index, source, trip)
    asked_for = TextQuery(
        text="trip", kinds=EVERYTHING, limit=10, after=SPRING + timedelta(days=50)
    )
    assert [hit.id for hit in index.search(asked_for)] == [trip.id]


def test_no_more_than_asked_for_is_found(index: TextIndex, source: FakeTextSource) -> None:
    filled(index, source, *(item(f"boat number {n}") for n in range(9)))
    assert len(index.search(asked("boat", limit=4))) == 4


def test_a_question_of_stop_words_finds_nothing(index: TextIndex, source: FakeTextSource) -> None:
    filled(index, source, item("who is it that was there"))
    assert not index.search(asked("who is it?"))


def test_coverage_tells_how_much_of_the_question_is_there(
    index: TextIndex, source: FakeTextSource
) -> None:
    filled(index, source, item("the blue bicycle"), item("a green gate"))
    whole = index.search(asked("blue bicycle"))[0].coverage
    part = index.search(asked("blue bicycle zeppelin trombone"))[0].coverage
    assert 0 < part < whole <= 1


def test_a_changed_text_is_found_by_its_new_words_alone(
    index: TextIndex, source: FakeTextSource
) -> None:
    first = item("the blue bicycle")
    filled(index, source, first)
    filled(index, source, TextItem(kind=first.kind, id=first.id, text="a tram", instants=(SPRING,)))
    assert not index.search(asked("bicycle"))
    assert [hit.id for hit in index.search(asked("tram"))] == [first.id]


def test_what_was_deleted_is_not_found(index: TextIndex, source: FakeTextSource) -> None:
    gone, kept = item("the blue bicycle"), item("the blue gate")
    filled(index, source, gone, kept)
    source.remove(gone)
    assert index.catch_up(LONG)
    assert [hit.id for hit in index.search(asked("blue bicycle"))] == [kept.id]


def test_changes_stay_pending_until_they_are_in(index: TextIndex, source: FakeTextSource) -> None:
    source.put(item("the blue bicycle"))
    assert source.pending(10).changes
    assert index.catch_up(LONG)
    assert not source.pending(10).changes


def test_taking_in_the_same_twice_changes_nothing(index: TextIndex, source: FakeTextSource) -> None:
    bicycle = item("the blue bicycle")
    filled(index, source, bicycle)
    before = index.search(asked("bicycle"))
    filled(index, source, bicycle)
    assert [hit.id for hit in index.search(asked("bicycle"))] == [hit.id for hit in before]


def test_purging_is_done_once_after_a_deletion(index: TextIndex, source: FakeTextSource) -> None:
    gone, kept = item("the blue bicycle"), item("the blue gate")
    filled(index, source, gone, kept)
    assert not index.purge()
    source.remove(gone)
    assert index.catch_up(LONG)
    assert index.purge()
    assert not index.purge()
    assert [hit.id for hit in index.search(asked("blue"))] == [kept.id]


def test_a_lost_database_is_reported_and_nothing_is_lost(
    index: TextIndex, source: FakeTextSource
) -> None:
    bicycle = item("the blue bicycle")
    source.put(bicycle)
    source.lost = True
    with pytest.raises(StoreUnavailable):
        index.catch_up(LONG)
    source.lost = False
    assert index.catch_up(LONG)
    assert [hit.id for hit in index.search(asked("bicycle"))] == [bicycle.id]


def test_of_memories_only_those_that_count_are_found(
    index: TextIndex, source: FakeTextSource
) -> None:
    one, other, said = item("a boat"), item("a boat"), item("a boat", "message")
    filled(index, source, one, other, said)
    found = index.search(replace(asked("boat"), among=frozenset({other.id})))
    assert {hit.id for hit in found} == {other.id, said.id}
    nobody = replace(asked("boat", frozenset({"memory"})), among=frozenset())
    assert not index.search(nobody)


def test_an_index_that_holds_everything_agrees(index: TextIndex, source: FakeTextSource) -> None:
    filled(index, source, item("a boat"), item("a boat", "message"))
    assert index.agrees()


def test_what_is_still_pending_is_no_loss(index: TextIndex, source: FakeTextSource) -> None:
    source.put(item("a boat"))
    assert index.agrees()


def test_what_was_lost_is_told_once_and_had_from_the_database_again(
    index: TextIndex, source: FakeTextSource
) -> None:
    source.put(item("a boat"))
    source.taken(source.pending(10))
    assert not index.agrees()
    assert index.catch_up(LONG)
    assert index.agrees()
    assert len(index.search(asked("boat"))) == 1
