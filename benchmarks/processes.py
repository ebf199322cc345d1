"""What processes take of processor and memory, as Linux tells it."""

import os
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path


def family(pid: int) -> frozenset[int]:
    """A process and all below it."""
    parents = {int(p.name): _parent(p) for p in Path("/proc").iterdir() if p.name.isdigit()}
    known = {pid}
    while more := {one for one, parent in parents.items() if parent in known} - known:
        known |= more
    return frozenset(known)


def servants() -> frozenset[int]:
    """All processes below this one."""
    return family(os.getpid()) - {os.getpid()}


class Meter:
    """Counts the processor time of this process and of others from its making on."""

    def __init__(self, others: Collection[int]) -> None:
        self._own = time.process_time()
        self._before = dict(_spent(others))

    def milliseconds(self) -> float:
        """Without those that have ended meanwhile."""
        others = sum(now - self._before[pid] for pid, now in _spent(self._before))
        return (time.process_time() - self._own) * 1000 + others


def pss(pid: int) -> float:
    """MiB, shared pages divided among those that share them."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    (line,) = (each for each in rollup.splitlines() if each.startswith("Pss:"))
    return int(line.split()[1]) / 1024


def _parent(process: Path) -> int:
    """Of one that has ended meanwhile, none."""
    try:
        stat = (process / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def _spent(pids: Collection[int]) -> Iterator[tuple[int, float]]:
    """Milliseconds of each that is still there."""
    for pid in pids:
        with suppress(OSError):
            told = Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii")
            yield pid, int(told.split()[0]) / 1e6
