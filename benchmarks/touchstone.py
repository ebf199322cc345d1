"""How well recall does with a touchstone and without, when the topic switches.

Run it with `.venv/bin/python -m benchmarks.touchstone --locomo FILE`. The 60 switches of
`tests/data/switches.json` come with touchstones written by hand, from what had been said alone:
what a good model may reach at its best, so an upper bound. FILE is a split of LoCoMo as in
`benchmarks/recall.py`; on it, and wherever no model makes them, touchstones are made by rule.
"""

import argparse
import itertools
import json
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import numpy as np
from pydantic import SecretStr, TypeAdapter

from adapters.embedded import PostgresServer, running
from adapters.openai_compatible import OpenAICompatibleLLM
from benchmarks.locomo import Conversation
from benchmarks.rankings import Asked, header, table
from benchmarks.remembering import Ours, remembering
from cns.domain.continuum import Continuum
from cns.domain.message import ContinuumId, Role, TurnId, UserId
from cns.domain.stream import TurnCompleted
from cns.domain.touchstone import Source, Touchstone
from cns.services.pump import Stop
from cns.services.touchstone import carried, rule_made
from config.settings import LLMSettings, TouchstoneSettings
from lt_memory.domain.question import core
from tests.conversing import Conversation as Talk
from tests.conversing import saying, touchstones
from tests.fakes.llm import document
from tests.fakes.llm_server import FakeLLMServer, Waits
from tests.seeding import BEGAN, Line, Seeds
from tests.servers import CARELESS, temporary_home, with_template
from tests.values import message

SWITCHES = Path(__file__).parent.parent / "tests" / "data" / "switches.json"
FIGURES = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
TURNS = 30
LATE = 0.2  # seconds of deadline for the turns whose touchstone never comes


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One message after others, and what a good model would make of it."""

    kind: str
    changed: bool
    before: Sequence[tuple[str, str]]
    last: str
    message: str
    touchstone: Touchstone
    evidence: frozenset[str]

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "Switch":
        note = {**row["touchstone"], "source": Source.MADE}
        return cls(
            kind=row["kind"],
            changed=row["changed"],
            before=[(role, text) for role, text in row["before"]],
            last=row["last"],
            message=row["message"],
            touchstone=TypeAdapter(Touchstone).validate_python(note),
            evidence=frozenset(row["evidence"]),
        )

    @property
    def previous(self) -> str:
        """What the user said just before."""
        return [text for role, text in self.before if role == "user"][-1]

    @property
    def continuum(self) -> Continuum:
        """As it stands when the message comes, with the touchstone of the message before."""
        said = tuple(message(text, Role(role)) for role, text in self.before)
        last = Touchstone(narrative=self.last, source=Source.MADE)
        return Continuum(
            id=ContinuumId(uuid4()), user_id=UserId(uuid4()), messages=said, touchstone=last
        )


Asks = Callable[[Switch], str]
WITHOUT = "the message alone"
WITH = "with a touchstone (by hand: an upper bound)"
METHODS: Mapping[str, Asks] = {
    WITHOUT: lambda s: s.message,
    "the last message and this one": lambda s: f"{s.previous} {s.message}",
    "rule-made": lambda s: rule_made(s.continuum, message(s.message)).narrative,
    "carried forward": lambda s: carried(s.continuum, message(s.message), "late").text,
    WITH: lambda s: s.touchstone.weighted(s.message),
}


def main() -> None:
    """Print the figures as Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--locomo", type=Path, help="a split of LoCoMo")
    locomo = parser.parse_args().locomo
    past, switches = read_switches()
    with temporary_home() as home:
        server = PostgresServer(home, CARELESS)
        with running(server):
            databases = with_template(home, server)
            with remembering(databases, lambda seeds: write(past, seeds)) as ours:
                print("## Topic switches\n\n" + "\n".join(of_switches(ours, switches)))
                print("\n## Another topic, by the cosine of successive touchstones\n")
                print("\n".join(of_topics(ours, switches)))
            if locomo is not None:
                conversations = json.loads(locomo.read_text(encoding="utf-8"))["conversations"]
                asked: dict[str, list[Asked]] = {}
                for talk in conversations:
                    with remembering(databases, partial(store, talk)) as ours:
                        ask_by_rule(ours, talk, asked)
                rows = [row for name, each in asked.items() for row in table(name, each)]
                print("\n## By rule, on LoCoMo\n\n" + "\n".join([*header(), *rows]))
                print("\n" + "\n".join(of_talk(ours, conversations)))
    print("\n## Time to the first word\n\n" + "\n".join(of_time()))


