"""`main.py secret set|list|delete`: secrets from the terminal, never from the command line."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from getpass import getpass

from adapters.clock import SystemClock
from adapters.ground import home_of
from cns.errors import MiraError, Misconfigured
from cns.secrets import SecretState, Source, checked_name
from cns.services.secrets import SecretService
from composition.house import Given
from composition.secrets import opened_secrets, service_of
from config.settings import Settings

USAGE = (
    "Use: secret set NAME (asks for the value, or reads it from standard input), secret list,"
    " or secret delete NAME. A value never stands on the command line."
)
SOON = "A running MIRA takes it up within a minute."
NEXT = "MIRA takes it up at its next start."
ADDRESSES = ("database/", "services/")


def run(settings: Settings, given: Given, words: Sequence[str]) -> int:
    """Do it; 0 when it is done.

    Raises:
        Misconfigured: it cannot be done; says why.
    """
    with ExitStack() as stack:
        try:
            return _obeyed(_opened(stack, settings, given), words)
        except MiraError as error:
            raise Misconfigured(error.detail) from error


def _obeyed(secrets: SecretService, words: Sequence[str]) -> int:
    match words:
        case ["list"]:
            for state in secrets.list():
                sys.stdout.write(_line(state))
        case ["set", name]:
            state = secrets.put(checked_name(name), _value(name))
            sys.stderr.write(f"{name} is set. {state.note or _when(name)}\n")
        case ["delete", name]:
            state = secrets.delete(name)
            left = "" if state.source is Source.NONE else f" {state.source} still has one."
            sys.stderr.write(f"{name} is deleted.{left} {_when(name)}\n")
        case _:
            raise Misconfigured(USAGE)
    return 0


def _when(name: str) -> str:
    return NEXT if name.startswith(ADDRESSES) else SOON


def _opened(stack: ExitStack, settings: Settings, given: Given) -> SecretService:
    clock = SystemClock()
    store = opened_secrets(stack, settings, home_of(settings).data_dir, clock)
    return service_of(store, settings, given.environment, given.redaction.learn)


def _value(name: str) -> str:
    if sys.stdin.isatty():
        return getpass(f"{name}: ")
    return sys.stdin.read().rstrip("\r\n")


def _line(state: SecretState) -> str:
    at = state.updated_at.isoformat(timespec="seconds") if state.updated_at else "-"
    over = " (over the stored one)" if state.overridden else ""
    return f"{state.name:<24} {state.source + over:<12} {at}\n"
