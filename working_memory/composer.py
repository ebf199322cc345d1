"""Assembles the prompt: every trinket in its slot, a broken one left out and reported."""

import re
from collections.abc import Sequence
from time import perf_counter

from cns.ports import Prompt, Section, Turn
from working_memory.trinket import Trinket

_GAPS = re.compile(r"\n{3,}")


class PromptComposer:
    """Renders trinkets in slot order; holds nothing of a turn."""

    def __init__(self, trinkets: Sequence[Trinket]) -> None:
        self._trinkets = sorted(trinkets, key=lambda trinket: trinket.slot)

    def compose(self, turn: Turn) -> Prompt:
        """The sections that have something to say, cached ones first."""
        sections: list[Section] = []
        failures: list[tuple[str, Exception]] = []
        for trinket in self._trinkets:
            begun = perf_counter()
            try:
                content = _GAPS.sub("\n\n", trinket.render(turn)).strip()
            except Exception as failure:  # noqa: BLE001 - one broken trinket must not cost the answer
                failures.append((trinket.section, failure))
                continue
            if content:
                sections.append(
                    Section(
                        name=trinket.section,
                        content=content,
                        cached=trinket.slot.cached,
                        seconds=perf_counter() - begun,
                    )
                )
        return Prompt(sections=tuple(sections), failures=tuple(failures))
