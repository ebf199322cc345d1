"""A month of one person's conversation, remembered by rules and by a model, and judged."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from pydantic import SecretStr

from adapters import models
from adapters.embedding_export import export
from adapters.embeddings import OnnxEmbedder
from adapters.postgres import Postgres
from adapters.providers import choose_llm
from config.checks import prompt
from config.settings import DatabaseSettings, LLMSettings, MemorySettings
from lt_memory.entities import RuleNames
from lt_memory.extractors import Extractors, chosen_extractors
from lt_memory.model_extraction import Asking
from lt_memory.rules.extractor import RulesExtractor
from tests.fakes.clock import FrozenClock
from tests.fakes.llm_server import FakeLLMServer
from tests.servers import TestServer
from tests.story.judged import Verdict
from tests.story.remembering import ZONE, Life, drawn, noting
from tests.story.talks import MONTH, Chapter, Saying, answers, chapters

pytestmark = [pytest.mark.postgres, pytest.mark.model]
RULES = RulesExtractor(RuleNames())
Lived = Callable[[Extractors, list[Chapter]], Verdict]


@pytest.fixture(scope="module")
def lived(postgres_server: TestServer) -> Lived:
    """Lives through chapters in a house of their own, and says how they were remembered."""
    export(models.model_dir())
    embedder = OnnxEmbedder(models.minilm_onnx(), models.minilm_tokenizer())

    def live(extractors: Extractors, told: list[Chapter]) -> Verdict:
        with (
            postgres_server.migrated_database() as dsn,
            closing(Postgres(dsn, DatabaseSettings(pool_min=1))) as database,
        ):
            return Life(database, embedder, extractors).live(told)

    return live


@pytest.fixture(scope="module")
def by_rules(lived: Lived) -> Verdict:
    extractors = Extractors(first=RULES, fallback=RULES)
    return told("the month, by rules", lived(extractors, chapters(*MONTH)))


@pytest.fixture(scope="module")
def of_strangers() -> Verdict:
    return told("strangers, by rules", drawn(RULES, chapters("strangers")))


@pytest.fixture(scope="module")
def of_later_strangers() -> Verdict:
    return told("later strangers, by rules", drawn(RULES, chapters("strangers_later")))


@pytest.fixture(scope="module")
def by_model(lived: Lived) -> Verdict:
    month = chapters(*MONTH)
    with noted(month) as extractors:
        return told("the month, by a model", lived(extractors, month))


@contextmanager
def noted(month: list[Chapter]) -> Iterator[Extractors]:
    """A model over the wire, with good but imperfect notes on the month."""
    with FakeLLMServer(noting(month, answers())) as server:
        wire = LLMSettings(provider="anthropic", base_url=server.url, api_key=SecretStr("key"))
        with closing(choose_llm(wire, FrozenClock())) as llm:
            memory = MemorySettings(extraction="immediate")
            asking = Asking(prompt=prompt("extraction"), zone=ZONE)
            yield chosen_extractors(memory, llm, asking, RuleNames())


def told(what: str, verdict: Verdict) -> Verdict:
    wrong = "".join(f"\n  wrong: {kept.text}" for kept in verdict.wrong)
    print(f"\n{what}: {verdict}{wrong}")  # noqa: T201 - the evidence
    return verdict


def counted(field: str) -> int:
    said: list[Saying] = [saying for chapter in chapters(*MONTH) for saying in chapter.said]
    return sum(len(getattr(saying, field)) for saying in said)


def test_the_month_is_as_long_and_as_full_as_it_should_be() -> None:
    said = [saying for chapter in chapters(*MONTH) for saying in chapter.said]
    facts = [fact for saying in said for fact in saying.facts]
    assert len(said) >= 400
    assert len(facts) >= 120
    assert sum(bool(fact.corrects) for fact in facts) >= 20
    assert sum(bool(fact.contradicts) for fact in facts) >= 15
    assert counted("traps") >= 60
    assert [saying.at for saying in said] == sorted(saying.at for saying in said)


def test_what_the_rules_remember_of_the_month_is_right(by_rules: Verdict) -> None:
    assert by_rules.precision >= 0.95
    assert by_rules.recall >= 0.38


def test_what_the_rules_remember_of_strangers_is_right(of_strangers: Verdict) -> None:
    assert of_strangers.precision >= 0.9  # at first sight .80, with a recall of .38
    assert of_strangers.recall >= 0.58


def test_what_the_rules_remember_of_later_strangers_is_right(of_later_strangers: Verdict) -> None:
    assert of_later_strangers.precision >= 0.9  # at first sight .92, with a recall of .67
    assert of_later_strangers.recall >= 0.63


def test_the_rules_fall_for_no_bait(
    by_rules: Verdict, of_strangers: Verdict, of_later_strangers: Verdict
) -> None:
    assert not [*by_rules.baited, *of_strangers.baited, *of_later_strangers.baited]


def test_what_a_model_remembers_of_the_month_is_right_and_most_of_it(by_model: Verdict) -> None:
    assert by_model.precision >= 0.98
    assert by_model.recall >= 0.77


def test_a_model_s_notes_on_bait_are_refused(by_model: Verdict) -> None:
    assert not by_model.baited


def test_corrections_supersede_and_contradictions_are_found(by_model: Verdict) -> None:
    assert by_model.superseded >= 9
    assert by_model.conflicting >= 12
    assert by_model.astray <= 1
