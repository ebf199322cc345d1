"""`kill -9` of the server at random points of a turn: what was acknowledged is there, once."""

import random
import time
from dataclasses import dataclass, field
from threading import Thread

import httpx
import pytest

from tests.application import Application, application, stream_events, wired
from tests.fakes.llm_server import Behaviour, FakeLLMServer, echo
from tests.fakes.llm_wire import WireRequest

pytestmark = [pytest.mark.campaign, pytest.mark.postgres, pytest.mark.valkey]
SAMPLE, FULL = 3, 50
LONGEST_TURN = 0.25  # seconds: the answer comes after 0.15, and the turn is over soon after


def slowly(request: WireRequest) -> Behaviour:
    """An answer that takes a moment, so that many kills fall while it is waited for."""
    time.sleep(0.15)
    return echo(request)


@dataclass(slots=True)
class Talk:
    """One message on its way, and how far its stream came."""

    text: str
    heard: list[str] = field(default_factory=list)

    @property
    def acknowledged(self) -> bool:
        return "turn_started" in self.heard

    @property
    def answered(self) -> bool:
        return "turn_completed" in self.heard


def test_kills_at_random_points_of_a_turn_lose_and_double_nothing(long: bool, seed: int) -> None:
    chance = random.Random(seed)
    print(f"\nturn kills: seed {seed}")  # noqa: T201 - a run that fails can be repeated
    talks: list[Talk] = []
    with FakeLLMServer(slowly) as server, application(**wired(server, "openai")) as app:
        for number in range(FULL if long else SAMPLE):
            talks.append(_killed(app, f"fact number {number} of seed {seed}", chance))
            app.start()
            _check(app, talks)
            assert app.turn(f"still there {number}?")[-1].name == "turn_completed"
    acknowledged = sum(talk.acknowledged for talk in talks)
    midway = sum(talk.acknowledged and not talk.answered for talk in talks)
    assert not long or midway >= FULL // 5, f"only {midway} kills fell into a running turn"
    print(  # noqa: T201 - the campaign's line of evidence
        f"\nturn kills: seed {seed}, {len(talks)} kills, {acknowledged} acknowledged, {midway} of"
        f" them killed before their answer,"
        f" {sum(talk.answered for talk in talks)} answered, none lost, none doubled"
    )


def _killed(app: Application, text: str, chance: random.Random) -> Talk:
    talk = Talk(text)
    speaker = Thread(target=_say, args=(app, talk))
    speaker.start()
    time.sleep(chance.uniform(0, LONGEST_TURN))
    app.kill()
    speaker.join()
    return talk


def _say(app: Application, talk: Talk) -> None:
    try:
        with (
            app.client() as client,
            client.stream("POST", "/api/chat", json={"message": talk.text}) as answer,
        ):
            for event in stream_events(answer.iter_lines()):
                talk.heard.append(event.name)
    except httpx.TransportError:
        return  # the server was killed: that is the point


def _check(app: Application, talks: list[Talk]) -> None:
    """Every acknowledged message stands once, in order, and no turn is left running."""
    messages = app.messages()
    said = [m["text"] for m in messages if m["role"] == "user" and "fact number" in m["text"]]
    assert len(said) == len(set(said)), "a message was doubled"
    assert said == [t.text for t in talks if t.text in said], "the order was lost"
    for talk in talks:
        assert not talk.acknowledged or talk.text in said, f"{talk} was lost"
        if talk.answered:
            (asked,) = [m for m in messages if m["text"] == talk.text]
            answers = [m for m in messages if m["parent_id"] == asked["id"]]
            assert len(answers) == 1, f"{talk} has {len(answers)} answers"
    with app.client() as client:
        for turn_id in {m["turn_id"] for m in messages if m["turn_id"]}:
            state = client.get(f"/api/turns/{turn_id}").json()["state"]
            assert state != "running"
