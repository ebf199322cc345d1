"""The composition root: builds the program from its parts, runs it, and takes it down again."""

import os
import resource
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from adapters import doctor
from adapters.allocator import share_arenas
from adapters.scheduler import scheduled
from api import serve
from api.about import TRIAL, about
from api.app import create_app
from api.services import Services
from cns.domain.events import (
    Event,
    MemoriesExtractedEvent,
    MemoriesSurfacedEvent,
    MessagesErasedEvent,
    PathChangedEvent,
    SegmentCollapsedEvent,
    TurnCompletedEvent,
    TurnFailedEvent,
)
from cns.errors import Misconfigured, StoreUnavailable
from cns.services.activity import Activity
from cns.services.importing import Importing
from cns.services.running import OFF_THE_RECORD, RunningTurns
from cns.services.secrets import SecretNews, SecretUpkeep
from cns.services.segments import SegmentService
from cns.services.timeouts import SegmentTimeouts
from cns.services.timetable import Schedule, Timetable
from cns.services.turn import TurnService
from cns.services.unkept import turns_for
from composition import secret_command
from composition.choice import desk_of
from composition.house import Given, House, house_of
from composition.imports import importing_of
from composition.knowledge import knowledge_of, user_information_of
from composition.mind import Mind, erasing_of, mind_of
from composition.parts import parts
from composition.secrets import looked_up
from composition.talk import branching_of, off_the_record, segments_of, turns_of, with_timeouts
from config import logging as logs
from config.checks import refuse_what_is_not_there_yet
from config.discretion import discreet
from config.environment import forget_secrets, with_files
from config.loader import checked, layers
from config.names import BadSettings
from config.redaction import Redaction
from config.settings import CHECKOUT, Settings

VERSION = "0.1.0"
WAITING = 50  # chapters, looked through for one whose extraction was put off
CATCH_UP = timedelta(seconds=30)
STOP_PATIENCE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mira:
    """The built program; leaving `build` takes it down."""

    house: House
    services: Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Workings:
    """What goes on: the turns, what happened, and what is to happen when."""

    running: RunningTurns
    activity: Activity
    importing: Importing
    schedule: Schedule


@contextmanager
def build(settings: Settings, given: Given | None = None) -> Iterator[Mira]:
    """Everything, wired, started, and taken down in reverse on leaving.

    Raises:
        BadSettings, Misconfigured: a setting does not fit; says which, and the fix.
        StoreUnavailable: the database cannot be reached.
    """
    refuse_what_is_not_there_yet(settings)
    with ExitStack() as stack:
        house = house_of(stack, settings, given or Given())
        mind = mind_of(stack, house)
        segments = segments_of(house)
        turns = turns_of(house, mind)
        incognito = off_the_record(house, mind, turns)
        running = RunningTurns(turns_for(turns, incognito), house.store, house.clock)
        stack.enter_context(discreet(OFF_THE_RECORD))
        activity = Activity(house.clock.now())
        for event_type, handler in subscriptions(house, mind, activity, running):
            house.bus.subscribe(event_type, handler)
        news = SecretNews(store=house.store, user=house.user, bus=house.bus, clock=house.clock)
        stack.callback(
            house.secrets.watch(
                lambda name: house.chores.soon("tell of a secret", lambda: news.tell(name))
            )
        )
        house.purse.retry_by(lambda work: house.chores.soon("write spending", work))
        importing = importing_of(stack, house, mind)
        stack.enter_context(house.chores)
        warm_up(house, mind)
        schedule = schedule_of(stack, house, mind, segments)
        stack.enter_context(closing(house.llm))  # ends the calls that jobs may still wait for
        stack.callback(running.settle, STOP_PATIENCE)
        workings = Workings(
            running=running, activity=activity, importing=importing, schedule=schedule
        )
        services = services_of(house, mind, segments, turns, workings)
        yield Mira(house=house, services=services)


def schedule_of(stack: ExitStack, house: House, mind: Mind, segments: SegmentService) -> Schedule:
    """The scheduled jobs, from here on run at their hours."""
    timeouts = SegmentTimeouts(
        segments=lambda: with_timeouts(segments, house.present().segments),
        interval=timedelta(minutes=house.settings.segments.check_minutes),
    )
    upkeep = SecretUpkeep(secrets=house.secrets)
    timetable = Timetable((timeouts, upkeep, *mind.jobs), house.jobs)
    alarm = stack.enter_context(scheduled(timetable, house.job_store, house.clock))
    return Schedule(timetable, alarm, house.job_store)


