"""What a turn waits for while a nightly job runs, and how much memory that job takes.

Run it with `.venv/bin/python -m benchmarks.nightly_turns --memories 5000`. The whole program serves
turns over HTTP, one after the other, against a local server that answers at once. A job is begun
anew, some active days later each time, until enough turns were taken beside it; after each of its
runs as many are taken alone. The memories are those of `benchmarks.loading`: real sentences, with
links and all that stands beside them; `--folder` keeps them for the next run. The peak is that of
the program's one process, without PostgreSQL.
"""

import argparse
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from adapters.account import find_home
from adapters.embedded import PostgresServer
from adapters.postgres import Postgres
from benchmarks.houses import Filled, filled, kept_in
from benchmarks.machine import described
from benchmarks.nightly import pass_days
from benchmarks.sentences import corpus
from benchmarks.wire import Wired, served
from config.settings import DatabaseSettings
from tests.waiting import until

# They follow what was said, and have nothing to do here; the others are those of a night.
BY_THE_WAY = frozenset({
    "domain_knowledge",
    "embed",
    "extract",
    "index_text",
    "secrets",
    "segment_timeout",
    "user_information",
})  # fmt: skip
PATIENCE = 3600.0
FACTS = (
    "My sister Anna lives in Leeds and works as a vet.",
    "The boiler was serviced in March by a man called Petros.",
    "I promised to bring the blue tent to the lake in July.",
)


@dataclass(slots=True)
class Beside:
    """Turns that were taken while something ran.

    Attributes:
        turns: milliseconds of each, from its sending to its end.
        alone: the same, of turns between the runs.
        jobs: seconds of each run that came to its end.
        grown: MiB that the process took more at its peak.
    """

    name: str
    turns: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    jobs: list[float] = field(default_factory=list)
    grown: float = 0.0


@dataclass(frozen=True, slots=True)
class House:
    """The program over a filled database."""

    wired: Wired
    database: Postgres

    @property
    def pid(self) -> int:
        return int((self.wired.app.data_dir / "mira.lock").read_text())

    @property
    def client(self) -> httpx.Client:
        return self.wired.client

    def nightly(self) -> list[str]:
        known = self.client.get("/api/jobs").raise_for_status().json()["items"]
        return [job["name"] for job in known if job["name"] not in BY_THE_WAY]

    def alone(self, turns: int) -> list[float]:
        return [self._turn(number) for number in range(turns)]

    def beside(self, job: str, turns: int) -> Beside:
        beside = Beside(job)
        before = self._peak(anew=True)
        while len(beside.turns) < turns:
            pass_days(self.database)
            begun, started = time.perf_counter(), self._begin(job)
            while not (ended := self._ended(started)):
                beside.turns.append(self._turn(len(beside.turns)))
            if ended["state"] != "done":
                raise SystemExit(f"{job} ended badly: {ended}")
            beside.jobs.append(time.perf_counter() - begun)
            beside.grown = max(beside.grown, self._peak() - before)
            beside.alone += self.alone(len(beside.turns) - len(beside.alone))
        return beside

    def _turn(self, number: int) -> float:
        _, whole, _ = self.wired.turn(f"{FACTS[number % len(FACTS)]} Note {number}.")
        self.wired.server.requests.clear()
        return whole

    def _begin(self, job: str) -> str:
        answer = self.client.post(f"/api/jobs/{job}/run").raise_for_status()
        return str(answer.json()["job_id"])

    def _ended(self, job_id: str) -> dict[str, Any]:
        """The job as it ended; empty while it runs."""
        shown: dict[str, Any] = self.client.get(f"/api/jobs/{job_id}").raise_for_status().json()
        return shown if shown["state"] in ("done", "failed") else {}

    def _peak(self, *, anew: bool = False) -> float:
        """MiB that the process took at most since it was asked so anew."""
        proc = Path(f"/proc/{self.pid}")
        if anew:
            (proc / "clear_refs").write_text("5")
        (line,) = (each for each in _lines(proc / "status") if each.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024


def _lines(path: Path) -> Sequence[str]:
    return path.read_text(encoding="utf-8").splitlines()


@contextmanager
def house(made: Filled) -> Iterator[House]:
    """No job runs by itself but those that take in what is said."""
    dsn = PostgresServer(find_home(made.folder, explicit=True)).dsn
    with served(made.folder) as wired, closing(Postgres(dsn, DatabaseSettings())) as database:
        yield House(wired, database)


def _quiet(made: House) -> None:
    """Until the text index has taken in what was there before the start."""
    for job in made.nightly():
        made.client.post(f"/api/jobs/{job}/pause").raise_for_status()

    def indexed() -> bool:
        with made.database.transaction() as tx:
            return not tx.one("SELECT count(*) AS n FROM text_changes")["n"]

    made.alone(10)
    until(indexed, PATIENCE)


def main() -> None:
    """Print a Markdown table: turns alone and beside each job, and what the job itself took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memories", type=int, default=5_000)
    parser.add_argument("--turns", type=int, default=40)
    parser.add_argument("--folder", type=Path, help="keep there what is dear to make")
    parser.add_argument("--jobs", nargs="*", help="all nightly ones, when not said")
    asked = parser.parse_args()
    with kept_in(asked.folder) as folder:
        known = corpus(folder, min(asked.memories, 100_000))
        with house(filled(folder / f"nightly-{asked.memories}", known, asked.memories)) as made:
            _quiet(made)
            found = [made.beside(job, asked.turns) for job in asked.jobs or made.nightly()]
    told = ", ".join(f"{name}: {value}" for name, value in described().items())
    print(f"\n{asked.memories:,} memories; {told}\n")
    print("| beside | turns | alone: median, p95 | beside | ratios | longest | job | peak |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for each in found:
        print(_row(each))


def _row(beside: Beside) -> str:
    median, p95 = _figures(beside.turns)
    usual, usual_p95 = _figures(beside.alone)
    return (
        f"| {beside.name} | {len(beside.turns)} | {usual:.1f}, {usual_p95:.1f} ms"
        f" | {median:.1f}, {p95:.1f} ms | {median / usual:.2f}, {p95 / usual_p95:.2f}"
        f" | {max(beside.alone):.0f}, {max(beside.turns):.0f} ms"
        f" | {statistics.median(beside.jobs):.2f} s | {beside.grown:+.0f} MiB |"
    )


def _figures(turns: Sequence[float]) -> tuple[float, float]:
    return statistics.median(turns), statistics.quantiles(turns, n=20)[-1]


if __name__ == "__main__":
    main()
