"""`kill -9` of the server at random points of turns with tools: nothing is lost or doubled."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from threading import Condition, Thread

import httpx
import pytest

from adapters.account import find_home
from adapters.embedded import PostgresServer, ValkeyServer, running
from adapters.postgres import Postgres
from config.settings import DatabaseSettings
from tests.application import Application, Said, stream_events, wired
from tests.fakes.llm_server import FakeLLMServer
from tests.fakes.planned import Plan, PlannedModel
from tests.invariants import Ledger, breaches, index_breaches
from tests.servers import temporary_folder, temporary_home
from tests.slow_house import SlowHouse

pytestmark = [pytest.mark.campaign, pytest.mark.postgres, pytest.mark.valkey]
# Its own database is killed with the program; another's stands, and the start is quicker.
# For each: how many kills are a sample, and how many houses are killed in full.
GROUNDS = {"its_own_database": (2, 2), "a_database_elsewhere": (1, 8)}
KILLS = 50  # of each house
AT_ONCE = 0.1  # of the kills come some moment after the sending, the others after some event
LONGEST = 0.3  # seconds
CHAPTER_ENDS = 0.1  # of the kills fall while a chapter is ended
RETRIES = 0.3  # of the interrupted turns are asked again
WIRES = ("openai", "anthropic")


@dataclass(slots=True)
class Talk:
    """One message on its way, and what its stream has told so far."""

    text: str
    told: list[Said] = field(default_factory=list)
    over: bool = False
    changed: Condition = field(default_factory=Condition)

    def hear(self, event: Said | None) -> None:
        with self.changed:
            if event is None:
                self.over = True
            else:
                self.told.append(event)
            self.changed.notify_all()

    def wait_for(self, events: int) -> None:
        """Until it has told so many events, or is over."""
        with self.changed:
            self.changed.wait_for(lambda: self.over or len(self.told) >= events, timeout=10)

    def note(self, ledger: Ledger) -> None:
        """What the client may now rely on."""
        for event in self.told:
            turn_id = self.told[0].data["turn_id"]
            if event.name == "turn_started":
                ledger.acknowledged[turn_id] = self.text
            elif event.name == "tool_started":
                ledger.called[event.data["tool_call_id"]] = turn_id
            elif event.name == "turn_completed":
                ledger.answered[turn_id] = event.data["assistant_message_id"]

    @property
    def met_at(self) -> str:
        """Where in its turn the kill met it."""
        names = [event.name for event in self.told]
        if not names:
            return "before the acknowledgement"
        if names[-1] in ("turn_completed", "turn_failed"):
            return "after the end"
        open_tools = names.count("tool_started") - names.count("tool_finished")
        if open_tools:
            return "while tools ran"
        return "between rounds" if "tool_finished" in names else "before any tool"


@dataclass(slots=True)
class Campaign:
    """The program under kills, what its clients were told, and where the kills fell."""

    app: Application
    database: Postgres
    server: FakeLLMServer
    model: PlannedModel
    chance: random.Random
    ledger: Ledger = field(default_factory=Ledger)
    met: Counter[str] = field(default_factory=Counter)

    def kill_once(self, number: int) -> None:
        """A turn, or the end of a chapter, with a kill somewhere in it; then all must be well."""
        if number and self.chance.random() < CHAPTER_ENDS:
            self._ending_a_chapter()
        else:
            self._in_a_turn(number)
        self.app.settings = {**self.app.settings, **wired(self.server, self.chance.choice(WIRES))}
        self.app.start()
        assert breaches(self.database, self.ledger, at_rest=True) == []
        self._goes_on(f"Are you still there after kill {number}?")
        assert self.model.faults == []

    def _in_a_turn(self, number: int) -> None:
        plan = Plan.drawn(self.chance)
        talk = Talk(f"Fact number {number}: {plan.words}.")
        self.ledger.sent.append(talk.text)
        speaker = Thread(target=_say, args=(self.app, talk))
        speaker.start()
        if self.chance.random() < AT_ONCE:
            time.sleep(self.chance.uniform(0, LONGEST))
        else:
            talk.wait_for(self.chance.randrange(1, plan.events + 1))
            time.sleep(self.chance.uniform(0, plan.pause + 0.02))
        self.app.kill()
        speaker.join()
        talk.note(self.ledger)
        self.met[talk.met_at] += 1

    def _ending_a_chapter(self) -> None:
        with self.app.client() as client:
            assert client.post("/api/segments/active/collapse").status_code == 202
        time.sleep(self.chance.uniform(0, 0.4))
        self.app.kill()
        self.met["while a chapter was ended"] += 1

    def _goes_on(self, question: str) -> None:
        """The next turn works, or the interrupted one when it is asked again."""
        left = [turn for turn in self.ledger.acknowledged if turn not in self.ledger.answered][-1:]
        if left and self.chance.random() < RETRIES:
            self._ask_again(left[0])
        talk = Talk(question)
        self.ledger.sent.append(question)
        _say(self.app, talk)
        assert talk.told[-1].name == "turn_completed", talk
        talk.note(self.ledger)

    def _ask_again(self, turn_id: str) -> None:
        talk = Talk(self.ledger.acknowledged[turn_id])
        _say(self.app, talk, f"/api/chat/{turn_id}/retry")
        assert not talk.told or talk.told[-1].name == "turn_completed", talk
        talk.note(self.ledger)


def _say(app: Application, talk: Talk, path: str = "/api/chat") -> None:
    body = {"message": talk.text} if path == "/api/chat" else {"stream": True}
    try:
        with app.client() as client, client.stream("POST", path, json=body) as answer:
            if answer.status_code == httpx.codes.OK:
                for event in stream_events(answer.iter_lines()):
                    talk.hear(event)
    except httpx.TransportError:
        pass  # the server was killed: that is the point
    finally:
        talk.hear(None)


@contextmanager
def campaign(ground: str, seed: int) -> Iterator[Campaign]:
    with ExitStack() as stack:
        model = PlannedModel()
        server = stack.enter_context(FakeLLMServer(model))
        folder = stack.enter_context(temporary_folder())
        app = SlowHouse(folder / "data", wired(server, "openai"))
        if ground == "a_database_elsewhere":
            dsn = stack.enter_context(_elsewhere(app))
        else:
            dsn = PostgresServer(find_home(app.data_dir, explicit=True)).dsn
        stack.callback(app.stop)
        app.start()
        database = stack.enter_context(closing(Postgres(dsn, DatabaseSettings(pool_min=1))))
        yield Campaign(app, database, server, model, random.Random(seed))


@contextmanager
def _elsewhere(app: Application) -> Iterator[str]:
    """Servers that outlive the program, which is told where they are."""
    with temporary_home() as home:
        postgres, valkey = PostgresServer(home), ValkeyServer(home)
        with running(postgres, valkey):
            own = {"MIRA_DATABASE__URL": postgres.dsn, "MIRA_CACHE__URL": valkey.url}
            app.settings = {**app.settings, **own}
            yield postgres.dsn


@pytest.mark.parametrize("ground", GROUNDS)
def test_kills_at_random_points_of_turns_with_tools(ground: str, long: bool, seed: int) -> None:
    sample, houses = GROUNDS[ground]
    met: Counter[str] = Counter()
    for first in range(seed, seed + houses) if long else (seed,):
        print(f"\nturn kills, {ground}: seed {first}")  # noqa: T201 - it can be repeated
        met += _under_kills(ground, KILLS if long else sample, first)
    assert not long or met["while tools ran"] >= houses * KILLS // 20, met


def _under_kills(ground: str, kills: int, seed: int) -> Counter[str]:
    """One house, killed so many times; where the kills met it."""
    with campaign(ground, seed) as under:
        for number in range(kills):
            under.kill_once(number)
        turn_count, interrupted = _turns(under.database)
        under.app.stop()
        if ground == "a_database_elsewhere":
            assert index_breaches(under.database, under.app.data_dir / "text_index") == []
    print(  # noqa: T201 - the campaign's line of evidence
        f"turn kills, {ground}: seed {seed}, {kills} kills: {dict(under.met.most_common())};"
        f" {len(under.ledger.acknowledged)} messages acknowledged, {len(under.ledger.called)} tool"
        f" calls told, {turn_count} turns, {interrupted} of them interrupted; no breach of any"
        f" invariant after any kill",
        flush=True,
    )
    return under.met


def _turns(database: Postgres) -> tuple[int, int]:
    with database.transaction() as tx:
        states = [row["state"] for row in tx.all("SELECT state FROM turns")]
    return len(states), states.count("interrupted")
