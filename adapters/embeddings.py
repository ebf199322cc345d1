"""all-MiniLM-L6-v2 by onnxruntime, and a cache for the vectors of questions."""

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as vendor
from tokenizers import Encoding, Tokenizer

from cns.embedding_ports import for_questions, shortfall
from cns.errors import Unavailable
from cns.ports import Cache, Embedder, Vector

MODEL = "all-MiniLM-L6-v2"
DIMENSIONS = 384
LONGEST = 256  # tokens, as the model's own configuration says
ROOM = 2048  # tokens that go through the model at once, padded: each takes some 20 kB meanwhile

_BROKEN = (
    vendor.EPFail,
    vendor.EngineError,
    vendor.Fail,
    vendor.InvalidArgument,
    vendor.InvalidGraph,
    vendor.InvalidProtobuf,
    vendor.NoModel,
    vendor.NoSuchFile,
    vendor.NotImplemented,
    vendor.RuntimeException,
    OSError,
)


class _Model(NamedTuple):
    session: onnxruntime.InferenceSession
    tokenizer: Tokenizer


class OnnxEmbedder:
    """The exported model, loaded when first used; safe to share between threads."""

    def __init__(self, graph: Path, tokenizer: Path) -> None:
        self._graph = graph
        self._tokenizer = tokenizer
        self._loading = threading.Lock()
        self._loaded: _Model | None = None

    @property
    def name(self) -> str:
        return MODEL

    @property
    def dimensions(self) -> int:
        return DIMENSIONS

    def warm(self) -> None:
        """Load now rather than at the first question."""
        self.embed(["warm"])

    def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        model = self._model()
        tokens = [model.tokenizer.encode(text) for text in texts]
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        for places in _fitting([len(each.ids) for each in tokens]):
            with _translated(self._graph):
                vectors[places] = _run(model.session, [tokens[at] for at in places])
        return [vector.tolist() for vector in vectors]

    def _model(self) -> _Model:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> _Model:
        missing = [path for path in (self._graph, self._tokenizer) if not path.is_file()]
        if missing:
            raise Unavailable(
                f"The embedding model's file {missing[0]} is missing. Run ./deploy.sh setup."
            )
        tokenizer = Tokenizer.from_str(self._tokenizer.read_text(encoding="utf-8"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_length=LONGEST)
        with _translated(self._graph):
            session = onnxruntime.InferenceSession(
                str(self._graph), _one_thread(), providers=["CPUExecutionProvider"]
            )
        return _Model(session, tokenizer)


class CachedEmbedder:
    """Keeps the vectors of questions for a while, as half floats; for questions only.

    Args:
        prepare: what is embedded in a question's place; its own words when not given.
    """

    def __init__(
        self,
        embedder: Embedder,
        cache: Cache,
        ttl: timedelta,
        prepare: Callable[[str], str] = str,
    ) -> None:
        self._embedder = embedder
        self._cache = cache
        self._ttl = ttl
        self._prepare = prepare

    @property
    def name(self) -> str:
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions

    @property
    def shortfall(self) -> Sequence[str]:
        """That of the embedder behind it."""
        return shortfall(self._embedder)

    def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        embedder = for_questions(self._embedder)
        asked = [self._prepare(text) for text in texts]
        kept: dict[str, Vector | None] = {text: self._kept(embedder, text) for text in set(asked)}
        missing = [text for text in dict.fromkeys(asked) if kept[text] is None]
        made = embedder.embed(missing) if missing else ()
        for text, vector in zip(missing, made, strict=True):
            half = np.asarray(vector, dtype=np.float16)
            self._cache.put(_key(embedder, text), half.tobytes(), self._ttl)
            kept[text] = half.astype(np.float32).tolist()
        return [known for text in asked if (known := kept[text]) is not None]

    def _kept(self, embedder: Embedder, text: str) -> Vector | None:
        found = self._cache.get(_key(embedder, text))
        if found is None or len(found) != 2 * embedder.dimensions:
            return None
        vector: list[float] = np.frombuffer(found, dtype=np.float16).astype(np.float32).tolist()
        return vector


def _key(embedder: Embedder, text: str) -> str:
    return f"embedding:{embedder.name}:{hashlib.sha256(text.encode()).hexdigest()}"


class NoCache:
    """Implements `cns.ports.Cache`: holds nothing, for questions that must leave no trace."""

    def get(self, key: str) -> bytes | None:
        """Nothing."""
        return None

    def put(self, key: str, value: bytes, ttl: timedelta) -> None:
        """Nothing."""

    def forget(self, key: str) -> None:
        """Nothing."""


def _fitting(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The places of texts that go through the model together: alike in length, within the room."""
    together: list[int] = []
    for at in sorted(range(len(lengths)), key=lambda at: lengths[at]):
        if together and (len(together) + 1) * lengths[at] > ROOM:
            yield together
            together = []
        together.append(at)
    if together:
        yield together


def _one_thread() -> onnxruntime.SessionOptions:
    """Two threads that spin are up to 80 times slower for one text on a busy machine.

    The arena would keep the most that any batch ever took (180 MB), and gains a question nothing.
    """
    options = onnxruntime.SessionOptions()
    options.enable_cpu_mem_arena = False
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


def _run(session: onnxruntime.InferenceSession, tokens: Sequence[Encoding]) -> NDArray[np.float32]:
    longest = max(len(each.ids) for each in tokens)
    ids = np.zeros((len(tokens), longest), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, each in enumerate(tokens):
        ids[row, : len(each.ids)] = each.ids
        mask[row, : len(each.ids)] = 1
    given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    vectors: NDArray[np.float32] = session.run(None, given)[0]
    return vectors


@contextmanager
def _translated(graph: Path) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise Unavailable(
            f"The embedding model {graph} cannot be run: {error}. Run ./deploy.sh setup."
        ) from error
