"""The same key from two tabs at the same moment: one turn, one answer, and both hear it."""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any

import pytest

from tests.application import Application, application, stream_events, wired
from tests.fakes.llm_server import FakeLLMServer, echo

pytestmark = [pytest.mark.campaign, pytest.mark.postgres, pytest.mark.valkey]
SAMPLE, FULL = 20, 1000
APART = 0.03  # seconds: about as long as a turn here, so that some come after its end
TABS = 2


@dataclass(frozen=True, slots=True)
class Send:
    """One message with its key, as both tabs send it."""

    number: int
    seed: int

    @property
    def text(self) -> str:
        return f"double send {self.number} of seed {self.seed}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Idempotency-Key": f"key {self.number} of {self.seed}"}


def test_double_sends_begin_one_turn_each(long: bool, seed: int) -> None:
    chance = random.Random(seed)
    print(f"\ndouble sends: seed {seed}")  # noqa: T201 - a run that fails can be repeated
    sends = [Send(number, seed) for number in range(FULL if long else SAMPLE)]
    with FakeLLMServer(echo) as server, application(**wired(server, "openai")) as app:
        outcomes = [_sent_twice(app, send, chance) for send in sends]
        asked = len(server.requests)
        app.kill()
        app.start()
        again = [_completed(app, send, streamed=chance.random() < 0.5) for send in sends]
        assert len(server.requests) == asked, "the model was asked again"
        _check(app, sends, outcomes)
    assert [_untimed(told) for told in again] == [_untimed(told) for told in outcomes]
    print(  # noqa: T201 - the campaign's line of evidence
        f"\ndouble sends: seed {seed}, {len(sends)} keys sent {TABS} times at once and a third"
        f" time after a restart: one turn, one message and one answer each, none heard otherwise"
    )


def _sent_twice(app: Application, send: Send, chance: random.Random) -> dict[str, Any]:
    """The outcome that both tabs heard; half the time they send at the very same moment."""
    waits = [0.0, chance.uniform(0, APART) if chance.random() < 0.5 else 0.0]
    streamed = [chance.random() < 0.5 for _ in range(TABS)]
    moment = Barrier(TABS)

    def tab(number: int) -> dict[str, Any]:
        moment.wait(30)
        time.sleep(waits[number])
        return _completed(app, send, streamed=streamed[number])

    with ThreadPoolExecutor(TABS) as tabs:
        first, second = tabs.map(tab, range(TABS))
    assert first == second, f"{send} was answered in two ways"
    return first


def _completed(app: Application, send: Send, *, streamed: bool) -> dict[str, Any]:
    """What the turn came to, as this client heard it."""
    body = {"message": send.text, "stream": streamed}
    with (
        app.client() as client,
        client.stream("POST", "/api/chat", json=body, headers=send.headers) as answer,
    ):
        if not streamed:
            answer.read()
            assert answer.status_code == 200, answer.text
            outcome: dict[str, Any] = answer.json()
            return outcome
        assert answer.status_code == 200, answer.read().decode()
        events = list(stream_events(answer.iter_lines()))
    assert (events[0].name, events[-1].name) == ("turn_started", "turn_completed"), events
    assert events[0].data["turn_id"] == events[-1].data["turn_id"]
    return events[-1].data


def _check(app: Application, sends: list[Send], outcomes: list[dict[str, Any]]) -> None:
    """Every message stands once, in order, with the one answer that was told."""
    messages = app.messages()
    said = [message for message in messages if message["role"] == "user"]
    assert [message["text"] for message in said] == [send.text for send in sends]
    assert [message["turn_id"] for message in said] == [told["turn_id"] for told in outcomes]
    answers = [message for message in messages if message["role"] == "assistant"]
    assert [answer["id"] for answer in answers] == [
        told["assistant_message_id"] for told in outcomes
    ]
    assert set(Counter(message["turn_id"] for message in messages).values()) == {2}


def _untimed(outcome: dict[str, Any]) -> dict[str, Any]:
    """Without the timings, which are stored before the storing itself is timed."""
    return {**outcome, "timings_ms": None}
