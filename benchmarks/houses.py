"""Data directories with so many memories in them, made once and kept if a folder is given."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import psycopg2

import main
from adapters.account import find_home
from adapters.embedded import PostgresServer, running
from adapters.postgres import Postgres
from adapters.text_index import TantivyIndex
from benchmarks.loading import Filling
from benchmarks.sentences import Corpus
from composition.house import Given
from config.settings import DatabaseSettings, LLMSettings, Settings
from lt_memory.recall_postgres import PostgresTexts
from tests.fakes.llm import FakeLLM
from tests.servers import temporary_folder

LOADING = {
    "fsync": "off",
    "full_page_writes": "off",
    "maintenance_work_mem": "3GB",
    "max_parallel_maintenance_workers": "2",
    "max_wal_size": "8GB",
    "shared_buffers": "512MB",
}
PATIENCE = timedelta(hours=1)
MARK = "filled"


@dataclass(frozen=True, slots=True)
class Filled:
    """A data directory at rest, and what it took to fill it.

    Attributes:
        seconds: of the rows with their vector indexes, and of the text index.
        bytes_each: on the disk, of one memory with all that goes with it.
    """

    folder: Path
    count: int
    seconds: tuple[float, float]
    bytes_each: float


def filled(folder: Path, corpus: Corpus, count: int) -> Filled:
    """As it was left, or made now."""
    mark = folder / MARK
    if not mark.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o711)
        figures = _made(folder / "data", corpus, count)
        mark.write_text(" ".join(map(str, figures)), encoding="utf-8")
    rows, words, each = map(float, mark.read_text(encoding="utf-8").split())
    return Filled(folder / "data", count, (rows, words), each)


@contextmanager
def kept_in(folder: Path | None) -> Iterator[Path]:
    """The folder, or one for this run alone."""
    if folder is None:
        with temporary_folder() as temporary:
            yield temporary
    else:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)  # the servers' account passes through
        yield folder


@contextmanager
def opened(folder: Path) -> Iterator[main.Mira]:
    """The program over a data directory, in this process, with a model that is never asked."""
    settings = Settings(data_dir=folder, llm=LLMSettings(provider="local"))
    with main.build(settings, Given(llm=FakeLLM([]))) as mira:
        yield mira


def _made(folder: Path, corpus: Corpus, count: int) -> tuple[float, float, float]:
    with opened(folder):
        pass
    empty = _weight(folder)
    home = find_home(folder, explicit=True)
    shutil.rmtree(folder / "text_index")
    server = PostgresServer(home, LOADING)
    with running(server):
        with closing(psycopg2.connect(server.dsn)) as connection:
            begun = perf_counter()
            Filling(connection, corpus, count).fill()
            rows = perf_counter() - begun
        with closing(Postgres(server.dsn, DatabaseSettings(pool_min=1))) as database:
            begun = perf_counter()
            with TantivyIndex(folder / "text_index", PostgresTexts(database)) as index:
                index.catch_up(PATIENCE)
            words = perf_counter() - begun
    return rows, words, (_weight(folder) - empty) / count


def _weight(folder: Path) -> int:
    """Bytes on the disk, without the write-ahead log, which is of one size whatever is stored."""
    kept = (p for p in folder.rglob("*") if p.is_file() and "pg_wal" not in p.parts)
    return sum(path.stat().st_size for path in kept)
