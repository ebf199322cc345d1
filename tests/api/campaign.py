"""A run of schemathesis: every route asked what its schema allows and what it does not."""

from collections.abc import Iterator

from schemathesis import BaseSchema
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import EngineEvent, FatalError, NonFatalError, ScenarioFinished

SEED = 20260504
SAMPLE, FULL = 5, 200
# no schema can say which cursors the server gave, what bytes make a picture, which zones there are,
# nor what makes a key
UNSAYABLE = (
    "PATCH /api/settings",
    "PUT /api/secrets/{name}",
    "GET /api/conflicts",
    "GET /api/entities",
    "GET /api/entities/{entity_id}",
    "GET /api/forecast",
    "GET /api/memories",
    "GET /api/messages",
    "GET /api/messages/{message_id}/following",
    "GET /api/review",
    "GET /api/runs",
    "GET /api/runs/{run_id}/scores",
    "GET /api/segments",
    "POST /api/chat",
)
POSITIVE = "positive_data_acceptance"
# it never ends, so that no answer of it could be looked at; tests/api/test_events.py does
ENDLESS = "GET /api/events"


# on the real program they would ask strangers for an answer, and change what is being tried
AWAY = ("PATCH /api/settings", "POST /api/providers/test")


def configured(*, long: bool, real: bool = False) -> SchemathesisConfig:
    """How many examples an operation is tried with; the seed makes a run repeatable."""
    off = {"enabled": False}
    unsayable = sorted({*UNSAYABLE} - ({*AWAY} if real else set()))
    config = SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            # it takes a deletion that was only tried (`dry_run`) for one that was done
            "checks": {"use_after_free": off},
            "operations": [
                {"include-name": ENDLESS, "enabled": False},
                *({"include-name": name, "enabled": False} for name in AWAY if real),
                *({"include-name": name, "checks": {POSITIVE: off}} for name in unsayable),
            ],
        }
    )
    config.projects.default.generation.update(max_examples=FULL if long else SAMPLE)
    return config


def failures(schema: BaseSchema) -> list[str]:
    """What the run found wrong, each with the request that shows it."""
    found = [fault for event in from_schema(schema).execute() for fault in _faults(event)]
    return sorted(set(found))


def _faults(event: EngineEvent) -> Iterator[str]:
    match event:
        case ScenarioFinished(recorder=recorder):
            for case_id, checks in recorder.checks.items():
                for check in checks:
                    if check.failure_info is not None:
                        label = recorder.cases[case_id].value.operation.label
                        failure = check.failure_info.failure
                        said = f"{failure.title}: {failure.message}"
                        answer = recorder.interactions[case_id].response
                        told = "" if answer is None else f"\n{answer.status_code} {answer.text}"
                        yield f"{label}: {said}\n{check.failure_info.code_sample}{told}"
        case NonFatalError() | FatalError():
            yield f"the run itself failed: {event!r:.2000}"
        case _:
            return
