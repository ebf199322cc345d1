"""A model request in the words of Ollama's own API, which alone heeds the size of the context."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.llm_wire import live_block, newest_user_message, unread, unseen
from cns.domain.message import Document, Image, Message, Role, Text, ToolCall, ToolResult
from cns.ports import ModelRequest, ToolDefinition

KEEP_ALIVE = "30m"  # loading a model again costs seconds; Ollama's own five minutes are soon over

Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What Ollama shows of a model.

    Attributes:
        context_tokens: what it was trained for; None when it does not say.
        skills: `tools`, `vision`, `thinking` and others; None when it does not say.
    """

    context_tokens: int | None = None
    skills: frozenset[str] | None = None

    def can(self, skill: str) -> bool:
        """Whether to ask for it; of a model of which nothing is known, all is asked but thought."""
        return skill != "thinking" if self.skills is None else skill in self.skills


def as_body(request: ModelRequest, model: str, shown: Shown, num_ctx: int) -> Body:
    """The whole request."""
    options: Body = {"num_ctx": num_ctx, "num_predict": request.max_tokens + request.thinking}
    if request.temperature is not None:
        options["temperature"] = request.temperature
    body: Body = {
        "model": model,
        "messages": list(_messages(request, sees=shown.can("vision"))),
        "stream": True,
        "options": options,
        "keep_alive": KEEP_ALIVE,
    }
    # it knows no way to offer tools and forbid their use
    if request.tools and request.may_call and shown.can("tools"):
        body["tools"] = [_tool(tool) for tool in request.tools]
    if shown.can("thinking"):
        body["think"] = bool(request.thinking)
    if request.schema is not None:
        body["format"] = dict(request.schema)
    return body


def _tool(tool: ToolDefinition) -> Body:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.schema),
    }
    return {"type": "function", "function": function}


def _messages(request: ModelRequest, *, sees: bool) -> Iterator[Body]:
    if request.system:
        ordered = sorted(request.system, key=lambda block: not block.cached)
        yield {"role": "system", "content": "\n\n".join(block.text for block in ordered)}
    newest = newest_user_message(request.messages)
    called = _names_of_calls(request.messages)
    for index, message in enumerate(request.messages):
        if message.role is Role.USER:
            yield _heard(message, request.live if index == newest else "", sees=sees)
        elif message.role is Role.ASSISTANT:
            yield _said(message)
        else:
            yield from _results(message, called)


def _heard(message: Message, live: str, *, sees: bool) -> Body:
    pictures = [block for block in message.content if isinstance(block, Image)]
    documents = [block for block in message.content if isinstance(block, Document)]
    untaken = [unread(document) for document in documents]
    untaken += [] if sees else [unseen()] * len(pictures)
    paragraphs = [live_block(live) if live else "", *untaken, message.text]
    heard: Body = {"role": "user", "content": "\n\n".join(part for part in paragraphs if part)}
    if pictures and sees:
        heard["images"] = [picture.data for picture in pictures]
    return heard


def _said(message: Message) -> Body:
    words = [b.text for b in message.content if isinstance(b, Text) and b.text.strip()]
    said: Body = {"role": "assistant", "content": "\n\n".join(words)}
    calls = [_call(block) for block in message.content if isinstance(block, ToolCall)]
    if calls:
        said["tool_calls"] = calls
    return said


def _call(call: ToolCall) -> Body:
    return {"id": call.id, "function": {"name": call.name, "arguments": dict(call.input)}}


def _results(message: Message, called: Mapping[str, str]) -> Iterator[Body]:
    for block in message.content:
        if isinstance(block, ToolResult):
            yield {
                "role": "tool",
                "content": block.text,
                "tool_name": called.get(block.tool_call_id, ""),
                "tool_call_id": block.tool_call_id,
            }


def _names_of_calls(messages: Sequence[Message]) -> Mapping[str, str]:
    """Ollama tells results apart by the tool's name, we by the call's id."""
    blocks = (block for message in messages for block in message.content)
    return {block.id: block.name for block in blocks if isinstance(block, ToolCall)}
