"""Where the topic switches, a touchstone finds what the message alone does not."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

import pytest

from adapters import models
from adapters.embedding_export import export
from adapters.embeddings import OnnxEmbedder
from adapters.postgres import Postgres
from benchmarks.rankings import Asked, measures
from benchmarks.touchstone import METHODS, WITH, WITHOUT, read_switches, write_sessions
from tests.recalling import Bench, bench

PAST, SWITCHES = read_switches()


def test_there_are_sixty_switches_of_four_kinds() -> None:
    assert Counter(switch.kind for switch in SWITCHES) == dict.fromkeys(
        ("follow-up", "return", "abrupt", "indirect"), 15
    )


def test_every_switch_can_be_answered_from_what_was_said_before() -> None:
    said = {name for session in PAST for name in session}
    assert all(switch.evidence <= said for switch in SWITCHES)


@pytest.fixture
def real(database: Postgres, tmp_path: Path) -> Iterator[Bench]:
    export(models.model_dir())
    with bench(
        database, tmp_path, OnnxEmbedder(models.minilm_onnx(), models.minilm_tokenizer())
    ) as made:
        write_sessions(PAST, made.seeds)
        made.settle()
        yield made


@pytest.mark.postgres
@pytest.mark.model
def test_recall_with_a_touchstone_beats_recall_without(real: Bench, long: bool) -> None:
    figures = {
        name: mean(
            measures(
                Asked(
                    category=switch.kind,
                    evidence=switch.evidence,
                    found=[h.external_id or "" for h in real.ask(METHODS[name](switch)).hits],
                )
            )["Recall@5"]
            for switch in (SWITCHES if long else SWITCHES[::3])
        )
        for name in (WITHOUT, "the last message and this one", WITH)
    }
    assert figures[WITH] > 0.9
    assert figures[WITH] > max(figures[name] for name in figures if name != WITH) + 0.1
