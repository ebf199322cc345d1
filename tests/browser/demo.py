"""A few weeks of a life, told to a stage: what the screenshots show."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from typing_extensions import override

from cns.ports import ModelRequest
from tests.browser.stage import Stage, StageLLM
from tests.fakes.llm import Says, Step
from tests.waiting import until

TRANSCRIPT = re.compile(r"^\[(?P<number>\d+)\] (?P<words>.*)$", re.MULTILINE)
QUOTATION = re.compile(r'^- \[(?P<id>[0-9a-f]+)\] \(memory[^)]*\) "(?P<words>.*)"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Note:
    """What is remembered of a chapter, and the words that it rests on."""

    text: str
    kind: str
    quote: str


@dataclass(frozen=True, slots=True)
class Said:
    """A question and its answer; `cites` is a word of each memory that the answer rests on."""

    question: str
    answer: str
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    days_ago: int
    hour: int
    title: str = ""
    summary: str = ""
    said: tuple[Said, ...]
    notes: tuple[Note, ...] = ()


class Author(StageLLM):
    """A capable model that has written the story beforehand."""

    provider = "anthropic"

    def __init__(self) -> None:
        super().__init__()
        self.capable = True
        self.model = "claude-sonnet-4-5"
        self.chapter: Chapter | None = None
        self.said: Said | None = None

    @override
    def _next(self, request: ModelRequest) -> Step:
        if self.chapter is None:
            return super()._next(request)
        if request.schema is None:
            return Says(self._answer(request.live))
        wanted: object = request.schema["properties"]
        assert isinstance(wanted, dict)
        document = self._notes(request) if "memories" in wanted else self._summary()
        return Says(json.dumps(document))

    def _answer(self, live: str) -> str:
        if self.said is None:
            return "All right."
        known = list(QUOTATION.finditer(live))
        refs = [m["id"] for word in self.said.cites for m in known if word in m["words"]]
        tags = "".join(f'<mira:memory_ref="{ref}" />' for ref in dict.fromkeys(refs))
        return self.said.answer + tags

    def _summary(self) -> dict[str, object]:
        assert self.chapter is not None
        return {"title": self.chapter.title, "summary": self.chapter.summary, "complexity": 2}

    def _notes(self, request: ModelRequest) -> dict[str, object]:
        assert self.chapter is not None
        lines = {m["words"]: int(m["number"]) for m in _lines(request)}
        return {
            "memories": [
                {
                    "text": note.text,
                    "kind": note.kind,
                    "confidence": 95,
                    "evidence": [
                        {"message": number, "quote": note.quote}
                        for words, number in lines.items()
                        if note.quote in words
                    ],
                    "happens_at": None,
                    "expires_at": None,
                }
                for note in self.chapter.notes
            ]
        }


def _noted(stage: Stage, wanted: int) -> None:
    """Chapters are also taken up by a scheduled job: whoever comes first, their notes are awaited."""
    until(lambda: stage.memories() >= wanted, 30)


def _lines(request: ModelRequest) -> Sequence[re.Match[str]]:
    return list(TRANSCRIPT.finditer(request.messages[-1].text))


def tell(stage: Stage, author: Author, chapters: Sequence[Chapter], now: datetime) -> None:
    """Live through the chapters at their time; the last one stays open."""
    for chapter in chapters:
        author.chapter = chapter
        day = now - timedelta(days=chapter.days_ago)
        stage.clock.set(day.astimezone(UTC).replace(hour=chapter.hour, minute=4))
        for said in chapter.said:
            author.said = said
            stage.say(said.question)
            stage.clock.move(timedelta(minutes=3))
        if chapter is not chapters[-1]:
            noted = stage.memories() + len(chapter.notes)
            stage.end_chapter()
            _noted(stage, noted)
    author.said = None


PACKING = """Two nights in May, by train. I would take:

