"""Rewrites the blocks of domain knowledge for which enough finished turns wait."""

from collections.abc import Mapping
from datetime import timedelta

from typing_extensions import override

from cns.errors import ModelUnavailable, SpendingCeiling
from lt_memory.job import BackgroundJob
from lt_memory.knowledge_writer import JOB, KnowledgeWriter

AT_ONCE = 20  # rewritings in one round; what is left waits for the next


class WriteKnowledge(BackgroundJob):
    """Finds its work in the store: a crash or a restart loses none of it."""

    name = JOB
    interval = timedelta(minutes=10)

    def __init__(self, knowledge_writer: KnowledgeWriter) -> None:
        self._writer = knowledge_writer

    @override
    def run(self) -> Mapping[str, object]:
        """Each due block once a round, then those that still are; refusals wait for the next."""
        if not self._writer.is_on:
            return {"runs": [], "writer": "off"}
        runs: list[str] = []
        refused: set[str] = set()
        while due := [each for each in self._writer.due() if each.label not in refused]:
            for block in due:
                if len(runs) == AT_ONCE:
                    return {"runs": runs}
                try:
                    run = self._writer.write(block)
                except (ModelUnavailable, SpendingCeiling) as error:
                    return {"runs": runs, "put_off": error.detail}
                if run is None or run.state != "done":
                    refused.add(block.label)
                if run is not None:
                    runs.append(str(run.id))
        return {"runs": runs}

    def rehearse(self) -> Mapping[str, object]:
        """Which blocks would be rewritten now; no model is asked, so not how."""
        if not self._writer.is_on:
            return {"due": [], "writer": "off"}
        return {"due": [block.label for block in self._writer.due()]}
