"""How each part is, found out by asking it."""

from collections.abc import Callable
from time import perf_counter

from cns.errors import MiraError
from cns.ports import Part


def probed(name: str, probe: Callable[[], str]) -> Part:
    """The part as its probe describes it; a probe that raises is a part that is lost."""
    begun = perf_counter()
    try:
        return Part(name=name, ok=True, detail=probe(), latency_ms=(perf_counter() - begun) * 1000)
    except MiraError as error:
        return Part(name=name, ok=False, detail=error.detail)
