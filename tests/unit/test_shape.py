"""What a memory takes from those that it is made of, and from its own past."""

from dataclasses import replace
from uuid import uuid4

from lt_memory.domain.memory import (
    Actor,
    Evidence,
    Kind,
    Memory,
    MemoryId,
    Revision,
    Source,
    State,
    Trust,
)
from lt_memory.domain.revision import after_revision, born, changed, fields_of, with_fields
from lt_memory.domain.shape import joined, parted
from tests.values import at

MESSAGE, CHAPTER = uuid4(), uuid4()


def memory(text: str = "Ada sings.") -> Memory:
    return Memory(id=MemoryId(uuid4()), text=text, created_at=at(0), updated_at=at(0))


def join(*sources: Memory) -> Memory:
    return joined(sources, MemoryId(uuid4()), "Both.", at(9))


def test_what_all_share_is_kept() -> None:
    one = replace(memory(), kind=Kind.SKILL, segment_id=CHAPTER, happens_at=at(5))
    made = join(one, replace(one, happens_at=None))
    assert (made.kind, made.segment_id, made.happens_at) == (Kind.SKILL, CHAPTER, at(5))


def test_where_they_differ_nothing_is_claimed() -> None:
    one = replace(memory(), kind=Kind.SKILL, segment_id=CHAPTER, happens_at=at(5))
    made = join(one, replace(memory(), happens_at=at(6)))
    assert (made.kind, made.segment_id, made.happens_at) == (Kind.FACT, None, None)


def test_it_ends_with_the_first_and_holds_from_now_on() -> None:
    made = join(
        replace(memory(), expires_at=at(8), valid_until=at(1)), replace(memory(), expires_at=at(7))
    )
    assert (made.expires_at, made.valid_until, made.created_at) == (at(7), None, at(9))


def test_it_is_trusted_no_more_than_the_least() -> None:
    web = replace(memory(), source=Source.WEB, trust=Trust.UNTRUSTED, confidence=0.4)
    for made in (join(web, memory()), join(memory(), web)):
        assert (made.source, made.trust, made.confidence) == (Source.WEB, Trust.UNTRUSTED, 0.4)


def test_it_matters_as_much_as_the_most() -> None:
    made = join(replace(memory(), importance=0.8), replace(memory(), pinned=True, importance=0.2))
    assert (made.importance, made.pinned) == (0.8, True)


def test_of_evidence_that_begins_together_the_longer_is_kept() -> None:
    long = Evidence(message_id=MESSAGE, start=0, end=9)
    short, apart = replace(long, end=3), replace(long, start=4)
    one, other = replace(memory(), evidence=(short, apart)), replace(memory(), evidence=(long,))
    assert join(one, other).evidence == (long, apart)
    assert join(other, one).evidence == (long, apart)


def test_a_part_is_awake_and_new() -> None:
    whole = replace(memory(), state=State.ARCHIVED, revision=4, access_count=3, pinned=True)
    part = parted(whole, MemoryId(uuid4()), "Half.", at(9))
    assert (part.state, part.revision, part.access_count) == (State.ACTIVE, 1, 0)
    assert (part.text, part.created_at, part.pinned) == ("Half.", at(9), True)


def revisions() -> tuple[list[Revision], Memory, Memory]:
    """A birth and a change, and the memory after each."""
    one = memory()
    other = replace(
        one, text="Ada sang.", happens_at=at(1), expires_at=at(2), valid_until=at(3), pinned=True
    )
    step = changed(one, other, Actor.USER, "edited")
    assert step is not None
    return [born(one, Actor.USER), step], one, other


def test_the_fields_after_each_revision_are_those_of_the_memory_then() -> None:
    history, one, other = revisions()
    assert after_revision(history, 1) == fields_of(one)
    assert after_revision(history, 2) == fields_of(other)
    assert after_revision(history, 3) is None


def test_going_there_and_back_leads_home() -> None:
    _, one, other = revisions()
    assert with_fields(one, fields_of(other)) == other
    assert with_fields(other, fields_of(one)) == one


def test_a_memory_that_went_and_came_back_is_as_it_came() -> None:
    history, one, _ = revisions()
    gone = replace(history[1], revision=2, after=None)
    back = replace(history[0], revision=3)
    assert after_revision([history[0], gone, back], 2) is None
    assert after_revision([history[0], gone, back], 3) == fields_of(one)
