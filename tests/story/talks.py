"""Conversations marked by hand: what is worth remembering in them, and what is bait."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data"
MONTH = ("month/week_1", "month/week_2", "month/week_3", "month/week_4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A sentence of a message, and what marks it.

    Attributes:
        start: where the sentence begins in its message, in characters.
        holds: names and numbers that a memory of it must hold.
        corrects: the name of the mark whose statement it puts right.
        contradicts: the name of the mark that it cannot be true beside.
    """

    sentence: str
    start: int
    name: str = ""
    holds: tuple[str, ...] = ()
    corrects: str = ""
    contradicts: str = ""

    @property
    def end(self) -> int:
        return self.start + len(self.sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """A message with its marks.

    Attributes:
        facts: worth remembering, each expected.
        allowed: neither expected nor wrong.
        retracted: put right within the chapter: wrong, unless something supersedes it.
        traps: never to be remembered.
    """

    at: datetime
    role: str
    text: str
    facts: tuple[Mark, ...] = ()
    allowed: tuple[Mark, ...] = ()
    retracted: tuple[Mark, ...] = ()
    traps: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    title: str
    said: tuple[Saying, ...]


def chapters(*names: str) -> list[Chapter]:
    """The chapters of these files of test data, in order."""
    written = [each for name in names for each in _document(name)]
    return [
        Chapter(title=each["title"], said=tuple(_saying(said) for said in each["said"]))
        for each in written
    ]


def answers() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """What a good, imperfect model notes down of each chapter of the month, by its title."""
    return {each["chapter"]: each["memories"] for each in _document("month/answers")}


def _document(name: str) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return written


def _saying(written: Mapping[str, Any]) -> Saying:
    text = written["text"]
    facts, allowed, retracted, traps = (
        tuple(_mark(mark, text) for mark in written.get(field, ()))
        for field in ("facts", "allowed", "retracted", "traps")
    )
    return Saying(
        at=datetime.fromisoformat(written["at"]),
        role=written["role"],
        text=text,
        facts=facts,
        allowed=allowed,
        retracted=retracted,
        traps=traps,
    )


def _mark(written: Mapping[str, Any], text: str) -> Mark:
    return Mark(
        sentence=written["sentence"],
        start=text.index(written["sentence"]),
        name=written.get("id", ""),
        holds=tuple(written.get("holds", ())),
        corrects=written.get("corrects", ""),
        contradicts=written.get("contradicts", ""),
    )
