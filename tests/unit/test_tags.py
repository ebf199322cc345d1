"""Tags are read while they stream: no part of one is shown, and no words are lost."""

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cns.domain.tags import LONGEST_BODY, LONGEST_TAG, TagReader, Tags

PIECES = (
    "hello",
    " ",
    "\n",
    "<",
    ">",
    "/",
    "=",
    '"',
    "<m",
    "mira:",
    "<mira:",
    "</mira:",
    "<b>",
    "a < b",
    "\u0130",
    "K",
    '<mira:memory_ref="3f2a1b4c" />',
    "<mira:memory_ref=3f2a1b4c>",
    "<mira:topic_changed/>",
    "<mira:need_tool/>",
    "<MIRA:need_tool>",
    "<mira:touchstone>",
    "</mira:touchstone>",
    "<mira:my_emotion>glad</mira:my_emotion>",
    "<MIRA:Display_Title>",
    "</mira:display_title >",
    "<mira:?>",
    "<error_analysis>",
    "</error_analysis>",
    "<error_analysis error='x'>",
    "x" * (LONGEST_TAG - 7),
    "word " * (LONGEST_BODY // 5),
)
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=9).map("".join)


def read(*chunks: str) -> tuple[str, Tags]:
    reader = TagReader()
    shown = [reader.feed(chunk) for chunk in chunks]
    return "".join((*shown, reader.finish())), reader.tags


def shown(text: str) -> str:
    return read(text)[0]


@given(text=texts, data=st.data())
def test_how_a_stream_is_cut_makes_no_difference(text: str, data: st.DataObject) -> None:
    cuts = data.draw(st.sets(st.integers(0, len(text)), max_size=8))
    places = [0, *sorted(cuts), len(text)]
    chunks = [text[a:b] for a, b in itertools.pairwise(places)]
    assert read(*chunks) == read(text)


@given(text=texts)
def test_character_by_character_makes_no_difference(text: str) -> None:
    assert read(*text) == read(text)


@given(text=texts)
@example("<<mira:need_tool/>mira:x")
@example("<mi<mira:need_tool/>ra:x")
@example("</<mira:a>x</mira:a>mira:")
@example("\u0130\u0130<mira:touchstone>secret")
def test_no_tag_is_ever_shown(text: str) -> None:
    visible = shown(text).lower()
    assert "<mira:" not in visible
    assert "</mira:" not in visible


@given(text=st.text().filter(lambda text: ":" not in text and "_" not in text))
def test_text_without_tags_passes_unchanged(text: str) -> None:
    assert shown(text).strip() == text.strip()


@given(words=st.lists(st.sampled_from(["one", "two", "three<", "4 > 3"]), min_size=1))
@pytest.mark.parametrize("tag", ["<mira:touchstone>", "<mira:display_title>", "<error_analysis>"])
def test_a_tag_that_is_never_closed_loses_no_words(tag: str, words: list[str]) -> None:
    text = " ".join(words)
    assert shown(f"{tag}{text}").split() == text.split()


def test_a_paired_tag_is_taken_out_of_the_words() -> None:
    text, tags = read("Hi.<mira:touchstone> A cat. </mira:touchstone> Bye.")
    assert (text, tags.touchstone) == ("Hi. Bye.", "A cat.")


def test_words_come_as_soon_as_they_cannot_be_a_tag() -> None:
    reader = TagReader()
    assert [reader.feed(c) for c in ("a <", "b", "> c <mi", "x")] == ["a ", "<b", "> c ", "<mix"]


def test_words_behind_an_open_tag_wait_for_its_end() -> None:
    reader = TagReader()
    assert reader.feed("Hi <mira:display_title>My") == "Hi "
    assert reader.feed(" day</mira:display_title>!") == "!"
    assert reader.tags.display_title == "My day"


def test_leading_white_space_is_not_shown() -> None:
    assert shown(" \n <mira:topic_changed/>\n\nHello") == "Hello"


def test_memories_are_cited_in_order_and_once() -> None:
    _, tags = read('<mira:memory_ref="b"/><mira:memory_ref=\'a\' /><mira:memory_ref="b"/>')
    assert tags.memory_refs == ("b", "a")


