"""What every test may ask for: real servers, a database of its own, a clock; no network."""

import random
from collections.abc import Iterator

import pytest
from xdist.remote import Producer

from adapters.account import Home
from adapters.embedded import PostgresServer, ValkeyServer, running
from adapters.postgres import Postgres
from config.settings import DatabaseSettings
from tests.fakes.clock import FrozenClock
from tests.servers import CARELESS, TestServer, temporary_home, with_template
from tests.sharing import OneBrowser
from tests.vaults import OpenBao, openbao


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the campaigns in full")
    parser.addoption("--seed", type=int, help="repeat a campaign with the seed that it printed")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.option.allow_hosts = "127.0.0.1,::1,localhost"
    config.option.allow_unix_socket = True


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneBrowser:
    return OneBrowser(config, log)


@pytest.fixture(scope="session")
def long(pytestconfig: pytest.Config) -> bool:
    """Whether campaigns run in full."""
    return bool(pytestconfig.getoption("--long"))


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """Where a campaign's chance begins; every campaign prints it."""
    given: int | None = pytestconfig.getoption("--seed")
    return random.SystemRandom().randrange(2**32) if given is None else given


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture(scope="session")
def home() -> Iterator[Home]:
    with temporary_home() as made:
        yield made


@pytest.fixture(scope="session")
def postgres_server(home: Home) -> Iterator[TestServer]:
    server = PostgresServer(home, CARELESS)
    with running(server):
        yield with_template(home, server)


@pytest.fixture
def empty_dsn(postgres_server: TestServer) -> Iterator[str]:
    """The address of an empty database of this test's own."""
    with postgres_server.empty_database() as dsn:
        yield dsn


@pytest.fixture
def dsn(postgres_server: TestServer) -> Iterator[str]:
    """The address of a migrated database of this test's own."""
    with postgres_server.migrated_database() as dsn:
        yield dsn


@pytest.fixture
def database(dsn: str) -> Iterator[Postgres]:
    """A migrated database of this test's own."""
    database = Postgres(dsn, DatabaseSettings(pool_min=1))
    yield database
    database.close()


@pytest.fixture(scope="session")
def valkey_url(home: Home) -> Iterator[str]:
    server = ValkeyServer(home)
    with running(server):
        yield server.url


@pytest.fixture(scope="session")
def openbao_server() -> Iterator[OpenBao]:
    with openbao() as server:
        yield server


@pytest.fixture
def bao(openbao_server: OpenBao) -> OpenBao:
    """A real Vault without secrets."""
    openbao_server.clear()
    return openbao_server
