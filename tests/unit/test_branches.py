"""The tree that a chapter grows into, and the paths in it."""

import itertools
from datetime import datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from cns.domain.branches import Branch, Kin, branches, path_through, path_to
from cns.domain.message import MessageId, Role, SegmentId, TurnId
from tests.values import at

CHAPTER = SegmentId(UUID(int=99))


def ident(number: int) -> MessageId:
    return MessageId(UUID(int=number))


def asked(number: int, below: int | None = None, left_at: datetime | None = None) -> Kin:
    parent = None if below is None else ident(below)
    return Kin(
        id=ident(number),
        segment_id=CHAPTER,
        role=Role.USER,
        parent_id=parent,
        turn_id=TurnId(UUID(int=number)),
        left_at=left_at,
    )


def replied(
    number: int,
    to: int,
    turn: int | None = None,
    role: Role = Role.ASSISTANT,
    *,
    said: bool = True,
    left_at: datetime | None = None,
) -> Kin:
    return Kin(
        id=ident(number),
        segment_id=CHAPTER,
        role=role,
        parent_id=ident(to),
        turn_id=TurnId(UUID(int=turn or to)),
        said=said,
        left_at=left_at,
    )


def numbers(ids: tuple[MessageId, ...]) -> list[int]:
    return [one.int for one in ids]


# The first question was answered twice, the second one was edited.
GROWN = (
    asked(1),
    replied(2, 1, left_at=at(5)),
    asked(3, 2, left_at=at(5)),
    replied(4, 1, turn=40),
    asked(5, 4, left_at=at(8)),
    replied(6, 5, left_at=at(8)),
    asked(7, 4),
    replied(8, 7),
)


def test_what_was_said_once_is_its_only_version() -> None:
    kin = [asked(1), replied(2, 1), asked(3, 2)]
    assert set(branches(kin).values()) == {Branch()}


def test_answers_to_the_same_message_are_versions_in_the_order_in_which_they_came() -> None:
    found = branches(GROWN)
    assert found[ident(2)] == Branch(index=1, count=2, on_path=False, next_id=ident(4))
    assert found[ident(4)] == Branch(index=2, count=2, previous_id=ident(2))


def test_messages_below_the_same_answer_are_versions() -> None:
    found = branches(GROWN)
    assert (found[ident(5)].index, found[ident(5)].count) == (1, 2)
    assert (found[ident(7)].index, found[ident(7)].previous_id) == (2, ident(5))
    assert found[ident(3)] == Branch(on_path=False)


def test_first_messages_of_a_chapter_are_versions_of_each_other() -> None:
    found = branches([asked(1, left_at=at(1)), asked(2)])
    assert (found[ident(1)].count, found[ident(2)].index) == (2, 2)


def test_what_stands_on_the_path_together_is_no_version() -> None:
    found = branches([asked(1), asked(2), asked(3, left_at=at(1))])
    assert (found[ident(1)].count, found[ident(2)].count, found[ident(3)].count) == (2, 2, 3)


def test_the_steps_of_a_tool_belong_to_the_answer_s_version() -> None:
    kin = [
        asked(1),
        replied(2, 1, said=False, left_at=at(1)),
        replied(3, 1, role=Role.TOOL, said=False, left_at=at(1)),
        replied(4, 1, left_at=at(1)),
        replied(5, 1, turn=50, said=False),
        replied(6, 1, turn=50),
    ]
    found = branches(kin)
    assert {found[ident(n)].index for n in (2, 3, 4)} == {1}
    assert {found[ident(n)].previous_id for n in (5, 6)} == {ident(4)}
    assert found[ident(2)].next_id == ident(6)


def test_a_version_in_which_nothing_was_said_is_known_by_its_last_step() -> None:
    kin = [
        asked(1),
        replied(2, 1, said=False, left_at=at(1)),
        replied(3, 1, role=Role.TOOL, said=False, left_at=at(1)),
        replied(4, 1, turn=40),
    ]
    assert branches(kin)[ident(4)].previous_id == ident(3)


