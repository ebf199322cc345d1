"""An embedder that is a model on a server: batches, checks of what comes back, and patience."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Protocol

import numpy as np

from adapters.llm_errors import NONSENSE, Complaint, Vendor, unavailable
from adapters.llm_wire import LastOutcome
from adapters.questions import ForQuestions
from cns.errors import ContextExceeded, ModelUnavailable
from cns.ports import Embedder, Vector

BATCH = 64
BATCH_CHARACTERS = 200_000  # OpenAI takes 300,000 tokens in a request
SHORTEST = 100  # characters; a text that is too long for the model is not cut below that
BLANK = "-"  # OpenAI refuses an empty text
LONGEST_REST = 600.0  # seconds, whatever a server asks for


class Door(Protocol):
    """The way to one model on one server."""

    vendor: Vendor
    model: str

    def ask(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector a text, in their order; raises ModelUnavailable."""
        ...

    def close(self) -> None: ...


@dataclass(slots=True)
class _Known:
    """What both ways to a model learn of it.

    Attributes:
        dimensions: 0 while nothing came back yet.
        rests_until: on the monotonic clock; the server asked not to be asked before.
    """

    dimensions: int = 0
    rests_until: float = -math.inf
    refusal: ModelUnavailable | None = None


class EndpointEmbedder:
    """Implements `cns.ports.Embedder`.

    Args:
        name: what its vectors are kept under.
        door: makes a way to the model on which one call takes so many seconds at most.
        seconds: for a batch of texts, and for a question.
        dimensions: of its vectors, where that is known; else the first answer tells.
    """

    def __init__(
        self,
        name: str,
        door: Callable[[float], Door],
        seconds: tuple[float, float],
        dimensions: int = 0,
    ) -> None:
        self._name = name
        self._door = door(seconds[0])
        self._question_door = door(seconds[1])
        self._known = _Known(dimensions)
        self._outcome = LastOutcome()

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        """Raises Unavailable: it is not known yet, and the server does not answer."""
        if not self._known.dimensions:
            self.embed([BLANK])
        return self._known.dimensions

    def expect(self, dimensions: int) -> None:
        """Take vectors of another length for nonsense."""
        self._known.dimensions = dimensions

    def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        return self.embed_by(self._door, texts)

    def for_questions(self) -> Embedder:
        """The same model under the deadline of a question."""
        return ForQuestions(embedder=self, asked=partial(self.embed_by, self._question_door))

    def embed_by(self, door: Door, texts: Sequence[str]) -> Sequence[Vector]:
        """One unit vector a text.

        Raises:
            ModelUnavailable: the server does not answer, or not with vectors.
        """
        try:
            vectors = [vector for batch in _batches(texts) for vector in self._asked(door, batch)]
        except ModelUnavailable as failure:
            self._outcome.failed(failure)
            raise
        self._outcome.went_well()
        return vectors

    def ping(self) -> str:
        """No call is made: the last outcome is told; raises ModelUnavailable when it was bad."""
        place = self._door.vendor.without_secrets(self._door.vendor.place)
        return self._outcome.report(f"{self._name} at {place}")

    def close(self) -> None:
        self._door.close()
        self._question_door.close()

    def _asked(self, door: Door, texts: Sequence[str]) -> Sequence[Vector]:
        self._wait_as_told()
        try:
            return self._checked(door, _whole(door, texts), len(texts))
        except ModelUnavailable as failure:
            rest = failure.extra.get("retry_after")
            if isinstance(rest, float) and rest > 0:
                self._known.rests_until = monotonic() + min(rest, LONGEST_REST)
                self._known.refusal = failure
            raise

    def _wait_as_told(self) -> None:
        refusal = self._known.refusal
        if refusal is not None and monotonic() < self._known.rests_until:
            raise ModelUnavailable(refusal.detail, code=refusal.code, extra=refusal.extra)

    def _checked(
        self, door: Door, answer: Sequence[Sequence[float]], asked: int
    ) -> Sequence[Vector]:
        lengths = {len(vector) for vector in answer}
        due = {self._known.dimensions} if self._known.dimensions else lengths
        if len(answer) != asked or len(lengths) != 1 or lengths != due:
            said = f"{len(answer)} vectors of {sorted(lengths)} numbers for {asked} texts"
            wanted = f", where {self._known.dimensions} were due" if self._known.dimensions else ""
            raise unavailable(Complaint(fault=NONSENSE, quote=said + wanted), door.vendor, "")
        units = _units(np.asarray(answer, dtype=np.float64))
        if units is None:
            quote = "a vector that points nowhere"
            raise unavailable(Complaint(fault=NONSENSE, quote=quote), door.vendor, "")
        self._known.dimensions = lengths.pop()
        return units


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for text in texts:
        full = len(batch) == BATCH or sum(map(len, batch)) + len(text) > BATCH_CHARACTERS
        if batch and full:
            yield batch
            batch = []
        batch.append(text if text.strip() else BLANK)
    if batch:
        yield batch


def _whole(door: Door, texts: Sequence[str]) -> Sequence[Sequence[float]]:
    """The answer to all; where they are too long for the model, to the beginnings of the longest.

    A server does not say which of them was too long: the longest half of them is cut in half.
    """
    try:
        return door.ask(texts)
    except ContextExceeded:
        longest = max(map(len, texts))
        if longest <= SHORTEST:
            raise
        return _whole(door, [text[: max(SHORTEST, longest // 2)] for text in texts])


def _units(vectors: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> Sequence[Vector] | None:
    """Each brought to length one; None when one has no direction."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.all(np.isfinite(lengths)) or not np.all(lengths > 0):
        return None
    units: list[list[float]] = (vectors / lengths).astype(np.float32).tolist()
    return units