def services_of(
    house: House, mind: Mind, segments: SegmentService, turns: TurnService, workings: Workings
) -> Services:
    """What the edge may call."""
    return Services(
        turns=workings.running,
        store=house.store,
        branching=branching_of(house),
        erasing=erasing_of(house),
        segments=segments,
        search=mind.search,
        memories=mind.memories,
        links=mind.links,
        history=mind.history,
        reshaping=mind.reshaping,
        review=mind.review,
        runs=mind.runs,
        knowledge=knowledge_of(house),
        user_information=user_information_of(house),
        forecast=mind.forecast,
        imports=workings.importing,
        jobs=house.jobs,
        schedule=workings.schedule,
        activity=workings.activity,
        secrets=house.secrets,
        desk=desk_of(house),
        spending=house.purse,
        runs_of=mind.extraction.runs_of,
        waiting=lambda: mind.extraction.waiting(WAITING),
        prompt=turns.preview,
        about=lambda: about(house.settings, house.llm, house.embedder, house.ground.data_dir),
        parts=lambda: parts(house, mind),
        version=VERSION,
        web_dir=CHECKOUT / "web",
        port=house.settings.server.port,
        allowed_hosts=house.settings.server.allowed_hosts,
    )


def subscriptions(
    house: House, mind: Mind, activity: Activity, running: RunningTurns
) -> Sequence[tuple[type[Event], Callable[[Any], Iterable[Event] | None]]]:
    """Who hears what: the whole table. What is slow becomes a chore."""

    def take_in(_: Event) -> None:
        house.chores.soon("embed new", mind.embed.now)
        house.chores.soon("index new", lambda: mind.text_index.catch_up(CATCH_UP))

    def count_surfaced(event: MemoriesSurfacedEvent) -> None:
        house.chores.soon("count surfaced", lambda: mind.memories.record_surfaced(event.hit_ids))

    def count_cited(event: TurnCompletedEvent) -> None:
        cited = [ref for message in event.messages for ref in message.memory_refs]
        house.chores.soon("count cited", lambda: mind.memories.record_cited(cited))

    return (
        (Event, activity.note),
        (MemoriesSurfacedEvent, count_surfaced),
        (TurnCompletedEvent, count_cited),
        (TurnCompletedEvent, take_in),
        (TurnFailedEvent, take_in),
        (PathChangedEvent, take_in),
        (MessagesErasedEvent, take_in),
        (MessagesErasedEvent, activity.forget),
        (MessagesErasedEvent, lambda event: running.forget(event.turn_ids)),
        (SegmentCollapsedEvent, mind.extraction.on_collapsed),
        (MemoriesExtractedEvent, take_in),
    )


def warm_up(house: House, mind: Mind) -> None:
    """What the first turn would otherwise wait for."""
    house.chores.soon("index", lambda: mind.text_index.catch_up(CATCH_UP))
    house.chores.soon("load the embedding model", lambda: house.embedder.embed(["warm"]))


def run(settings: Settings, given: Given) -> int:
    """Serve until SIGTERM or SIGINT."""
    serve.leave_on_sigterm()
    os.umask(0o077)  # whatever is kept is for its owner alone
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the secrets
    share_arenas()
    host, port = settings.server.host, settings.server.port
    with serve.bound(host, port) as listener, build(settings, given) as mira:
        note = "" if mira.house.llm.capable else f"\n{TRIAL}"

        def say() -> None:
            sys.stderr.write(f"MIRA is ready: http://{host}:{port}{note}\n")

        serve.run(create_app(mira.services), listener, say)
    return 0


def obey(settings: Settings, given: Given, words: Sequence[str]) -> int:
    """Do what the command line says.

    Raises:
        Misconfigured: it says something else.
    """
    match words:
        case [] | ["run"]:
            return run(settings, given)
        case ["doctor"]:
            return doctor.run(settings, partial(looked_up, settings, given.environment))
        case ["secret", *rest]:
            return secret_command.run(settings, given, rest)
        case ["backup" | "restore", *_]:
            raise Misconfigured("Backups come with a later version; copy the stopped data/.")
        case _:
            raise Misconfigured(f"There is no command {words[0]!r}: run, secret, or doctor.")


def main(words: Sequence[str]) -> int:
    """The exit code: 2, with one line, when the configuration does not fit."""
    redaction = Redaction()
    try:
        environment = with_files(os.environ)
        places = layers(environment)
        settings = checked(places)
        forget_secrets(os.environ)  # no child process inherits them
        logs.configure(settings.log.level, settings.log.format, redaction)
        given = Given(environment=environment, redaction=redaction, layers=places)
        return obey(settings, given, words)
    except (BadSettings, Misconfigured, StoreUnavailable) as error:
        sys.stderr.write(redaction(f"mira: {error}\n"))
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
