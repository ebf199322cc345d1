"""What is wrong on this machine, and the one next step; it looks and changes nothing."""

import hashlib
import http.client
import json
import os
import platform
import pwd
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import valkey

from adapters import embedding_export, models
from adapters.account import SERVERS_ACCOUNT, STATE, Account, barred_at
from adapters.providers import chosen_provider, line_up
from adapters.supervisor import Program, is_process_of, last_words, written_pid
from cns.errors import MiraError, Misconfigured, ModelUnavailable
from cns.ports import LLM
from config.settings import CHECKOUT, LLMSettings, Settings

OLDEST, NEWEST = (3, 11), (3, 13)
ENOUGH_DISK = 2_000_000_000  # bytes
LOCKS = ("requirements.lock", "requirements-torch.txt")  # what deploy.sh stamps the install with
SET_UP = "./deploy.sh setup"
GRAVE = re.compile(r"\b(FATAL|PANIC|[Ff]atal|[Ff]ailed|Can't|No space left)\b")
PROBE_SECONDS = 2.0
Look = Callable[[Path], tuple[str, Settings]]  # raises Misconfigured


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at; `next_step` says what to do when it is not well."""

    name: str
    ok: bool
    detail: str
    next_step: str = ""


def run(settings: Settings, look: Look | None = None) -> int:
    """Print what is found and the first next step; 0 when all is well."""
    return report(examinations(settings, look))


def report(examined: Iterable[Callable[[], Finding]]) -> int:
    todo = ""
    for examine in examined:
        finding = examine()
        mark = "ok  " if finding.ok else "bad "
        sys.stdout.write(f"{mark} {finding.name}: {finding.detail}\n")
        sys.stdout.flush()
        todo = todo or ("" if finding.ok else finding.next_step)
    sys.stdout.write(f"Next step: {todo}\n" if todo else "All is well. Start with: ./deploy.sh\n")
    return 1 if todo else 0


def diagnose(settings: Settings) -> Sequence[Finding]:
    """Everything that can be looked at without starting MIRA, in the order of what needs what."""
    return [examine() for examine in examinations(settings)]


def examinations(settings: Settings, look: Look | None = None) -> Iterator[Callable[[], Finding]]:
    data_dir = place_of_data(settings)
    account = _servers_account()
    yield python_version
    yield lambda: install(Path(sys.prefix), CHECKOUT)
    yield packaged_models
    yield lambda: exported_model(models.model_dir())
    yield lambda: data_folder(data_dir, account)
    yield lambda: disk(data_dir)
    if look is not None:
        finding, settings = secrets(settings, data_dir, look)
        yield lambda: finding
    yield lambda: database(settings, data_dir)
    yield lambda: cache(settings, data_dir)
    yield lambda: port(settings.server.host, settings.server.port)
    yield lambda: provider(settings.llm)


def place_of_data(settings: Settings) -> Path:
    """Where a start would put the data: root's goes elsewhere when the servers cannot enter."""
    data_dir = settings.data_dir.expanduser().absolute()
    account = _servers_account()
    chosen = "data_dir" in settings.model_fields_set
    if account is not None and not chosen and barred_at(data_dir, account):
        return STATE / "data"
    return data_dir


def python_version() -> Finding:
    found = sys.version_info[:2]
    return Finding(
        name="python",
        ok=OLDEST <= found <= NEWEST,
        detail=f"{platform.python_version()} in {sys.prefix}",
        next_step="Delete .venv and run PYTHON=/path/to/python3.13 ./deploy.sh setup",
    )


def install(venv: Path, checkout: Path) -> Finding:
    """Whether what is installed is what the lock says."""
    wanted = hashlib.sha256(b"".join((checkout / name).read_bytes() for name in LOCKS)).hexdigest()
    stamp = venv / ".stamp-packages"
    written = stamp.read_text(encoding="ascii").strip() if stamp.is_file() else ""
    unfinished = (venv / ".unfinished").exists()
    if unfinished or not written:
        detail = "set-up has not ended"
    elif written != wanted:
        detail = "made from another requirements.lock"
    else:
        return Finding(name="install", ok=True, detail="as requirements.lock says")
    return Finding(name="install", ok=False, detail=detail, next_step=SET_UP)


