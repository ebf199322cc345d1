"""The weekly work on the memories' wording."""

from collections.abc import Mapping

from composition.house import House
from config.checks import prompt
from lt_memory.consolidation import Consolidation, Prompts
from lt_memory.postgres import PostgresMemories
from lt_memory.reader import Reader
from lt_memory.refinement import Refinement
from lt_memory.weekly import Tidying


def tidying_of(house: House, store: PostgresMemories, reader: Reader) -> Mapping[str, Tidying]:
    """What its jobs ask for by name; it asks whichever models answer now, if those are capable."""
    return {
        "consolidation": Consolidation(
            store=store,
            llm=house.llm,
            prompts=Prompts(judge=prompt("consolidation"), review=prompt("consolidation_review")),
            reader=reader,
            clock=house.clock,
            figures=lambda: house.present().memory,
        ),
        "refinement": Refinement(
            store=store,
            llm=house.llm,
            prompt=prompt("refinement"),
            reader=reader,
            clock=house.clock,
            figures=lambda: house.present().memory,
        ),
    }
