"""What a line of a file says, and how lines come together as chapters."""

import json
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cns.domain.imported import LONGEST_LABEL, Place, Said, chapters, said_in
from cns.domain.message import Role
from cns.errors import InvalidInput
from cns.services.importing import LONGEST_LINE, TOLD, lines, surveyed
from tests.values import at

HOUR = timedelta(hours=1)
LINE = {"role": "user", "content": "The plums are ripe.", "created_at": "2024-08-01T10:00:00Z"}
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1)
LABEL = st.none() | WORDS.filter(lambda label: len(label) <= LONGEST_LABEL)
ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001 - the zone is drawn
SAID = st.builds(
    Said,
    role=st.sampled_from([Role.USER, Role.ASSISTANT]),
    content=WORDS.filter(str.strip),
    created_at=TIMES,
    name=LABEL,
    external_id=LABEL,
    session=LABEL,
)


def line(**changed: object) -> bytes:
    return json.dumps({**LINE, **changed}).encode()


def told(said: Said) -> dict[str, object]:
    return {
        "role": said.role.value,
        "content": said.content,
        "created_at": said.created_at.isoformat(),
        "name": said.name,
        "external_id": said.external_id,
        "session": said.session,
    }


@given(SAID, st.booleans())
def test_what_is_written_is_what_is_read(said: Said, ascii_only: bool) -> None:
    written = json.dumps(told(said), ensure_ascii=ascii_only).encode()
    read = said_in(written)
    assert read == said
    assert read.created_at.tzinfo is UTC


@given(SAID, SAID)
def test_two_messages_are_one_only_when_all_of_them_is_the_same(one: Said, other: Said) -> None:
    assert (one.id == other.id) == (one == other)


@given(st.binary() | st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*LINE, "name"]), inner),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_whatever_a_line_holds_it_is_a_message_or_it_is_said_why_not(line: bytes) -> None:
    try:
        said = said_in(line)
    except InvalidInput as error:
        assert error.detail  # noqa: PT017 - either is right
    else:
        assert said.content.strip()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\xff\xfe{}", "not UTF-8"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no JSON object"),
        (line(role="system"), '`role` must be "user" or "assistant", not "system"'),
        (line(role=["user"]), "`role`"),
        (line(content=" \n"), "`content` must be text"),
        (line(content="a\x00b"), "`content` holds a NUL"),
        (line(content="\ud800"), "half a surrogate pair"),
        (line(created_at="2024-08-01T10:00:00"), "has no zone: write 2024-08-01T10:00:00Z"),
        (line(created_at="yesterday"), "`created_at` must be an instant"),
        (line(created_at=1722506400), "not 1722506400"),
        (line(created_at="0001-01-01T00:00:00+10:00"), "`created_at` must be an instant"),
        (line(session=3), "`session` must be text, not 3"),
        (line(name="x" * 501), "`name` has more than 500 characters"),
        (json.dumps({"role": "user", "content": "x"}).encode(), "`created_at` must be an instant"),
        (line(content=["x" * 99]), "…"),
    ],
    ids=range(17),
)
def test_a_line_that_is_no_message_says_why(line: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        said_in(line)
    assert reason in refused.value.detail


def test_a_mark_at_the_beginning_of_the_file_is_passed_over() -> None:
    assert said_in(b"\xef\xbb\xbf" + line()).content == LINE["content"]


def places(*hours: float) -> list[Place]:
    return [Place(at(0) + HOUR * hour, number) for number, hour in enumerate(hours)]


def test_a_session_is_a_chapter_whatever_silence_is_in_it() -> None:
    assert list(chapters({"a": places(0, 90)}, HOUR)) == [places(0, 90)]


def test_what_names_no_session_is_parted_by_silence() -> None:
    found = list(chapters({None: places(0, 1, 2.5, 3)}, HOUR))
    assert [[place.offset for place in chapter] for chapter in found] == [[0, 1], [2, 3]]


def test_chapters_come_in_the_order_of_their_beginnings() -> None:
    later, earlier, between = places(5, 9), places(1, 6), places(3)
    found = list(chapters({"x": later, "y": earlier, None: between}, HOUR))
    assert found == [earlier, between, later]


@given(st.lists(st.integers(0, 10_000), max_size=50))
def test_every_message_is_in_one_chapter_and_in_order(minutes: list[int]) -> None:
    given_places = [
        Place(at(0) + timedelta(minutes=each), number) for number, each in enumerate(minutes)
    ]
    found = list(chapters({None: given_places}, HOUR))
    assert [place for chapter in found for place in chapter] == sorted(given_places)
    assert all(b.at - a.at <= HOUR for part in found for a, b in pairwise(part))


def test_lines_are_counted_as_a_person_counts_them() -> None:
    survey = surveyed(BytesIO(b"\n" + line() + b"\r\n\n{}\n" + line(content="Late.")))
    assert survey.found == 2
    assert [each["item"] for each in survey.skipped] == ["line 4"]


def test_a_very_long_line_is_passed_over_whole() -> None:
    file = BytesIO(line(content="x" * (3 * LONGEST_LINE)) + b"\n" + line())
    survey = surveyed(file)
    assert survey.skipped == [{"item": "line 1", "reason": "it has more than 1000000 bytes"}]
    assert [number for number, _, _ in lines(BytesIO(file.getvalue()))] == [1, 2]
    ((place,),) = survey.sessions.values()
    assert file.getvalue()[place.offset :] == line()


def test_many_lines_that_are_none_are_counted_rather_than_listed() -> None:
    survey = surveyed(BytesIO(b"no\n" * (TOLD + 5)))
    assert len(survey.told()) == TOLD + 1
    assert survey.told()[-1]["reason"] == "5 more are no messages"
