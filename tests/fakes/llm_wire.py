"""A scripted answer as the wire protocols write it, and a request as they read it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.fakes.llm import SEAL, Call, Calls, Says
from tests.fakes.ollama_wire import ollama_line, ollama_lines, ollama_whole

SPLIT = 3  # characters of a tool call's JSON that travel together
LIVE = re.compile(r"^<mira:live>\n(?P<live>.*?)\n</mira:live>\s*", re.DOTALL)
NOTICES = re.compile(r"^(?:<mira:(?P<name>earlier|break)>.*?</mira:(?P=name)>\s*)+", re.DOTALL)

ANTHROPIC_STOPS = {"end": "end_turn", "length": "max_tokens", "refusal": "refusal"}
OPENAI_STOPS = {"end": "stop", "length": "length", "refusal": "content_filter"}

Body = dict[str, Any]
Frames = Iterator[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """What a client sent.

    Attributes:
        protocol: `anthropic`, `openai` or `ollama`.
        raw: the body, byte for byte.
    """

    protocol: str
    path: str
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Body:
        parsed: Body = json.loads(self.raw)
        return parsed

    @property
    def streams(self) -> bool:
        return bool(self.body.get("stream", self.protocol == "ollama"))

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """The JSON Schema that the answer is asked to follow."""
        if self.protocol == "anthropic":
            wanted = self.body.get("output_config", {}).get("format")
            return wanted["schema"] if wanted else None
        if self.protocol == "ollama":
            return self.body.get("format")
        wanted = self.body.get("response_format")
        return wanted["json_schema"]["schema"] if wanted else None

    @property
    def system(self) -> str:
        given = self.body.get("system", "")
        if self.protocol != "anthropic":
            given = [m["content"] for m in self.body["messages"] if m["role"] == "system"]
            return "\n\n".join(given)
        return given if isinstance(given, str) else "\n\n".join(block["text"] for block in given)

    @property
    def messages(self) -> Sequence[Body]:
        return [m for m in self.body["messages"] if m["role"] != "system"]

    @property
    def heard(self) -> str:
        """All that the newest message of the user says, live block included."""
        users = [m for m in self.messages if m["role"] == "user"]
        return "\n\n".join(_texts(users[-1]["content"])) if users else ""

    @property
    def live(self) -> str:
        found = LIVE.match(self.heard)
        return found["live"] if found else ""

    @property
    def newest_text(self) -> str:
        """What the user said last, without the live block and the notices of an opening."""
        return NOTICES.sub("", LIVE.sub("", self.heard))


def _texts(content: str | list[Body]) -> list[str]:
    if isinstance(content, str):
        return [content]
    return [part["text"] for part in content if part["type"] == "text"]


def frames(protocol: str, answer: Says | Calls, model: str) -> Frames:
    """The answer as it is streamed."""
    if protocol == "ollama":
        return ollama_lines(answer, model)
    return _anthropic(answer, model) if protocol == "anthropic" else _openai(answer, model)


def may_come_twice(frame: bytes) -> bool:
    """Whether it says nothing new the second time; words said twice would be twice as many."""
    grows = b'"delta": {' in frame and b'"delta": {}' not in frame
    return not grows and b'"done": false' not in frame


def unheard_of(protocol: str) -> bytes:
    """What no client knows as yet."""
    if protocol == "anthropic":
        return anthropic_frame("weather_report", weather={"sky": "clear"})
    if protocol == "openai":
        return b": PROCESSING\n\n" + openai_frame({"object": "weather.report", "sky": "clear"})
    return ollama_line({"status": "warming up"})


def whole(protocol: str, answer: Says | Calls, model: str) -> Body:
    """The answer as one JSON document, for requests that do not stream."""
    if protocol == "ollama":
        return ollama_whole(answer, model)
    if protocol == "anthropic":
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": _anthropic_content(answer),
            "stop_reason": _anthropic_stop(answer),
            "stop_sequence": None,
            "usage": _anthropic_usage(answer),
        }
    said: Body = {"role": "assistant", "content": answer.text}
    if isinstance(answer, Calls):
        said["tool_calls"] = [_openai_call(i, c) for i, c in enumerate(answer.calls)]
    choice = {"index": 0, "message": said, "finish_reason": _openai_stop(answer)}
    return {**_openai_frame(model, [choice]), "usage": _openai_usage(answer)}


# --- Anthropic -------------------------------------------------------------------------------


def anthropic_frame(kind: str, **fields: Any) -> bytes:
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()


def _anthropic(answer: Says | Calls, model: str) -> Frames:
    usage = _anthropic_usage(answer)
    start: Body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**usage, "output_tokens": 1},
    }
    yield anthropic_frame("message_start", message=start)
    yield anthropic_frame("ping")
    for index, (block, deltas) in enumerate(_anthropic_blocks(answer)):
        yield anthropic_frame("content_block_start", index=index, content_block=block)
        for delta in deltas:
            yield anthropic_frame("content_block_delta", index=index, delta=delta)
        yield anthropic_frame("content_block_stop", index=index)
    delta = {"stop_reason": _anthropic_stop(answer), "stop_sequence": None}
    counted = {"output_tokens": usage["output_tokens"]}
    yield anthropic_frame("message_delta", delta=delta, usage=counted)
    yield anthropic_frame("message_stop")


def _anthropic_blocks(answer: Says | Calls) -> Iterator[tuple[Body, list[Body]]]:
    if answer.thinking:
        thought = {"type": "thinking_delta", "thinking": answer.thinking}
        signed = {"type": "signature_delta", "signature": SEAL}
        yield {"type": "thinking", "thinking": "", "signature": ""}, [thought, signed]
    if answer.text:
        words = [{"type": "text_delta", "text": word} for word in _words(answer)]
        yield {"type": "text", "text": ""}, words
    for call in answer.calls if isinstance(answer, Calls) else ():
        pieces = [{"type": "input_json_delta", "partial_json": p} for p in _pieces(call)]
        yield {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}, pieces


def _anthropic_content(answer: Says | Calls) -> list[Body]:
    content: list[Body] = [{"type": "text", "text": answer.text}] if answer.text else []
    for call in answer.calls if isinstance(answer, Calls) else ():
        used = {"type": "tool_use", "id": call.id, "name": call.name, "input": dict(call.input)}
        content.append(used)
    return content


def _anthropic_stop(answer: Says | Calls) -> str:
    return "tool_use" if isinstance(answer, Calls) else ANTHROPIC_STOPS[answer.stop]


def _anthropic_usage(answer: Says | Calls) -> Body:
    return {
        "input_tokens": answer.usage.input_tokens,
        "output_tokens": answer.usage.output_tokens,
        "cache_read_input_tokens": answer.usage.cache_read_tokens,
        "cache_creation_input_tokens": answer.usage.cache_write_tokens,
    }


# --- OpenAI ----------------------------------------------------------------------------------


def openai_frame(body: Body) -> bytes:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()


def _openai(answer: Says | Calls, model: str) -> Frames:
    yield _openai_delta(model, {"role": "assistant", "content": ""})
    if answer.thinking:
        yield _openai_delta(model, {"reasoning_content": answer.thinking})
    for word in _words(answer):
        yield _openai_delta(model, {"content": word})
    for index, call in enumerate(answer.calls if isinstance(answer, Calls) else ()):
        opened = _openai_call(index, call)
        opened["function"]["arguments"] = ""
        yield _openai_delta(model, {"tool_calls": [opened]})
        for piece in _pieces(call):
            grown = {"index": index, "function": {"arguments": piece}}
            yield _openai_delta(model, {"tool_calls": [grown]})
    yield _openai_delta(model, {}, _openai_stop(answer))
    yield openai_frame({**_openai_frame(model, []), "usage": _openai_usage(answer)})
    yield b"data: [DONE]\n\n"


def _openai_delta(model: str, delta: Body, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return openai_frame({**_openai_frame(model, [choice]), "object": "chat.completion.chunk"})


def _openai_frame(model: str, choices: list[Body]) -> Body:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": choices,
    }


def _openai_call(index: int, call: Call) -> Body:
    function = {"name": call.name, "arguments": call.written}
    return {"index": index, "id": call.id, "type": "function", "function": function}


def _openai_stop(answer: Says | Calls) -> str:
    return "tool_calls" if isinstance(answer, Calls) else OPENAI_STOPS[answer.stop]


def _openai_usage(answer: Says | Calls) -> Body:
    usage = answer.usage
    prompt = usage.input_tokens + usage.cache_read_tokens
    return {
        "prompt_tokens": prompt,
        "completion_tokens": usage.output_tokens,
        "total_tokens": prompt + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read_tokens},
    }


def _words(answer: Says | Calls) -> Sequence[str]:
    return answer.words if isinstance(answer, Says) else [answer.text][: bool(answer.text)]


def _pieces(call: Call) -> Iterator[str]:
    text = call.written
    yield from (text[at : at + SPLIT] for at in range(0, len(text), SPLIT))
