"""The same thing from two tabs at the same moment: one turn, one answer, and both hear it."""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any

import pytest

from adapters.account import Home, find_home
from adapters.embedded import PostgresServer
from adapters.postgres import Postgres
from config.settings import DatabaseSettings
from tests.application import Application, application, stream_events, wired
from tests.fakes.llm_server import Behaviour, FakeLLMServer, Status, echo
from tests.fakes.llm_wire import WireRequest
from tests.invariants import breaches

pytestmark = [pytest.mark.campaign, pytest.mark.postgres, pytest.mark.valkey]
SAMPLE, FULL = 16, 900
ASKED_AGAIN = {True: 100, False: 2}  # failed turns that both tabs ask again: in full, as a sample
REFUSED = "is refused at first"
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


@dataclass(slots=True)
class Unwilling:
    """A model that refuses each message once which says so."""

    refused: set[str] = field(default_factory=set)

    def __call__(self, request: WireRequest) -> Behaviour:
        text = request.newest_text
        if request.schema is not None or REFUSED not in text or text in self.refused:
            return echo(request)
        self.refused.add(text)
        return Status(400)


def test_double_sends_begin_one_turn_each(long: bool, seed: int) -> None:
    chance = random.Random(seed)
    print(f"\ndouble sends: seed {seed}")  # noqa: T201 - a run that fails can be repeated
    sends = [Send(number, seed) for number in range(FULL if long else SAMPLE)]
    with FakeLLMServer(Unwilling()) as server, application(**wired(server, "openai")) as app:
        outcomes = [_sent_twice(app, send, chance) for send in sends]
        asked = len(server.requests)
        app.kill()
        app.start()
        again = [_completed(app, send, streamed=chance.random() < 0.5) for send in sends]
        assert len(server.requests) == asked, "the model was asked again"
        _check(app, sends, outcomes)
        for number in range(ASKED_AGAIN[long]):
            _asked_again_twice(app, f"Message {number} of seed {seed} {REFUSED}")
        with closing(Postgres(PostgresServer(_home(app)).dsn, DatabaseSettings())) as database:
            assert breaches(database) == []
    assert [_untimed(told) for told in again] == [_untimed(told) for told in outcomes]
    print(  # noqa: T201 - the campaign's line of evidence
        f"\ndouble sends: seed {seed}, {len(sends)} keys sent {TABS} times at once and a third"
        f" time after a restart: one turn, one message and one answer each, none heard otherwise;"
        f" {ASKED_AGAIN[long]} failed turns asked again {TABS} times at once: one answer"
        f" each, no breach of any invariant"
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


def _asked_again_twice(app: Application, text: str) -> None:
    """Both tabs retry a failed turn at once: one answer comes of it, and the other is refused."""
    headers, moment = {"Idempotency-Key": text}, Barrier(TABS)
    turn_id, end = _ended(app, "/api/chat", {"message": text}, headers)
    assert end == "turn_failed"

    def tab(_: int) -> tuple[str, str]:
        moment.wait(30)
        return _ended(app, f"/api/chat/{turn_id}/retry", {"stream": True}, {})

    with ThreadPoolExecutor(TABS) as tabs:
        ends = [end for _, end in tabs.map(tab, range(TABS))]
    assert sorted(ends) == ["409", "turn_completed"]
    assert _ended(app, f"/api/chat/{turn_id}/retry", {"stream": True}, {})[1] == "409"
    assert _ended(app, "/api/chat", {"message": text}, headers) == (turn_id, "turn_failed")
    said = [message for message in app.messages() if text in message["text"]]
    assert [message["role"] for message in said] == ["user", "assistant"]


def _ended(
    app: Application, path: str, body: dict[str, Any], headers: dict[str, str]
) -> tuple[str, str]:
    """The turn and its last event, or the refusal's status."""
    with (
        app.client() as client,
        client.stream("POST", path, json=body, headers=headers) as answer,
    ):
        if answer.status_code != 200:
            return "", str(answer.status_code)
        events = list(stream_events(answer.iter_lines()))
    return events[0].data["turn_id"], events[-1].name


def _home(app: Application) -> Home:
    return find_home(app.data_dir, explicit=True)


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
