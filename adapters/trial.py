"""Trying a provider out with a few tokens: whether it answers, how fast, and what it can do."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from time import perf_counter
from uuid import uuid4

from pydantic import SecretStr

from adapters.providers import Named, chosen_provider, made, settings_of
from cns.domain.message import Message, MessageId, Role, SegmentId, Text
from cns.domain.trial import Candidate, Trial
from cns.errors import Misconfigured, ModelUnavailable
from cns.ports import (
    LLM,
    ModelDone,
    ModelRequest,
    ModelText,
    ModelThinking,
    ModelToolCall,
    SystemBlock,
    ToolDefinition,
)
from config.settings import Fallback, LLMSettings

Keyed = Callable[[LLMSettings], LLMSettings]
LONGEST_ANSWER = 256  # a model that thinks first needs some room
LONGEST_SILENCE = 30.0  # seconds: somebody waits before the page
MOST_NAMES = 500
NEAREST = 3
UNNAMED = "(none)"
BRIEF = SystemBlock(text="You are being tried out. Do just what is asked.", cached=False)
COUNT = "Count from one to five in words."
CALL = "Call the tool `ready` now. Write nothing."
READY = ToolDefinition(
    name="ready",
    description="Says that tools can be called.",
    schema={"type": "object", "properties": {}},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """One short answer and how it came."""

    pieces: int
    stop: str
    first: float | None
    whole: float


def completed(candidate: Candidate, settings: LLMSettings, keyed: Keyed) -> LLMSettings:
    """The candidate's settings; what belongs to another provider is not taken over.

    Raises:
        Misconfigured: a key is set, but not whose.
    """
    chosen = chosen_provider(keyed(settings))
    if candidate.base_url == "":
        settings = settings.model_copy(update={"base_url": None})
    same = candidate.provider in (None, "auto", chosen)
    elsewhere = candidate.base_url not in (None, "", settings.base_url)
    asked = Fallback.model_validate(
        {
            "provider": chosen if same else candidate.provider,
            "base_url": candidate.base_url if elsewhere else None,
            "model": _own(candidate.model, settings.model if same else None),
            "fast_model": _own(candidate.fast_model, settings.fast_model if same else None),
        }
    )
    own = keyed(settings_of(asked, chosen, settings))
    given = {"api_key": SecretStr(candidate.api_key)} if candidate.api_key else {}
    silence = min(own.read_seconds, LONGEST_SILENCE)
    return own.model_copy(update={**given, "read_seconds": silence})


def _own(given: str | None, usual: str | None) -> str | None:
    """What is given, even if that is nothing; what is usual where nobody said anything."""
    return usual if given is None else given or None


def tried(candidate: Candidate, settings: LLMSettings, keyed: Keyed) -> Trial:
    """Ask the candidate for a few tokens; whatever goes wrong is told, not raised."""
    provider = candidate.provider or settings.provider
    try:
        wanted = completed(candidate, settings, keyed)
        provider = wanted.provider
        if unnamed := _unnamed(wanted):
            return unnamed
        llm = made(provider, wanted)
    except Misconfigured as error:
        return Trial(
            ok=False, provider=provider, model=candidate.model, detail=error.detail, code=error.code
        )
    with closing(llm):
        trial = _tried(llm)
    key = candidate.api_key  # some servers repeat it in their refusal
    return replace(trial, detail=trial.detail.replace(key, "…")) if key else trial


def _unnamed(wanted: LLMSettings) -> Trial | None:
    """What a server of one's own offers, when nobody said which of its models is meant."""
    if wanted.provider != "openai" or wanted.base_url is None or wanted.model is not None:
        return None
    with closing(made("openai", wanted.model_copy(update={"model": UNNAMED}))) as llm:
        nothing = Trial(ok=False, provider=llm.provider, model=None, detail="")
        try:
            names = tuple(sorted(llm.models())[:MOST_NAMES])
        except ModelUnavailable as failure:
            return replace(
                nothing, detail=failure.detail, code=failure.code, retryable=failure.retryable
            )
    offered = f"It offers {', '.join(names[:NEAREST])}{', …' * (len(names) > NEAREST)}."
    words = f"The server answers. Name one of its models. {offered if names else ''}".strip()
    return replace(nothing, detail=words, code="llm_model_missing", models=names)


def _tried(llm: Named) -> Trial:
    nothing = Trial(ok=False, provider=llm.provider, model=llm.model, detail="")
    try:
        answer = _asked(llm, COUNT, ())
    except ModelUnavailable as failure:
        return _failed(nothing, llm, failure)
    return replace(
        nothing,
        ok=True,
        detail=_in_words(llm, answer),
        latency_ms=round(answer.whole * 1000, 1),
        first_token_ms=None if answer.first is None else round(answer.first * 1000, 1),
        streaming=answer.pieces > 1,
        tools=_calls_tools(llm),
        models=_listed(llm),
    )


def _failed(nothing: Trial, llm: Named, failure: ModelUnavailable) -> Trial:
    unknown = failure.code == "llm_unknown_model"
    models = _listed(llm) if unknown else ()
    close = get_close_matches(llm.model, models, NEAREST, cutoff=0.3) or models[:NEAREST]
    offered = f" It offers {', '.join(close)}." if close else ""
    return replace(
        nothing,
        detail=failure.detail + offered,
        code=failure.code,
        retryable=failure.retryable,
        models=models,
    )


def _in_words(llm: LLM, answer: _Answer) -> str:
    if answer.first is None:
        return f"{llm.model} accepted the question, but wrote nothing in {LONGEST_ANSWER} tokens."
    return f"{llm.model} answered in {answer.whole:.1f} s."


def _calls_tools(llm: LLM) -> bool:
    """A model that may call tools, and does when it is asked to; a refusal counts as "no"."""
    if not llm.capable:
        return False
    try:
        return _asked(llm, CALL, (READY,)).stop == "tools"
    except ModelUnavailable:
        return False


def _asked(llm: LLM, words: str, tools: tuple[ToolDefinition, ...]) -> _Answer:
    begun, first, pieces, stop = perf_counter(), None, 0, ""
    with closing(llm.stream(_request(words, tools))) as events:
        for event in events:
            if isinstance(event, ModelText | ModelThinking | ModelToolCall):
                first = first or perf_counter() - begun
                pieces += 1
            elif isinstance(event, ModelDone):
                stop = event.stop
    return _Answer(pieces=pieces, stop=stop, first=first, whole=perf_counter() - begun)


def _request(words: str, tools: tuple[ToolDefinition, ...]) -> ModelRequest:
    question = Message(
        id=MessageId(uuid4()),
        role=Role.USER,
        content=(Text(text=words),),
        created_at=datetime.now(UTC),
        segment_id=SegmentId(uuid4()),
    )
    return ModelRequest(
        system=(BRIEF,), messages=(question,), tools=tools, max_tokens=LONGEST_ANSWER
    )


def _listed(llm: Named) -> tuple[str, ...]:
    """The names that its server lists; a server that lists none is no worse for it."""
    try:
        names: Sequence[str] = llm.models()
    except ModelUnavailable:
        return ()
    return tuple(sorted(names)[:MOST_NAMES])
