"""Links memories that lie near each other, nightly, as a capable model judges them."""

from collections.abc import Mapping
from datetime import timedelta

from typing_extensions import override

from cns.errors import ModelUnavailable, SpendingCeiling
from lt_memory.job import BackgroundJob
from lt_memory.link_judge import JOB, LinkJudge
from lt_memory.nightly import result

BY_RULES = (
    "no capable model is asked: memories are linked by rules alone, each as it is stored;"
    " the pairs wait"
)


class LinkMemories(BackgroundJob):
    """Finds its work in the store; each pair is asked about once."""

    name = JOB
    interval = timedelta(days=1)

    def __init__(self, link_judge: LinkJudge) -> None:
        self._judge = link_judge

    @override
    def run(self) -> Mapping[str, object]:
        if not self._judge.is_on:
            return {"runs": [], "summary": BY_RULES}
        try:
            run = self._judge.judge()
        except (ModelUnavailable, SpendingCeiling) as error:
            return {"runs": [], "put_off": error.detail}
        return {"runs": [], "summary": "nothing to ask about"} if run is None else result(run)

    def rehearse(self) -> Mapping[str, object]:
        """Which pairs a run would ask about now; no model is asked, so not what it would say."""
        if not self._judge.is_on:
            return {"pairs": [], "summary": BY_RULES}
        found = self._judge.nominated()
        return {
            "pairs": [[str(each) for each in pair.ids] for pair in found.pairs],
            "summary": f"{len(found.pairs)} pairs would be asked about",
        }
