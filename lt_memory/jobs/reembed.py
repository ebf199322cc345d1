"""Has another model read everything, and puts its vectors in the place of the old ones."""

import time
from collections.abc import Mapping
from datetime import timedelta

from typing_extensions import override

from cns.embedding_ports import present
from cns.errors import Misconfigured, Unavailable
from cns.ports import Embedder
from lt_memory.job import BackgroundJob
from lt_memory.successor import Successor
from lt_memory.switching_ports import ModelOfVectors, SwitchStore

BATCH = 64
LONGEST = 4000  # numbers in a vector that pgvector's index takes
UNREAD = "meaning of what the new embedding model has not read yet"


class Reembed(BackgroundJob):
    """One pass of a switch from one embedding model to another; the next takes up from there.

    Until every text has a vector of the new model, search goes on by the old one. A model that
    cannot be run any more is relieved as soon as the new one answers: its vectors are of no use.
    """

    name = "reembed"
    interval = timedelta(minutes=1)

    def __init__(self, switch_store: SwitchStore, successor: Successor) -> None:
        self._store = switch_store
        self._successor = successor

    @override
    def run(self) -> Mapping[str, object]:
        """Raises Unavailable: the new model cannot be run now; what is done stays done."""
        standing, wanted = self._store.standing(), self._successor.wanted
        if standing is not None and standing.name == wanted.name:
            self._store.abandon()
            return {"standing": wanted.name}
        model = _described(self._successor)
        if standing is None and self._store.adopt(model):
            return {"standing": model.name, "switched": True}
        self._store.prepare(model)
        gone = standing is None or self._read(wanted)
        return self._told(model, switched=self._switch(gone=gone))

    def rehearse(self) -> Mapping[str, object]:
        """How many texts the new model has read, of how many; it is not asked."""
        standing, wanted = self._store.standing(), self._successor.wanted.name
        if standing is not None and standing.name == wanted:
            return {"standing": wanted}
        done, total = self._store.ahead(wanted)
        stands = standing.name if standing else None
        return {"standing": stands, "next": wanted, "done": done, "total": total}

    def _read(self, wanted: Embedder) -> bool:
        """Read on for a while; whether the old model turned out to be gone."""
        until = time.monotonic() + self._successor.patience.total_seconds()
        asked = False
        while pending := self._store.lacking(BATCH):
            made = wanted.embed([each.text for each in pending])
            self._store.keep(list(zip(pending, made, strict=True)), wanted.name)
            if not asked and _is_gone(self._successor.service.present()):
                return True
            asked = True
            if time.monotonic() > until:
                break
        return False

    def _switch(self, *, gone: bool) -> bool:
        if not self._store.switch(anyway=gone):
            return False
        self._successor.service.put(self._successor.wanted, (UNREAD,) if gone else ())
        return True

    def _told(self, model: ModelOfVectors, *, switched: bool) -> Mapping[str, object]:
        if switched:
            return {"standing": model.name, "switched": True}
        done, total = self._store.reached()
        now = present(self._successor.service).name
        return {"standing": now, "next": model.name, "done": done, "total": total}


def _described(successor: Successor) -> ModelOfVectors:
    dimensions = successor.wanted.dimensions
    if dimensions > LONGEST:
        raise Misconfigured(
            f"MIRA_EMBEDDINGS__MODEL: {successor.wanted.name} makes vectors of {dimensions}"
            f" numbers; {LONGEST} can be searched. Set MIRA_EMBEDDINGS__DIMENSIONS to fewer, if"
            " the model can make them, or choose another."
        )
    return ModelOfVectors(
        name=successor.wanted.name, dimensions=dimensions, made_by=successor.made_by
    )


def _is_gone(embedder: Embedder) -> bool:
    """Whether the old model cannot be run, though the new one just was."""
    try:
        embedder.embed(["well?"])
    except Unavailable:
        return True
    return False