def packaged_models() -> Finding:
    try:
        names = []
        for model in models.packaged():
            models.verify(model.path, model.sha256)
            names.append(model.name)
    except Misconfigured as error:
        return Finding(name="models", ok=False, detail=error.detail, next_step=SET_UP)
    return Finding(name="models", ok=True, detail=f"{', '.join(names)}: sha256 as expected")


def exported_model(folder: Path) -> Finding:
    ok = embedding_export.is_current(folder)
    detail = f"in {folder}" if ok else f"missing or changed in {folder}"
    step = f"Delete {folder} and run: ./deploy.sh setup"
    return Finding(name="embedding model", ok=ok, detail=detail, next_step=step)


def data_folder(data_dir: Path, account: Account | None) -> Finding:
    standing = _nearest(data_dir)
    barred = None if account is None else barred_at(data_dir, account)
    if barred is not None:
        detail = f"the account {SERVERS_ACCOUNT} cannot enter {barred}, above {data_dir}"
        return _bad_folder(detail, f"chmod o+x '{barred}'")
    if not standing.is_dir() or not os.access(standing, os.W_OK | os.X_OK):
        return _bad_folder(
            f"{standing} cannot be written to",
            "Set MIRA_DATA_DIR to a folder of your own, or start MIRA as its owner",
        )
    detail = str(data_dir) if standing == data_dir else f"{data_dir} (made at first start)"
    return Finding(name="data directory", ok=True, detail=detail)


def disk(data_dir: Path, enough: int = ENOUGH_DISK) -> Finding:
    free = shutil.disk_usage(_nearest(data_dir)).free
    return Finding(
        name="disk",
        ok=free >= enough,
        detail=f"{free / 1e9:.1f} GB free, {enough / 1e9:.0f} GB wanted",
        next_step=f"Make room on the disk that holds {data_dir}",
    )


def secrets(settings: Settings, data_dir: Path, look: Look) -> tuple[Finding, Settings]:
    """How the secrets are kept, and the settings with those that are in force."""
    try:
        detail, settings = look(data_dir)
    except Misconfigured as error:
        finding = Finding(name="secrets", ok=False, detail="not readable", next_step=error.detail)
        return finding, settings
    return Finding(name="secrets", ok=True, detail=detail), settings


def database(settings: Settings, data_dir: Path) -> Finding:
    url = settings.database.url
    if url is None:
        return embedded("database", "postgres", data_dir, "postgres", "postmaster.pid")
    try:
        psycopg2.connect(url.get_secret_value(), connect_timeout=5).close()
    except psycopg2.Error as error:
        said = str(error).strip().partition("\n")[0]
        step = "Start that server, or correct MIRA_DATABASE__URL (empty: the embedded one)"
        return Finding(name="database", ok=False, detail=said, next_step=step)
    return Finding(name="database", ok=True, detail="the one of MIRA_DATABASE__URL answers")


def cache(settings: Settings, data_dir: Path) -> Finding:
    url = settings.cache.url
    if url is None:
        return embedded("cache", "valkey-server", data_dir, "valkey", "valkey.pid")
    try:
        with valkey.Valkey.from_url(url.get_secret_value(), socket_timeout=5) as client:
            client.ping()
    except (valkey.exceptions.ValkeyError, ValueError) as error:
        step = "Start that server, or correct MIRA_CACHE__URL (empty: the embedded one)"
        return Finding(name="cache", ok=False, detail=str(error), next_step=step)
    return Finding(name="cache", ok=True, detail="the one of MIRA_CACHE__URL answers")


