"""How much of a request a prefix cache can serve, measured on the bodies as they were sent.

The rule. A body is read in the order in which providers cache it: tools, system, messages. What an
earlier request within the cache's life began with, byte for byte, can be served, if it comes to at
least 1024 tokens of four characters. `by_marks` is stricter, as Anthropic does it: only what ends
at a mark of the earlier request is served, and a mark of the later one finds it among the 20
blocks before it.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import SecretStr

from adapters.providers import line_up
from config.settings import LLMSettings
from tests.day import Asked
from tests.fakes.llm_server import FakeLLMServer

LEAST = 1024 * 4  # characters
LOOKBACK = 20  # blocks
MARK = "cache_control"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it went out, cut into the blocks that a provider hashes.

    Attributes:
        marks: which of the blocks carry a cache mark.
    """

    turn: int
    at: datetime
    blocks: tuple[str, ...]
    marks: tuple[int, ...]

    @property
    def length(self) -> int:
        return sum(map(len, self.blocks))


Rule = Callable[[Sent, Sent], int]


def sent(asked: Sequence[Asked], provider: Literal["anthropic", "openai"]) -> list[Sent]:
    """The requests as that provider's adapter writes them."""
    with FakeLLMServer() as server:
        settings = LLMSettings(
            provider=provider,
            base_url=server.url if provider == "anthropic" else server.openai_url,
            api_key=SecretStr("test-key"),
            model="test-model",
        )
        (llm,) = line_up(settings)
        with closing(llm):
            for each in asked:
                for _ in llm.stream(each.request):
                    pass
        bodies = [json.loads(request.raw) for request in server.requests]
    return [_cut(each, body) for each, body in zip(asked, bodies, strict=True)]


def _cut(asked: Asked, body: dict[str, Any]) -> Sent:
    parts = list(_parts(body))
    marks = tuple(at for at, part in enumerate(parts) if isinstance(part, dict) and MARK in part)
    return Sent(asked.turn, asked.at, tuple(_written(part) for part in parts), marks)


def _parts(body: dict[str, Any]) -> Iterator[Any]:
    yield from body.get("tools", ())
    yield from body.get("system", ())
    for message in body["messages"]:
        content = message.get("content", "")
        yield {name: value for name, value in message.items() if name != "content"}
        yield from content if isinstance(content, list) else [content]


def _written(part: Any) -> str:
    if isinstance(part, dict):
        part = {name: value for name, value in part.items() if name != MARK}
    return json.dumps(part, ensure_ascii=False)


# --- the rules ------------------------------------------------------------------


def by_prefix(earlier: Sent, later: Sent) -> int:
    """Characters that both begin with."""
    begun = 0
    for one, other in _side_by_side(earlier, later):
        if one != other:
            return begun + _same(one, other)
        begun += len(one)
    return begun


def by_marks(earlier: Sent, later: Sent) -> int:
    """Characters up to the last mark of the earlier request that the later one can find."""
    pairs = list(_side_by_side(earlier, later))
    same = next((at for at, (one, other) in enumerate(pairs) if one != other), len(pairs))
    found = [
        at
        for at in earlier.marks
        if at < same and any(at <= mark <= at + LOOKBACK for mark in later.marks)
    ]
    return sum(map(len, later.blocks[: max(found) + 1])) if found else 0


def _same(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _side_by_side(earlier: Sent, later: Sent) -> Iterator[tuple[str, str]]:
    return zip(earlier.blocks, later.blocks, strict=False)


@dataclass(frozen=True, slots=True)
class Share:
    """What a cache served of some requests, in characters."""

    served: int
    whole: int

    @property
    def percent(self) -> float:
        return 100 * self.served / self.whole


def share(
    requests: Sequence[Sent],
    rule: Rule,
    life: timedelta,
    without: frozenset[int] = frozenset(),
) -> Share:
    """Over all requests but those of some turns, which fill the cache all the same."""
    served = whole = 0
    for at, later in enumerate(requests):
        if later.turn in without:
            continue
        known = (rule(earlier, later) for earlier in requests[:at] if later.at - earlier.at <= life)
        best = max(known, default=0)
        served += best if best >= LEAST else 0
        whole += later.length
    return Share(served, whole)