def read_switches() -> tuple[Sequence[Mapping[str, str]], Sequence[Switch]]:
    """What was said long ago, by session, and the switches."""
    data = json.loads(SWITCHES.read_text(encoding="utf-8"))
    return data["past"], [Switch.read(row) for row in data["switches"]]


def write(past: Sequence[Mapping[str, str]], seeds: Seeds) -> None:
    seeds.user()
    write_sessions(past, seeds)


def write_sessions(past: Sequence[Mapping[str, str]], seeds: Seeds) -> None:
    """A session a day."""
    for day, session in enumerate(past):
        lines = [Line(text=text, external_id=name) for name, text in session.items()]
        seeds.segment(lines, began=BEGAN + timedelta(days=day))


def of_switches(ours: Ours, switches: Sequence[Switch]) -> Iterator[str]:
    """Each method's row, and what the intent adds to the best one."""
    yield from header()
    for name, words in METHODS.items():
        yield from table(name, [_asked(ours, s, words(s)) for s in switches])
    words, name = METHODS[WITH], f"{WITH}, weighed by its intent"
    yield from table(name, [_asked(ours, s, words(s), s.touchstone.intent) for s in switches])


def _asked(ours: Ours, switch: Switch, words: str, intent: str = "") -> Asked:
    found = ours.rank(words, intent)
    return Asked(category=switch.kind, evidence=switch.evidence, found=found)


def of_topics(ours: Ours, switches: Sequence[Switch]) -> Iterator[str]:
    """How many changes are found, and how many are seen where there is none."""
    before = [f"{s.last} {s.previous}" for s in switches]
    now = [s.touchstone.weighted(s.message) for s in switches]
    cosines = [_cosine(ours, *pair) for pair in zip(before, now, strict=True)]
    yield "| cosine under | changes found | seen where there is none |\n| --- | --- | --- |"
    changed = [c for s, c in zip(switches, cosines, strict=True) if s.changed]
    same = [c for s, c in zip(switches, cosines, strict=True) if not s.changed]
    for figure in FIGURES:
        hits, alarms = (sum(c < figure for c in group) for group in (changed, same))
        yield f"| {figure} | {hits} of {len(changed)} | {alarms} of {len(same)} |"


def _cosine(ours: Ours, one: str, other: str) -> float:
    first, second = ours.embedder.embed([core(one), core(other)])
    return float(np.dot(first, second))


def of_talk(ours: Ours, talks: Sequence[Conversation]) -> Iterator[str]:
    """How often the rules' touchstones of a talk that goes on lie as far apart as a switch."""
    yield "| cosine under | within a session | from one session to the next |"
    yield "| --- | --- | --- |"
    within: list[float] = []
    between: list[float] = []
    for talk in talks:
        turns = list(_turns(talk))
        vectors = np.array(ours.embedder.embed([core(text) for _, text in turns]))
        for (before, _), (now, _), cosine in zip(
            turns, turns[1:], (vectors[1:] * vectors[:-1]).sum(axis=1), strict=False
        ):
            (within if before == now else between).append(float(cosine))
    for figure in FIGURES:
        shares = [f"{100 * sum(c < figure for c in g) / len(g):.1f} %" for g in (within, between)]
        yield f"| {figure} | {' | '.join(shares)} |"