def test_a_path_leads_from_the_beginning_to_the_message() -> None:
    assert numbers(path_to(GROWN, ident(7))) == [1, 4, 7]
    assert numbers(path_to(GROWN, ident(3))) == [1, 2, 3]


def test_a_path_to_an_answer_s_step_holds_all_of_the_answer() -> None:
    kin = [asked(1), replied(2, 1, said=False), replied(3, 1), asked(4, 3)]
    assert numbers(path_to(kin, ident(2))) == [1, 2, 3]


def test_a_path_begins_with_what_stands_there_even_where_parents_are_unknown() -> None:
    kin = [asked(1), asked(2), asked(3), replied(4, 3)]
    assert numbers(path_to(kin, ident(3))) == [1, 2, 3]


def test_the_path_through_a_message_that_is_on_it_is_the_one_that_stands() -> None:
    assert numbers(path_through(GROWN, ident(1))) == [1, 4, 7, 8]


def test_going_back_leads_to_the_end_of_what_was_left() -> None:
    assert numbers(path_through(GROWN, ident(5))) == [1, 4, 5, 6]
    assert numbers(path_through(GROWN, ident(2))) == [1, 2, 3]


def test_going_back_leads_to_a_first_message_that_was_left() -> None:
    kin = [asked(1, left_at=at(5)), replied(2, 1, left_at=at(5)), asked(3), replied(4, 3)]
    assert numbers(path_through(kin, ident(1))) == [1, 2]


def test_going_back_takes_the_continuation_that_was_left_last() -> None:
    kin = (
        asked(1),
        replied(2, 1, left_at=at(30)),
        asked(3, 2, left_at=at(30)),
        asked(4, 2, left_at=at(20)),
        replied(5, 4, left_at=at(20)),
        replied(6, 1, turn=60),
    )
    assert numbers(path_through(kin, ident(2))) == [1, 2, 3]


@st.composite
def grown(draw: st.DrawFn) -> list[Kin]:
    """A chapter as it comes about: at each step something is said or answered somewhere."""
    kin: list[Kin] = [asked(1)]
    path = [1]
    for number in range(2, draw(st.integers(2, 14))):
        place = draw(st.sampled_from([one.id.int for one in kin]))
        below = next(one for one in kin if one.id.int == place)
        path = numbers(path_to(kin, below.id))
        new = asked(number, path[-1])
        if below.role is Role.USER:
            new = replied(number, place, turn=1000 + number)
        path.append(number)
        kin = [settled(one, path, number) for one in (*kin, new)]
    return kin


def settled(one: Kin, path: list[int], minutes: int) -> Kin:
    if one.id.int in path:
        return moved(one, None)
    return moved(one, at(minutes)) if one.on_path else one


def moved(one: Kin, left_at: datetime | None) -> Kin:
    return Kin(
        id=one.id,
        segment_id=one.segment_id,
        role=one.role,
        parent_id=one.parent_id,
        turn_id=one.turn_id,
        said=one.said,
        left_at=left_at,
    )


@given(grown())
def test_every_path_is_a_chain_from_the_beginning_through_its_message(kin: list[Kin]) -> None:
    parents = {one.id: one.parent_id for one in kin}
    for one in kin:
        path = path_through(kin, one.id)
        assert one.id in path
        assert parents[path[0]] is None
        assert all(parents[after] == before for before, after in itertools.pairwise(path))


@given(grown())
def test_a_path_that_is_chosen_is_found_again(kin: list[Kin]) -> None:
    present = tuple(one.id for one in kin if one.on_path)
    assert path_through(kin, present[-1]) == present
    for one in kin:
        there = numbers(path_through(kin, one.id))
        away = [settled(each, there, 100) for each in kin]
        assert path_through(away, present[-1]) == present


@given(grown())
def test_versions_are_counted_and_linked_in_one_row(kin: list[Kin]) -> None:
    found = branches(kin)
    for one, branch in found.items():
        assert 1 <= branch.index <= branch.count
        assert (branch.previous_id is None) == (branch.index == 1)
        assert (branch.next_id is None) == (branch.index == branch.count)
        if branch.next_id:
            assert found[branch.next_id].previous_id == one
