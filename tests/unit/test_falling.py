"""Which memories fall with messages, by what they rest on."""

from datetime import datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from lt_memory.domain.falling import Resting, falling, sayings
from lt_memory.domain.memory import Actor, MemoryId, Revision
from tests.values import START

ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))
A, B, C = (MemoryId(UUID(int=number)) for number in (11, 12, 13))


def resting(memory_id: MemoryId, *said: set[UUID], sources: tuple[MemoryId, ...] = ()) -> Resting:
    return Resting(
        id=memory_id,
        places=frozenset(place for each in said for place in each),
        sayings=tuple(frozenset(each) for each in said),
        sources=frozenset(sources),
    )


def told(number: int, before: list[UUID], after: list[UUID], at: datetime = START) -> Revision:
    def pieces(places: list[UUID]) -> dict[str, object]:
        return {"evidence": [{"message_id": str(p), "start": 0, "end": 4} for p in places]}

    return Revision(
        revision=number,
        at=at,
        actor=Actor.EXTRACTION,
        change="said again" if before else "created",
        before=pieces(before) if before else None,
        after=pieces(after),
    )


def test_what_was_said_there_alone_falls() -> None:
    assert falling([resting(A, {ONE})], frozenset({ONE})) == {A}


def test_what_was_said_elsewhere_too_stays() -> None:
    assert falling([resting(A, {ONE}, {TWO})], frozenset({ONE})) == frozenset()


def test_what_needed_several_messages_falls_with_one_of_them() -> None:
    assert falling([resting(A, {ONE, TWO})], frozenset({TWO})) == {A}


def test_what_no_longer_rests_there_stays() -> None:
    assert falling([resting(A)], frozenset({ONE})) == frozenset()


def test_what_was_made_of_it_falls_at_any_remove() -> None:
    made = [resting(A, {ONE}), resting(B, sources=(A, C)), resting(C, sources=(B,))]
    assert falling(made, frozenset({ONE})) == {A, B, C}


def test_what_was_made_of_memories_that_stay_stays() -> None:
    made = [resting(A, {ONE}, {TWO}), resting(B, {ONE, TWO}, sources=(A,))]
    assert falling(made, frozenset({ONE})) == frozenset()


def test_what_was_made_of_a_memory_that_is_gone_falls_with_its_evidence() -> None:
    made = [resting(B, {ONE, TWO}, sources=(C,))]
    assert falling(made, frozenset({ONE})) == {B}


def test_each_time_that_it_was_said_counts_for_itself() -> None:
    history = [told(1, [], [ONE, TWO]), told(2, [ONE, TWO], [ONE, TWO, THREE])]
    said = sayings(history, frozenset({ONE, TWO, THREE}))
    assert said == (frozenset({ONE, TWO}), frozenset({THREE}))


def test_a_time_of_which_a_part_is_gone_counts_no_more() -> None:
    history = [told(1, [], [ONE, TWO]), told(2, [ONE, TWO], [ONE, TWO, THREE])]
    assert sayings(history, frozenset({TWO, THREE})) == (frozenset({THREE}),)


def test_what_no_revision_tells_of_counts_for_itself() -> None:
    edited = Revision(
        revision=1, at=START, actor=Actor.USER, change="edited", before=None, after={"text": "x"}
    )
    assert sayings([edited], frozenset({ONE, TWO})) == (frozenset({ONE}), frozenset({TWO}))


@given(st.lists(st.sets(st.sampled_from([ONE, TWO, THREE]), min_size=1), min_size=1, max_size=4))
def test_to_erase_more_never_keeps_more(said: list[set[UUID]]) -> None:
    memory = resting(A, *said)
    assert falling([memory], frozenset({ONE})) <= falling([memory], frozenset({ONE, TWO}))
    assert falling([memory], frozenset({ONE, TWO, THREE})) == {A}