def _turns(talk: Conversation) -> Iterator[tuple[int, str]]:
    """The user's turns with their session, as the rules put them."""
    known = Continuum(id=ContinuumId(uuid4()), user_id=UserId(uuid4()))
    for line in talk["messages"]:
        if line["role"] == "user":
            said = message(line["content"])
            yield line["session"], rule_made(known, said).narrative
            known = replace(known, messages=(said,))


def ask_by_rule(ours: Ours, talk: Conversation, asked: dict[str, list[Asked]]) -> None:
    """Each question by itself, and each behind the one before it, as in a conversation."""
    empty = Continuum(id=ContinuumId(uuid4()), user_id=UserId(uuid4()))
    behind = empty
    for question in talk["questions"]:
        said = message(question["text"])
        texts = {
            WITHOUT: question["text"],
            "rule-made": rule_made(empty, said).narrative,
            "rule-made, behind another question": rule_made(behind, said).narrative,
        }
        behind = replace(empty, messages=(said,))
        if not question["evidence"]:
            continue
        for name, text in texts.items():
            asked.setdefault(name, []).append(
                Asked(
                    category=question["category"],
                    evidence=frozenset(question["evidence"]),
                    found=ours.rank(text),
                )
            )


@dataclass(slots=True)
class Wired:
    """A conversation in memory whose model answers over a wire."""

    server: FakeLLMServer
    talk: Talk = field(default_factory=Talk)

    def first_word(self, turns: int, figures: TouchstoneSettings) -> float:
        """Milliseconds until the first word, the median of some turns."""
        settings = LLMSettings(
            provider="openai",
            base_url=self.server.openai_url,
            api_key=SecretStr("key"),
            model="slow",
            fast_model="quick",
        )
        llm = OpenAICompatibleLLM.from_settings(settings)
        made = touchstones(llm, self.talk.store, lambda: figures, self.talk.pool)
        service = replace(self.talk.turns, llm=llm, touchstones=made)
        figures_of_turns = []
        for number in range(turns):
            request = saying(f"Where did she leave the blue tent, number {number}?")
            end = list(service.run(TurnId(uuid4()), request, Stop()))[-1]
            if not isinstance(end, TurnCompleted):
                raise SystemExit(f"a turn did not end well: {end}")
            figures_of_turns.append(end.timings_ms.first_token)
        llm.close()
        return statistics.median(figures_of_turns)


def of_time() -> Iterator[str]:
    """What a touchstone adds where the model's server answers at once, and where it never does."""
    yield "| touchstone | median | added |\n| --- | --- | --- |"
    with FakeLLMServer() as server:
        rules = Wired(server).first_word(TURNS, TouchstoneSettings(maker="rules"))
        made = Wired(server).first_word(TURNS, TouchstoneSettings())
        never = Event()
        server.notes += [Waits(never, document({}))] * 3
        late = Wired(server).first_word(3, TouchstoneSettings(deadline_seconds=LATE))
        never.set()
    for name, figure in (
        ("rule-made", rules),
        ("made, the server answers at once", made),
        (f"never comes, a deadline of {LATE:g} s", late),
    ):
        yield f"| {name} | {figure:.1f} ms | {figure - rules:.1f} ms |"


def store(conversation: Conversation, seeds: Seeds) -> None:
    seeds.user()
    for _, session in itertools.groupby(conversation["messages"], lambda each: each["session"]):
        lines = [
            Line(
                text=message["content"],
                role=message["role"],
                name=message["name"],
                at=datetime.fromisoformat(message["created_at"]).replace(tzinfo=UTC),
                external_id=message["external_id"],
            )
            for message in session
        ]
        seeds.segment(lines, began=lines[0].at or datetime.now(UTC))


if __name__ == "__main__":
    main()
