"""The ground that everything stands on: data directory, database and cache, ours or external."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from adapters.account import Home, find_home
from adapters.embedded import PostgresServer, ValkeyServer, running
from adapters.exclusive import OnlyOne, hold
from adapters.migrations import Dumps, dump_programs, migrate, read_migrations
from adapters.postgres import Postgres, connected
from adapters.valkey import ValkeyCache
from cns.ports import Part
from config.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where things are kept.

    Attributes:
        probes: how each server is, by asking it.
    """

    data_dir: Path
    database: Postgres
    cache: ValkeyCache
    probes: tuple[Callable[[], Part], ...]


def home_of(settings: Settings) -> Home:
    """Where the data lies, made ready.

    Raises:
        Misconfigured: it cannot be used; says what to do.
    """
    return find_home(settings.data_dir, explicit="data_dir" in settings.model_fields_set)


@contextmanager
def held_home(settings: Settings) -> Iterator[Home]:
    """The same, for this process alone.

    Raises:
        Misconfigured: it cannot be used, or another MIRA has it; says what to do.
    """
    home = home_of(settings)
    with hold(home.data_dir):
        yield home


@contextmanager
def ground_of(home: Home, settings: Settings) -> Iterator[Ground]:
    """Start what is embedded, reach what is not, and bring the database up to date.

    Raises:
        Misconfigured: a server cannot be used; says what to do.
        StoreUnavailable: the database cannot be reached.
    """
    with ExitStack() as stack:
        postgres = None if settings.database.url else PostgresServer(home)
        valkey = None if settings.cache.url else ValkeyServer(home)
        servers = [server for server in (postgres, valkey) if server]
        stack.enter_context(running(*servers))
        dsn = postgres.dsn if postgres else _secret(settings.database.url)
        right = stack.enter_context(OnlyOne(dsn, settings.database))
        migrate(dsn, read_migrations(), _dumps(home))
        database = stack.enter_context(connected(dsn, settings.database, right.check))
        url = valkey.url if valkey else _secret(settings.cache.url)
        cache = stack.enter_context(closing(ValkeyCache(url)))
        yield Ground(
            data_dir=home.data_dir,
            database=database,
            cache=cache,
            probes=(database.ping, cache.ping, *(server.ping for server in servers)),
        )


def _dumps(home: Home) -> Dumps:
    return Dumps(
        folder=home.folder("backups", for_servers=False),
        programs=dump_programs(home.postgres_bin / "pg_dump"),
        now=datetime.now(UTC),
    )


def _secret(url: SecretStr | None) -> str:
    if url is None:
        raise TypeError("an embedded server has its own address")
    return url.get_secret_value()