| What | How many | Why |
|---|--:|---|
| Shirts | 3 | one spare |
| Light jumper | 1 | evenings by the river are cool |
| Comfortable shoes | 1 | the old town is all cobbles |
| Gift for Nora | 1 | her birthday is on the 12th |

**Before you go**

1. Ask the hotel about breakfast: they should know about the hazelnuts.
2. Print the tickets, or keep them offline.
3. Leave Miso with your neighbour."""

SCRIPT = """This reads the file once and keeps the newest line of each day:

```python
from pathlib import Path

def newest_by_day(log: Path) -> dict[str, str]:
    newest: dict[str, str] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        day, _, entry = line.partition(" ")
        newest[day] = entry
    return newest
```

A dictionary keeps the last value that it is given, so nothing has to be sorted."""

STORY = (
    Chapter(
        days_ago=16,
        hour=18,
        title="Moving to Leeds",
        summary="Anna moved to Leeds in March for a job at a bookshop and is getting to know "
        "the neighbourhood. She has a cat called Miso.",
        said=(
            Said(
                "I moved to Leeds in March, for a job at a small bookshop. My cat Miso came along.",
                "A bookshop and a cat: that sounds like a good beginning. How does Miso like it?",
            ),
            Said(
                "She hides under the stairs, but she eats. I cycle to work most days, it is only "
                "ten minutes along the canal.",
                "Cats take a few weeks. The canal sounds like the better half of the commute.",
            ),
        ),
        notes=(
            Note("Anna moved to Leeds in March.", "experience", "I moved to Leeds in March"),
            Note("Anna works at a small bookshop.", "fact", "for a job at a small bookshop"),
            Note("Anna has a cat called Miso.", "fact", "My cat Miso came along."),
            Note("Anna cycles to work along the canal.", "fact", "I cycle to work most days"),
        ),
    ),
    Chapter(
        days_ago=5,
        hour=12,
        title="Nora, and what not to cook",
        summary="Anna's sister Nora lives in Lisbon; her birthday is on 12 May. Anna is allergic "
        "to hazelnuts and prefers trains to planes.",
        said=(
            Said(
                "My sister Nora lives in Lisbon. Her birthday is on 12 May, and I want to visit "
                "her this year.",
                "Lisbon in May is warm and not yet full. Shall I remind you in April to look for "
                "tickets?",
            ),
            Said(
                "Yes. I would rather take the train than fly, even if it takes two days. And I am "
                "allergic to hazelnuts, so no surprises with cake please.",
                "Noted: no planes and no hazelnuts. I will keep both in mind for the trip.",
            ),
        ),
        notes=(
            Note("Anna's sister Nora lives in Lisbon.", "fact", "My sister Nora lives in Lisbon."),
            Note("Nora's birthday is on 12 May.", "fact", "Her birthday is on 12 May"),
            Note("Anna plans to visit Nora this year.", "intention", "I want to visit her"),
            Note("Anna is allergic to hazelnuts.", "fact", "I am allergic to hazelnuts"),
            Note(
                "Anna prefers the train to flying.",
                "preference",
                "I would rather take the train than fly, even if it takes two days.",
            ),
        ),
    ),
    Chapter(
        days_ago=1,
        hour=20,
        title="A small script for the shop",
        summary="A few lines of Python that keep the newest entry of each day in the shop's log.",
        said=(
            Said(
                "Can you write me a few lines of Python that keep the newest entry of each day "
                "from our shop's log?",
                SCRIPT,
            ),
        ),
        notes=(),
    ),
    Chapter(
        days_ago=0,
        hour=9,
        said=(
            Said(
                "What should I pack for two days in Lisbon?",
                PACKING,
                ("Lisbon", "birthday", "hazelnuts", "train"),
            ),
            Said(
                "And what may I not eat there?",
                "Anything with **hazelnuts**: you are allergic to them. In Lisbon that means a "
                "second look at *bolo de avelã*, chocolate spreads and most pralines. Custard "
                "tarts are safe.",
                ("hazelnuts",),
            ),
        ),
    ),
)
