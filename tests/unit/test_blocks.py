"""Content blocks keep their meaning as JSON."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cns.domain.blocks import from_json, to_json
from cns.domain.message import Block, Document, Image, Text, Thought, ToolCall, ToolResult
from cns.errors import InvalidInput

inputs = st.dictionaries(
    st.text(), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers())
)
blocks: st.SearchStrategy[Block] = st.one_of(
    st.builds(Text, text=st.text()),
    st.builds(Image, media_type=st.text(), data=st.text()),
    st.builds(Document, media_type=st.text(), data=st.text(), title=st.none() | st.text()),
    st.builds(Thought, text=st.text(), signature=st.text()),
    st.builds(ToolCall, id=st.text(), name=st.text(), input=inputs),
    st.builds(ToolResult, tool_call_id=st.text(), text=st.text(), ok=st.booleans()),
)


@given(st.lists(blocks).map(tuple))
def test_blocks_survive_json(given_: tuple[Block, ...]) -> None:
    assert from_json(json.loads(json.dumps(to_json(given_)))) == given_


@pytest.mark.parametrize(
    "block",
    [
        {},
        {"type": "document"},
        {"type": "document", "source": {"media_type": "application/pdf"}},
        {"type": "thinking", "thinking": "unsigned"},
        {"type": "text"},
        {"type": "text", "text": 3},
        {"type": "image", "source": {"type": "url", "url": "x"}},
        {"type": "tool_use", "id": "1", "name": "x", "input": []},
        {"type": "tool_result", "tool_use_id": "1", "content": []},
    ],
)
def test_an_unknown_block_is_refused(block: Mapping[str, object]) -> None:
    with pytest.raises(InvalidInput):
        from_json([block])


def test_a_document_is_written_as_anthropic_writes_it() -> None:
    document = Document(media_type="application/pdf", data="JVBERi0=", title="Lease")
    source = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
    assert to_json([document]) == [{"type": "document", "source": source, "title": "Lease"}]


def test_a_document_without_a_title_says_nothing_of_it() -> None:
    (block,) = to_json([Document(media_type="application/pdf", data="JVBERi0=")])
    assert "title" not in block


def test_a_title_that_is_no_text_is_left_out() -> None:
    source = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
    (block,) = from_json([{"type": "document", "source": source, "title": 7}])
    assert block == Document(media_type="application/pdf", data="JVBERi0=")


def test_a_thought_is_written_with_its_seal() -> None:
    (block,) = to_json([Thought(text="Hm.", signature="c2ln")])
    assert block == {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}


def test_a_result_without_a_word_on_its_success_succeeded() -> None:
    (block,) = from_json([{"type": "tool_result", "tool_use_id": "1", "content": "x"}])
    assert block == ToolResult(tool_call_id="1", text="x", ok=True)
