"""A model that uses tools by the plan in the user's message, and takes its time over it."""

import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from tests.fakes.diligent import diligent
from tests.fakes.llm import Call, Calls, Says
from tests.fakes.llm_server import Behaviour
from tests.fakes.llm_wire import WireRequest
from tests.fakes.wire_rules import faults_of

PLAN = re.compile(r"tools in rounds of \[(?P<rounds>[\d, ]*)\], (?P<pause>\d+) ms each")
LIVE = re.compile(r"<mira:live>.*?</mira:live>", re.DOTALL)
SHAPES: Sequence[tuple[int, ...]] = ((), (1,), (3,), (1, 1), (2, 1, 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How often tools are asked for in a turn, how many at once, and how long each step takes."""

    rounds: tuple[int, ...]
    pause: float

    @classmethod
    def drawn(cls, chance: random.Random) -> "Plan":
        return cls(rounds=chance.choice(SHAPES), pause=chance.choice((0.0, 0.02, 0.06)))

    @property
    def words(self) -> str:
        """To stand in a message, for the model to read."""
        return f"tools in rounds of {list(self.rounds)}, {self.pause * 1000:.0f} ms each"

    @property
    def events(self) -> int:
        """About how many such a turn tells: each call begins and ends."""
        return 7 + sum(2 * calls + 1 for calls in self.rounds)


@dataclass(slots=True)
class PlannedModel:
    """Answers by the plan; what the vendor would have refused stands in `faults`."""

    faults: list[str] = field(default_factory=list)

    def __call__(self, request: WireRequest) -> Behaviour:
        self.faults += faults_of(request)
        plans, passed = list(PLAN.finditer(_asked(request))), _rounds_so_far(request)
        if request.schema is not None or not plans:
            return diligent(request)
        pause = int(plans[-1]["pause"]) / 1000
        rounds = [int(number) for number in re.findall(r"\d+", plans[-1]["rounds"])]
        time.sleep(pause)
        if passed >= len(rounds):
            return Says("It is done.")
        first, *more = (_call(place, pause) for place in range(rounds[passed]))
        return Calls(first, None, *more, text="I look it up." if passed else "")


def _call(place: int, pause: float) -> Call:
    what = uuid4().hex
    if place % 2:
        return Call(name="continuumsearch_tool", input={"query": what}, id=f"call_{what}")
    given = {"seconds": pause, "what": what}
    return Call(name="patience_tool", input=given, id=f"call_{what}")


def _asked(request: WireRequest) -> str:
    """The newest words of the user, without what is recalled beside them."""
    said = (_words(m["content"]) for m in reversed(request.messages) if m["role"] == "user")
    return LIVE.sub("", next((words for words in said if words), ""))


def _words(content: str | list[dict[str, str]]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")


def _rounds_so_far(request: WireRequest) -> int:
    """How often the model has asked for tools since the user spoke."""
    asked = 0
    for message in reversed(request.messages):
        if message["role"] == "user" and _words(message["content"]):
            return asked
        asked += message["role"] == "assistant"
    return asked
