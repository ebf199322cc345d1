"""What is made of an answer that is nearly JSON."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cns.domain.salvage import salvaged

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
DOCUMENT = st.dictionaries(st.text(), JSON, min_size=1)
LISTS = st.lists(st.dictionaries(st.text(), JSON, min_size=1), max_size=4)


@given(DOCUMENT)
@example({"a": '}, ] ",', "b": [{}, {"c": "\\"}]})
def test_a_document_is_found_in_fences_and_prose_with_a_comma_too_many(
    document: dict[str, object],
) -> None:
    written = json.dumps(document, indent=1)
    too_many = f"{written[:-1]},\n}}"
    for answer in (
        written,
        f"```json\n{written}\n```",
        f"Here it is:\n\n```\n{too_many}\n```\nAnything else? {{}}",
        f"Sure! {too_many} That is all.",
    ):
        assert salvaged(answer) == (document, False)


@given(LISTS, st.data())
def test_of_a_cut_document_the_first_whole_items_are_left(
    items: list[dict[str, object]], data: st.DataObject
) -> None:
    written = json.dumps({"memories": items})
    cut = written[: data.draw(st.integers(0, len(written) - 1))]
    try:
        document, is_cut = salvaged(cut)
    except ValueError:
        return
    assert is_cut
    assert isinstance(document, dict)
    assert document["memories"] == items[: len(document["memories"])]


def test_a_bracket_left_out_at_the_end_is_supplied() -> None:
    assert salvaged('{"memories": [{"text": "a"}]') == ({"memories": [{"text": "a"}]}, True)


def test_a_line_may_break_within_a_string() -> None:
    assert salvaged('{"text": "one\ntwo"}').document == {"text": "one\ntwo"}


SHALLOW = ["", "no JSON", "{", '{"a": ', '{"a": "b', '{"a": [1}', "{'a': 1}", '{"a" 1}']
DEEP = ['{"a":' * 100_000, '{"a":' + "[" * 100_000 + "]" * 100_000 + "}"]


@pytest.mark.parametrize(
    "answer", [*SHALLOW, *DEEP], ids=lambda answer: answer[:9] + str(len(answer))
)
def test_what_would_have_to_be_guessed_is_none(answer: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        salvaged(answer)


@given(st.text(alphabet='{}[]",:\\ a1'))
def test_any_text_holds_a_document_or_none(answer: str) -> None:
    try:
        salvaged(answer)
    except ValueError:
        return
