"""Content blocks as JSON, in the form of the Anthropic Messages API."""

from collections.abc import Mapping, Sequence

from cns.domain.message import Block, Document, Image, Text, Thought, ToolCall, ToolResult
from cns.errors import InvalidInput


def to_json(blocks: Sequence[Block]) -> list[dict[str, object]]:
    """Blocks as they are stored and sent."""
    return [_one_to_json(block) for block in blocks]


def _one_to_json(block: Block) -> dict[str, object]:
    match block:
        case Text(text=text):
            return {"type": "text", "text": text}
        case Image(media_type=media_type, data=data):
            source = {"type": "base64", "media_type": media_type, "data": data}
            return {"type": "image", "source": source}
        case Document(media_type=media_type, data=data, title=title):
            source = {"type": "base64", "media_type": media_type, "data": data}
            named = {} if title is None else {"title": title}
            return {"type": "document", "source": source, **named}
        case Thought(text=text, signature=signature):
            return {"type": "thinking", "thinking": text, "signature": signature}
        case ToolCall(id=call_id, name=name, input=given):
            return {"type": "tool_use", "id": call_id, "name": name, "input": dict(given)}
        case result:
            return {
                "type": "tool_result",
                "tool_use_id": result.tool_call_id,
                "content": result.text,
                "is_error": not result.ok,
            }


def from_json(blocks: Sequence[Mapping[str, object]]) -> tuple[Block, ...]:
    """The inverse of `to_json`.

    Raises:
        InvalidInput: a block of an unknown type.
    """
    return tuple(_one_from_json(block) for block in blocks)


def _one_from_json(block: Mapping[str, object]) -> Block:
    match block:
        case {"type": "text", "text": str(text)}:
            return Text(text=text)
        case {"type": "image", "source": {"media_type": str(media_type), "data": str(data)}}:
            return Image(media_type=media_type, data=data)
        case {"type": "document", "source": {"media_type": str(media_type), "data": str(data)}}:
            title = block.get("title")
            return Document(
                media_type=media_type, data=data, title=title if isinstance(title, str) else None
            )
        case {"type": "thinking", "thinking": str(text), "signature": str(signature)}:
            return Thought(text=text, signature=signature)
        case {"type": "tool_use", "id": str(call_id), "name": str(name), "input": dict(given)}:
            return ToolCall(id=call_id, name=name, input=given)
        case {"type": "tool_result", "tool_use_id": str(call_id), "content": str(text)}:
            ok = not block.get("is_error", False)
            return ToolResult(tool_call_id=call_id, text=text, ok=ok)
        case _:
            raise InvalidInput(
                f"A content block of type {block.get('type')!r} is not known here:"
                " use text, image or document."
            )
