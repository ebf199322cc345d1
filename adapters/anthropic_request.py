"""A model request in the words of Anthropic's Messages API, with its cache marks."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from anthropic import transform_schema
from anthropic.types import (
    AssistantMessageParam,
    CacheControlEphemeralParam,
    DocumentBlockParam,
    ImageBlockParam,
    MessageParam,
    TextBlockParam,
    ThinkingBlockParam,
    ThinkingConfigParam,
    ToolParam,
    ToolResultBlockParam,
    ToolUseBlockParam,
    UserMessageParam,
)
from anthropic.types.message_create_params import (
    MessageCreateParamsNonStreaming,
    MessageCreateParamsStreaming,
)

from adapters.llm_wire import (
    CHARACTERS_PER_TOKEN,
    estimated_tokens,
    live_block,
    newest_user_message,
)
from cns.domain.message import (
    Block,
    Document,
    Image,
    Message,
    Role,
    Text,
    Thought,
    ToolCall,
    ToolResult,
)
from cns.ports import ModelRequest, SystemBlock, ToolDefinition

CACHEABLE_TOKENS = 1024
LEAST_THINKING = 1024
UNASKED_THINKING = 2048  # newer models think unasked, out of the same allowance as the answer
BUDGETED = ("-3-", "-4-0", "-4-1", "-4-2025", "-4-5")  # models that take a thinking budget

BlockParam = (
    TextBlockParam
    | ImageBlockParam
    | DocumentBlockParam
    | ThinkingBlockParam
    | ToolUseBlockParam
    | ToolResultBlockParam
)
EPHEMERAL: CacheControlEphemeralParam = {"type": "ephemeral"}


def as_params(request: ModelRequest, model: str) -> MessageCreateParamsStreaming:
    """The whole request; no temperature, which current models refuse."""
    params: MessageCreateParamsStreaming = {
        "model": model,
        "max_tokens": _allowance(request, model),
        "messages": _messages(request, thinks=_thinks(request, model)),
        "stream": True,
    }
    if request.system:
        params["system"] = _system(request.system)
    if request.tools:
        params["tools"] = _tools(request.tools)
        if not request.may_call:
            params["tool_choice"] = {"type": "none"}
    if request.schema is not None:
        schema = transform_schema(dict(_plain(request.schema)))
        params["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    thinking = _thinking(request, model)
    if thinking is not None:
        params["thinking"] = thinking
    return params


def as_batched_params(request: ModelRequest, model: str) -> MessageCreateParamsNonStreaming:
    """The same request for a batch, in which nothing is streamed."""
    params = {name: given for name, given in as_params(request, model).items() if name != "stream"}
    return cast(MessageCreateParamsNonStreaming, params)


def takes_budget(model: str) -> bool:
    """Whether thinking is asked for by a budget; newer models decide for themselves."""
    return any(mark in model for mark in BUDGETED)


def _thinking(request: ModelRequest, model: str) -> ThinkingConfigParam | None:
    """None when nothing is to be said of it."""
    if not _thinks(request, model):
        return None
    if not takes_budget(model):
        return {"type": "adaptive", "display": "summarized"}
    return {"type": "enabled", "budget_tokens": max(request.thinking, LEAST_THINKING)}


def _thinks(request: ModelRequest, model: str) -> bool:
    """Whether this call may think.

    A model with a budget refuses to think on after a tool's result unless it gets its signed
    thought back, and a call of another provider's model, or one made unthinking, has none.
    """
    if not request.thinking:
        return False
    newest = newest_user_message(request.messages)
    steps = (m for m in request.messages[newest + 1 :] if m.role is Role.ASSISTANT)
    return not takes_budget(model) or all(isinstance(s.content[0], Thought) for s in steps)


def _allowance(request: ModelRequest, model: str) -> int:
    if takes_budget(model):
        budget = max(request.thinking, LEAST_THINKING) if _thinks(request, model) else 0
        return request.max_tokens + budget
    return request.max_tokens + (request.thinking or UNASKED_THINKING)


def _system(blocks: tuple[SystemBlock, ...]) -> list[TextBlockParam]:
    """Cached blocks first, the last of them marked."""
    ordered = sorted(blocks, key=lambda block: not block.cached)
    params: list[TextBlockParam] = [{"type": "text", "text": block.text} for block in ordered]
    cached = sum(block.cached for block in ordered)
    if cached:
        params[cached - 1]["cache_control"] = EPHEMERAL
    return params


def _tools(definitions: tuple[ToolDefinition, ...]) -> list[ToolParam]:
    params: list[ToolParam] = [
        {"name": tool.name, "description": tool.description, "input_schema": dict(tool.schema)}
        for tool in definitions
    ]
    params[-1]["cache_control"] = EPHEMERAL
    return params


def _messages(request: ModelRequest, *, thinks: bool) -> list[MessageParam]:
    """Roles alternate: neighbours of one role become one message.

    Thoughts of earlier turns are left out: the API would drop them.
    """
    newest = newest_user_message(request.messages)
    marked = _message_to_mark(request, newest)
    built: list[tuple[str, list[BlockParam]]] = []
    for index, message in enumerate(request.messages):
        blocks = list(_blocks(message, thoughts=thinks and index > newest))
        if index == newest and request.live:
            blocks.insert(0, {"type": "text", "text": live_block(request.live)})
        if not blocks:
            continue
        if index == marked:
            _mark(blocks[-1])
        role = "assistant" if message.role is Role.ASSISTANT else "user"
        if built and built[-1][0] == role:
            built[-1][1].extend(blocks)
        else:
            built.append((role, blocks))
    return [_message(role, blocks) for role, blocks in built]


def _message(role: str, blocks: list[BlockParam]) -> MessageParam:
    if role == "assistant":
        said: AssistantMessageParam = {"role": "assistant", "content": blocks}
        return said
    heard: UserMessageParam = {"role": "user", "content": blocks}
    return heard


def _mark(block: BlockParam) -> None:
    if block["type"] != "thinking":  # the API takes no mark on a thought
        block["cache_control"] = EPHEMERAL


def _message_to_mark(request: ModelRequest, newest: int) -> int | None:
    """The last assistant message, once all up to it is long enough to be cached."""
    history = request.messages[:newest]
    ahead = sum(len(b.text) for b in request.system) + sum(map(_length, request.tools))
    if ahead // CHARACTERS_PER_TOKEN + estimated_tokens(history) < CACHEABLE_TOKENS:
        return None
    said = (i for i in reversed(range(len(history))) if history[i].role is Role.ASSISTANT)
    return next(said, None)


def _length(tool: ToolDefinition) -> int:
    return len(tool.name) + len(tool.description) + len(json.dumps(dict(tool.schema)))


def _blocks(message: Message, *, thoughts: bool) -> Iterator[BlockParam]:
    for block in message.content:
        blank = isinstance(block, Text) and not block.text.strip()
        if not blank and (thoughts or not isinstance(block, Thought)):
            yield _block(block)


def _block(block: Block) -> BlockParam:
    if isinstance(block, Text):
        return {"type": "text", "text": block.text}
    if isinstance(block, Image):
        return _image(block)
    if isinstance(block, Document):
        return _document(block)
    return _working(block)


def _working(block: Thought | ToolCall | ToolResult) -> BlockParam:
    match block:
        case Thought(text=text, signature=signature):
            return {"type": "thinking", "thinking": text, "signature": signature}
        case ToolCall(id=call_id, name=name, input=given):
            return {"type": "tool_use", "id": call_id, "name": name, "input": dict(given)}
        case ToolResult(tool_call_id=call_id, text=text, ok=ok):
            return {
                "type": "tool_result",
                "tool_use_id": call_id,
                "content": text,
                "is_error": not ok,
            }


def _document(block: Document) -> DocumentBlockParam:
    source: Any = {"type": "base64", "media_type": block.media_type, "data": block.data}
    return {"type": "document", "source": source, "title": block.title}


def _image(block: Image) -> ImageBlockParam:
    source: Any = {"type": "base64", "media_type": block.media_type, "data": block.data}
    return {"type": "image", "source": source}


def _plain(schema: Mapping[str, object]) -> Mapping[str, Any]:
    """A list of types becomes `anyOf`, which is all that the SDK's own transformation knows."""
    plain: dict[str, Any] = {name: _plain_value(value) for name, value in schema.items()}
    kinds = plain.get("type")
    if isinstance(kinds, list):
        del plain["type"]
        about = {name: plain.pop(name, "") for name in ("title", "description")}
        told = {name: words for name, words in about.items() if words}
        return {**told, "anyOf": [{**plain, "type": kind} for kind in kinds]}
    return plain


def _plain_value(value: object) -> object:
    if isinstance(value, Mapping):
        return _plain(value)
    return [_plain_value(item) for item in value] if isinstance(value, list | tuple) else value