def embedded(name: str, executable: str, data_dir: Path, folder: str, pid_file: str) -> Finding:
    """One of the embedded servers: running, resting, or ended with a complaint in its log."""
    program = Program(
        name=name,
        command=(executable,),
        folder=data_dir / folder,
        pid_file=data_dir / folder / pid_file,
        log=data_dir / "logs" / f"{folder}.log",
        account=None,
        stop=(),
        ready=lambda: False,
    )
    pid = written_pid(program.pid_file)
    if pid is not None and is_process_of(program, pid):
        return Finding(name=name, ok=True, detail=f"embedded, running (process {pid})")
    if not program.log.is_file():
        return Finding(name=name, ok=True, detail="embedded, not started yet")
    said = last_words(program.log)
    return Finding(
        name=name,
        ok=GRAVE.search(said) is None,
        detail=f"embedded, not running; its last words: {said or 'none'}",
        next_step=f"Read {program.log}, mend what it says, and start again: ./deploy.sh",
    )


def port(host: str, number: int) -> Finding:
    """Free to listen on, or MIRA's already."""
    where = f"{host}:{number}"
    step = f"Stop the program that uses port {number}, or set MIRA_SERVER__PORT to another"
    try:
        with socket.create_connection((host, number), timeout=PROBE_SECONDS):
            pass
    except OSError:
        return _free_port(host, number)
    if _is_mira(host, number):
        return Finding(name="port", ok=True, detail=f"MIRA is running on http://{where}/")
    return Finding(name="port", ok=False, detail=f"{where} is in use", next_step=step)


def provider(settings: LLMSettings) -> Finding:
    """Which language model would be taken; nobody but an Ollama here is asked anything."""
    try:
        chosen = chosen_provider(settings)
    except Misconfigured as error:
        return Finding(name="language model", ok=False, detail="unclear", next_step=error.detail)
    if chosen == "local" and not settings.fallbacks:
        detail = "the built-in model, for trying out (set ANTHROPIC_API_KEY or OPENAI_API_KEY)"
        return Finding(name="language model", ok=True, detail=detail)
    try:
        llms = line_up(settings)
    except MiraError as error:
        step = "Correct the MIRA_LLM settings"
        return Finding(name="language model", ok=False, detail=error.detail, next_step=step)
    with ExitStack() as every:
        for llm in llms:
            every.callback(llm.close)
        return _language_models(llms)


def _language_models(llms: Sequence[LLM]) -> Finding:
    """None is made to answer: only an Ollama asks its server, for the models that it has."""
    detail = "; then ".join(f"{llm.provider}, {llm.model}" for llm in llms)
    try:
        for llm in llms:
            llm.ping()
    except ModelUnavailable as error:
        step = "Start Ollama, or correct the MIRA_LLM settings"
        return Finding(name="language model", ok=False, detail=error.detail, next_step=step)
    return Finding(name="language model", ok=True, detail=detail)


def _bad_folder(detail: str, next_step: str) -> Finding:
    return Finding(name="data directory", ok=False, detail=detail, next_step=next_step)


def _nearest(path: Path) -> Path:
    """The path, or the nearest folder above it that stands."""
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _servers_account() -> Account | None:
    """The account of the embedded servers under root, when it has been made already."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(SERVERS_ACCOUNT)
    except KeyError:
        return None
    return Account(name=SERVERS_ACCOUNT, uid=entry.pw_uid, gid=entry.pw_gid)


def _free_port(host: str, number: int) -> Finding:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, number), family=family):
            pass
    except OSError as error:
        detail = f"{host}:{number} cannot be listened on: {error.strerror}"
        step = "Set MIRA_SERVER__HOST and MIRA_SERVER__PORT to an address of this machine"
        return Finding(name="port", ok=False, detail=detail, next_step=step)
    return Finding(name="port", ok=True, detail=f"{host}:{number} is free")


def _is_mira(host: str, number: int) -> bool:
    connection = http.client.HTTPConnection(host, number, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", "/health/live")
        answer = connection.getresponse()
        return answer.status == http.HTTPStatus.OK and "status" in json.loads(answer.read(1000))
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
