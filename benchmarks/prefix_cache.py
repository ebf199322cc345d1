"""How much of a day's requests a prefix cache can serve, beside a plain assistant's.

Run it with `.venv/bin/python -m benchmarks.prefix_cache`. It lives a scripted day of forty turns in
the whole program; the requests are then written by each vendor's adapter. The rule stands in
`tests/prefixes.py`. The plain baseline puts the time and the memories into the system prompt.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from tests.day import LOADS, Asked, in_full, with_loads, with_memories_in_system
from tests.prefixes import Rule, Sent, by_marks, by_prefix, sent, share

LIVES = (timedelta(minutes=5), timedelta(hours=1))


def main() -> None:
    """Print the shares as a Markdown table."""
    asked = in_full()
    print("| wire, what is served | cache of 5 min | cache of 1 h |\n| --- | --- | --- |")
    wires: tuple[Literal["anthropic", "openai"], ...] = ("anthropic", "openai")
    for wire in wires:
        for line in _lines(asked, wire):
            print(f"| {wire}: {line}")
    print(f"\n{len(asked)} requests in {asked[-1].turn} turns")


def _lines(asked: list[Asked], wire: Literal["anthropic", "openai"]) -> Iterator[str]:
    loaded, loads = sent(with_loads(asked), wire), frozenset(LOADS)
    plain = sent(with_memories_in_system(asked), wire)
    yield _line("common prefix, turns without a load", loaded, by_prefix, loads)
    yield _line(f"common prefix, whole day with {len(LOADS)} loads", loaded, by_prefix)
    if wire == "anthropic":
        yield _line("up to a mark, turns without a load", loaded, by_marks, loads)
        yield _line(f"up to a mark, whole day with {len(LOADS)} loads", loaded, by_marks)
    yield _line("plain baseline, no loads", plain, by_prefix)


def _line(
    what: str, requests: list[Sent], rule: Rule, without: frozenset[int] = frozenset()
) -> str:
    shares = [share(requests, rule, life, without).percent for life in LIVES]
    return f"{what} | {shares[0]:.1f} % | {shares[1]:.1f} % |"


if __name__ == "__main__":
    main()
