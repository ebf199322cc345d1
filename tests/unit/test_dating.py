"""Candidates get the dates that they speak of."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cns.domain.message import Message
from lt_memory.dating import with_dates
from lt_memory.domain.memory import Candidate, Evidence
from lt_memory.ports import Extracted
from lt_memory.rules.extractor import RulesExtractor
from tests.fakes.names import FakeNames
from tests.values import START, message

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 3, 10, 11, tzinfo=UTC)


def dated(*said: Message) -> list[Candidate]:
    found = RulesExtractor(FakeNames()).extract(said)
    return list(with_dates(found, said, BERLIN).candidates)


def test_a_memory_says_the_date_and_its_evidence_what_was_said() -> None:
    said = message("Hey, I'm flying to Rome tomorrow at 5 pm, lol.")
    (found,) = dated(said)
    (piece,) = found.evidence
    assert found.text == "I'm flying to Rome on 3 March 2026 at 5 pm."
    assert said.text[piece.start : piece.end] == "I'm flying to Rome tomorrow at 5 pm"
    assert (found.happens_at, found.said_at) == (datetime(2026, 3, 3, 16, tzinfo=UTC), START)


def test_the_day_is_that_of_the_message_not_of_the_extraction() -> None:
    said = message("I'm staying in Spain until Friday.")
    later = replace(message("My exam is tomorrow."), created_at=NOON)
    assert [found.expires_at or found.happens_at for found in dated(said, later)] == [
        datetime(2026, 3, 6, 23, tzinfo=UTC),
        datetime(2026, 3, 10, 23, tzinfo=UTC),
    ]


def test_what_the_extractor_worked_out_stands_and_what_rests_on_nothing_is_left() -> None:
    own = Candidate(text="My exam is tomorrow.", evidence=(), happens_at=NOON)
    (kept,) = with_dates(Extracted(candidates=(own,)), (), BERLIN).candidates
    assert kept == own


def test_a_day_that_comes_back_every_year_is_no_date_that_passes() -> None:
    said = message("My sister's birthday is on 12 March. My exam is on 12 March.")
    own = [
        Candidate(
            text=text,
            evidence=(Evidence(message_id=said.id, start=0, end=9),),
            happens_at=NOON,
        )
        for text in ("My sister's birthday is on 12 March.", "My exam is on 12 March.")
    ]
    kept = with_dates(Extracted(candidates=tuple(own)), [said], BERLIN).candidates
    assert [each.happens_at for each in kept] == [None, NOON]