def test_a_citation_of_nothing_is_none() -> None:
    assert read("<mira:memory_ref/>")[1].memory_refs == ()


@pytest.mark.parametrize(
    ("said", "emotion"), [("\U0001f642", "\U0001f642"), ("very glad", None), ("", None)]
)
def test_an_emotion_is_one_word(said: str, emotion: str | None) -> None:
    assert read(f"<mira:my_emotion>{said}</mira:my_emotion>")[1].emotion == emotion


@pytest.mark.parametrize(("said", "complexity"), [(" 2 ", 2), ("4", None), ("deep", None)])
def test_complexity_is_one_to_three(said: str, complexity: int | None) -> None:
    assert read(f"<mira:complexity>{said}</mira:complexity>")[1].complexity == complexity


def test_switches_are_off_unless_said() -> None:
    assert read("hello")[1] == Tags()


def test_switches_are_on_when_said() -> None:
    _, tags = read("<mira:topic_changed /><mira:need_tool>")
    assert (tags.topic_changed, tags.need_tool) == (True, True)


def test_an_error_analysis_is_never_shown() -> None:
    assert shown("<error_analysis error='x'>I was wrong</error_analysis>Sorry.") == "Sorry."


def test_a_closing_tag_alone_is_not_shown() -> None:
    assert shown("Hello</mira:touchstone> there") == "Hello there"


def test_a_misspelt_tag_is_not_shown() -> None:
    assert shown("Hello <mira:memory-ref id=3>there") == "Hello there"


def test_a_cut_stream_shows_nothing_of_the_tag_that_it_ended_in() -> None:
    assert shown('Yes. <mira:memory_ref="3f2a') == "Yes. "


def test_a_cut_stream_shows_what_only_looked_like_a_tag() -> None:
    assert shown("1 <") == "1 <"


def test_a_tag_that_never_ends_gives_way_to_its_words() -> None:
    words = "word " * LONGEST_TAG
    assert shown(f"<mira:{words}").split() == words.split()[1:]


def test_a_tag_whose_body_never_ends_gives_way_to_its_words() -> None:
    words = "word " * LONGEST_BODY
    assert shown(f"<mira:touchstone>{words}</mira:touchstone>").split() == words.split()


def test_of_a_repeated_tag_the_last_counts() -> None:
    text = "<mira:display_title>a</mira:display_title><mira:display_title>b</mira:display_title>"
    assert read(text)[1].display_title == "b"


WISHES = st.sampled_from(["<mira:need_tool/>", "<mira:need_tool />", "<Mira:Need_Tool>"])


@given(before=texts.filter(lambda t: "<" not in t), tag=WISHES, data=st.data())
def test_a_wish_for_a_tool_is_read_however_the_stream_is_cut(
    before: str, tag: str, data: st.DataObject
) -> None:
    text = f"{before}{tag} after"
    cut = data.draw(st.integers(0, len(text)))
    seen, tags = read(text[:cut], text[cut:])
    assert tags.need_tool
    assert "need_tool" not in seen.lower()


tags_of = st.builds(
    Tags,
    memory_refs=st.lists(st.sampled_from("abc"), unique=True).map(tuple),
    emotion=st.none() | st.sampled_from("xy"),
    topic_changed=st.booleans(),
    need_tool=st.booleans(),
)


@given(one=tags_of, two=tags_of, three=tags_of)
def test_tags_of_several_rounds_add_up_however_they_are_grouped(
    one: Tags, two: Tags, three: Tags
) -> None:
    assert one.then(two).then(three) == one.then(two.then(three))
    assert Tags().then(one) == one.then(Tags()) == one


@given(one=tags_of, two=tags_of)
def test_no_reference_and_no_switch_is_lost_between_rounds(one: Tags, two: Tags) -> None:
    both = one.then(two)
    assert set(both.memory_refs) == {*one.memory_refs, *two.memory_refs}
    assert both.topic_changed == (one.topic_changed or two.topic_changed)
    assert both.emotion == (two.emotion or one.emotion)
