"""How each part of the house is now."""

from collections.abc import Sequence

from cns.embedding_ports import pinged
from cns.ports import Part
from cns.services.health import probed
from composition.house import House
from composition.mind import Mind
from lt_memory.ports import TextQuery


def parts(house: House, mind: Mind) -> Sequence[Part]:
    """How each part is now."""

    def indexes() -> str:
        mind.text_index.search(TextQuery(text="well", kinds=frozenset({"memory"}), limit=1))
        return "answers"

    return (
        *(probe() for probe in house.ground.probes),
        mind.names.ping(),
        probed("secrets", house.secrets.ping),
        probed("language model", house.llm.ping),
        probed("embeddings", lambda: pinged(house.embedder)),
        probed("text index", indexes),
    )
