"""The ground floor: who it is for, what time it is, where things are kept, which model answers."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

from adapters.absent import AbsentLLM
from adapters.clock import SystemClock
from adapters.ground import Ground, ground_of, held_home
from adapters.metered import MeteredLLM
from adapters.providers import in_line, line_up
from adapters.switchable import SwitchableLLM
from cns.bus import EventBus
from cns.errors import Misconfigured
from cns.ports import LLM, Clock, Embedder, User
from cns.postgres import PostgresContinuumStore
from cns.postgres_jobs import PostgresJobStore
from cns.postgres_spending import PostgresSpending
from cns.services.chores import Chores
from cns.services.gate import Gate
from cns.services.jobs import JobRunner
from cns.services.purse import Purse
from cns.services.secrets import SecretService
from composition.embedding import embedders_of
from composition.money import PresentTariff
from composition.secrets import opened_secrets, service_of, with_secrets
from config.checks import zone_of
from config.layers import Layers
from config.present import Present
from config.redaction import Redaction
from config.settings import LLMSettings, Settings
from lt_memory.successor import Successor

WAITING = 2  # models that are late beside turns, at most; further turns go without


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is brought from outside: by `main` from its surroundings, by a test to its own ends.

    Attributes:
        environment: the variables, with what their files hold.
        redaction: told every secret, so that no log shows it.
        layers: where the settings came from; None when a program made them.
    """

    llm: LLM | None = None
    embedder: Embedder | None = None
    clock: Clock | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    redaction: Redaction = field(default_factory=Redaction)
    layers: Layers | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What every part may need: who it is for, what time it is, where things are kept.

    Attributes:
        settings: as they stood at the start.
        layers: where each of them came from then.
        present: as they stand now, without the keys that are kept apart.
        llm: who answers now.
        switch: where another model is put in its place.
        purse: what may be spent on models.
        successor: the embedding model that the settings want, and the place that it is to take.
        models: threads that wait for a model beside the turn that asked it.
    """

    settings: Settings
    layers: Layers
    present: Present
    secrets: SecretService
    redaction: Redaction
    ground: Ground
    clock: Clock
    llm: LLM
    switch: SwitchableLLM
    purse: Purse
    successor: Successor
    user: User
    bus: EventBus
    gate: Gate
    store: PostgresContinuumStore
    job_store: PostgresJobStore
    jobs: JobRunner
    models: Executor
    chores: Chores

    @property
    def embedder(self) -> Embedder:
        """Whichever model's vectors stand."""
        return self.successor.service


def house_of(stack: ExitStack, settings: Settings, given: Given) -> House:
    """The ground floor, with what a crash left running marked as ended."""
    clock = given.clock or SystemClock()
    home = stack.enter_context(held_home(settings))
    kept = opened_secrets(stack, settings, home.data_dir, clock)
    secrets = service_of(kept, settings, given.environment, given.redaction.learn)
    layers = given.layers or Layers(file=settings.model_dump(exclude_unset=True))
    present = Present(settings)
    settings = with_secrets(settings, secrets)
    llms = (given.llm,) if given.llm else first_llms(settings, layers)
    ground = stack.enter_context(ground_of(home, settings))
    store = PostgresContinuumStore(ground.database)
    job_store = PostgresJobStore(ground.database)
    user = store.only_user(settings.user_name, zone_of(settings), clock.now())
    store.fail_running_turns()
    job_store.abandon(clock.now())
    jobs = stack.enter_context(JobRunner(job_store, clock))
    purse = Purse(PostgresSpending(ground.database), clock, user, PresentTariff(settings=present))
    switch = _in_service(llms, purse, None if given.llm else settings.llm, clock)
    return House(
        settings=settings,
        layers=layers,
        present=present,
        secrets=secrets,
        redaction=given.redaction,
        ground=ground,
        clock=clock,
        llm=switch,
        switch=switch,
        purse=purse,
        successor=embedders_of(stack, settings, given.embedder, ground.database, secrets),
        user=user,
        bus=EventBus(),
        gate=Gate(),
        store=store,
        job_store=job_store,
        jobs=jobs,
        models=stack.enter_context(ThreadPoolExecutor(WAITING, thread_name_prefix="touchstone")),
        chores=Chores(jobs.attempt),
    )


def first_llms(settings: Settings, layers: Layers) -> Sequence[LLM]:
    """The chosen models; a choice of the page must not keep the page from coming up."""
    try:
        return line_up(settings.llm)
    except Misconfigured as error:
        if "llm" not in layers.page:
            raise
        return (AbsentLLM(settings.llm.provider, error),)


def _in_service(
    llms: Sequence[LLM], purse: Purse, chain: LLMSettings | None, clock: Clock
) -> SwitchableLLM:
    """Who answers, each behind the meter; a test's own model is asked without a chain."""
    row = [MeteredLLM(llm, purse) for llm in llms]
    return SwitchableLLM(in_line(row, chain, clock) if chain else row[0])
