"""A scripted answer as Ollama's own API writes it: one JSON object a line."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.fakes.llm import Call, Calls, Says

AT = "2026-05-04T10:12:30.123456789Z"
STOPS = {"end": "stop", "length": "length", "refusal": "stop"}  # it knows no refusal

Body = dict[str, Any]


def ollama_line(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode() + b"\n"


def ollama_lines(answer: Says | Calls, model: str) -> Iterator[bytes]:
    """As a stream."""
    if answer.thinking:
        yield _said(model, {"content": "", "thinking": answer.thinking})
    for word in answer.words if isinstance(answer, Says) else [answer.text][: bool(answer.text)]:
        yield _said(model, {"content": word})
    for call in answer.calls if isinstance(answer, Calls) else ():
        yield _said(model, {"content": "", "tool_calls": [_call(call)]})
    yield ollama_line(_last(answer, model, ""))


def ollama_whole(answer: Says | Calls, model: str) -> Body:
    """As one document, for requests that do not stream."""
    whole = _last(answer, model, answer.text)
    if isinstance(answer, Calls):
        whole["message"]["tool_calls"] = [_call(call) for call in answer.calls]
    return whole


def _said(model: str, said: Body) -> bytes:
    message = {"role": "assistant", **said}
    return ollama_line({"model": model, "created_at": AT, "message": message, "done": False})


def _last(answer: Says | Calls, model: str, text: str) -> Body:
    usage = answer.usage
    return {
        "model": model,
        "created_at": AT,
        "message": {"role": "assistant", "content": text},
        "done": True,
        "done_reason": STOPS[answer.stop] if isinstance(answer, Says) else "stop",
        "total_duration": 4883583458,
        "load_duration": 1334875,
        "prompt_eval_count": usage.input_tokens,
        "prompt_eval_duration": 342546000,
        "eval_count": usage.output_tokens,
        "eval_duration": 4535599000,
    }


def _call(call: Call) -> Body:
    arguments: object = call.input
    if call.half:
        arguments = call.written
    return {"id": call.id, "function": {"name": call.name, "arguments": arguments}}
