"""A model request in the words of OpenAI's chat completions, which many servers speak."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from openai.types import ReasoningEffort
from openai.types.chat import (
    ChatCompletionAssistantMessageParam,
    ChatCompletionContentPartParam,
    ChatCompletionMessageFunctionToolCallParam,
    ChatCompletionMessageParam,
    ChatCompletionToolParam,
)
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming

from adapters.llm_wire import live_block, newest_user_message, unread
from cns.domain.message import Document, Image, Message, Role, Text, ToolCall, ToolResult
from cns.domain.model import Purpose
from cns.ports import ModelRequest, ToolDefinition

THINKS = ("gpt-5", "o1", "o3", "o4")  # OpenAI's models that think unasked and refuse a temperature
UNASKED_THINKING = 2048  # tokens; it is counted against the answer's limit
EFFORTS: tuple[tuple[int, ReasoningEffort], ...] = ((16_000, "high"), (4_000, "medium"))
# how little a model can be told to think, of those that can be told
LEAST_EFFORTS: tuple[tuple[str, ReasoningEffort], ...] = (
    ("gpt-5-mini", "minimal"),
    ("gpt-5-nano", "minimal"),
    ("gpt-5.4-mini", "none"),
    ("gpt-5.4-nano", "none"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one server differs from the rest.

    Attributes:
        official: OpenAI itself, which wants `max_completion_tokens` and knows reasoning effort.
        usage_in_stream: the server understands `stream_options`.
        files: the server takes PDFs; others would refuse the whole conversation for one.
    """

    official: bool = False
    usage_in_stream: bool = True
    files: bool = False


def as_params(
    request: ModelRequest, model: str, dialect: Dialect
) -> CompletionCreateParamsStreaming:
    """The whole request."""
    params: CompletionCreateParamsStreaming = {
        "model": model,
        "messages": list(_messages(request, dialect)),
        "stream": True,
    }
    if dialect.usage_in_stream:
        params["stream_options"] = {"include_usage": True}
    if request.tools:
        params["tools"] = [_tool(tool) for tool in request.tools]
        if not request.may_call:
            params["tool_choice"] = "none"
    if request.schema is not None:
        schema = dict(request.schema)
        params["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": schema, "strict": is_strict(schema)},
        }
    _add_limits(params, request, dialect)
    return params


def _add_limits(
    params: CompletionCreateParamsStreaming, request: ModelRequest, dialect: Dialect
) -> None:
    thinks = dialect.official and str(params["model"]).startswith(THINKS)
    if thinks:
        params["max_completion_tokens"] = request.max_tokens + (
            request.thinking or UNASKED_THINKING
        )
        params["reasoning_effort"] = _effort(request, str(params["model"]))
        return
    params["max_completion_tokens" if dialect.official else "max_tokens"] = request.max_tokens
    if request.temperature is not None:
        params["temperature"] = request.temperature


def is_waited_for(request: ModelRequest) -> bool:
    """Whether a turn stands still until the fast model has spoken."""
    return request.fast and request.purpose in (Purpose.TOUCHSTONE, Purpose.TURN)


def _effort(request: ModelRequest, model: str) -> ReasoningEffort:
    if is_waited_for(request) and not request.thinking:
        return next((least for name, least in LEAST_EFFORTS if model.startswith(name)), "low")
    return next((effort for least, effort in EFFORTS if request.thinking >= least), "low")


def is_strict(schema: Mapping[str, object]) -> bool:
    """Whether every object in it is closed and requires all it has, as strict mode demands."""
    properties = schema.get("properties")
    if isinstance(properties, Mapping):
        required = schema.get("required")
        if not isinstance(required, Iterable) or set(required) != set(properties):
            return False
        if schema.get("additionalProperties") is not False:
            return False
    return all(is_strict(inner) for inner in _inner_schemas(schema))


def _inner_schemas(schema: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    for value in schema.values():
        values = value if isinstance(value, list | tuple) else [value]
        for inner in values:
            if isinstance(inner, Mapping):
                yield inner


def _tool(tool: ToolDefinition) -> ChatCompletionToolParam:
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": dict(tool.schema),
        },
    }


def _messages(request: ModelRequest, dialect: Dialect) -> Iterator[ChatCompletionMessageParam]:
    if request.system:
        ordered = sorted(request.system, key=lambda block: not block.cached)
        yield {"role": "system", "content": "\n\n".join(block.text for block in ordered)}
    newest = newest_user_message(request.messages)
    for index, message in enumerate(request.messages):
        if message.role is Role.USER:
            live = request.live if index == newest else ""
            yield {"role": "user", "content": _heard(message, live, dialect)}
        elif message.role is Role.ASSISTANT:
            yield _said(message)
        else:
            yield from _results(message)


def _heard(
    message: Message, live: str, dialect: Dialect
) -> str | list[ChatCompletionContentPartParam]:
    """One string, which every server takes; parts only where there are pictures or files."""
    documents = [block for block in message.content if isinstance(block, Document)]
    untaken = [] if dialect.files else [unread(document) for document in documents]
    paragraphs = [live_block(live) if live else "", *untaken, message.text]
    text = "\n\n".join(part for part in paragraphs if part)
    attached = [_picture(block) for block in message.content if isinstance(block, Image)]
    attached += [_file(document) for document in documents if dialect.files]
    if not attached:
        return text
    return [*attached, {"type": "text", "text": text}] if text else attached


def _picture(block: Image) -> ChatCompletionContentPartParam:
    return {"type": "image_url", "image_url": {"url": _data_url(block)}}


def _file(document: Document) -> ChatCompletionContentPartParam:
    """The name must end as a PDF's does: the server goes by it."""
    name = (document.title or "document").removesuffix(".pdf") + ".pdf"
    return {"type": "file", "file": {"filename": name, "file_data": _data_url(document)}}


def _data_url(block: Image | Document) -> str:
    return f"data:{block.media_type};base64,{block.data}"


def _said(message: Message) -> ChatCompletionAssistantMessageParam:
    said: ChatCompletionAssistantMessageParam = {"role": "assistant"}
    words = "\n\n".join(b.text for b in message.content if isinstance(b, Text) and b.text.strip())
    if words:
        said["content"] = words
    calls = [_call(block) for block in message.content if isinstance(block, ToolCall)]
    if calls:
        said["tool_calls"] = calls
    return said


def _call(call: ToolCall) -> ChatCompletionMessageFunctionToolCallParam:
    arguments = json.dumps(dict(call.input), ensure_ascii=False)
    return {
        "type": "function",
        "id": call.id,
        "function": {"name": call.name, "arguments": arguments},
    }


def _results(message: Message) -> Iterator[ChatCompletionMessageParam]:
    for block in message.content:
        if isinstance(block, ToolResult):
            yield {"role": "tool", "tool_call_id": block.tool_call_id, "content": block.text}
