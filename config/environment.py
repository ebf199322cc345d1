"""Secrets in the environment: also from files that it names, and not left lying there."""

import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from config.names import FILE, VARIABLES, BadSettings, secret_variables

LARGEST = 64 * 1024
SECRET = re.compile(r"_(KEY|TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIALS)(_FILE)?$")


def with_files(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with the contents of each `..._FILE` under the name without it.

    Raises:
        BadSettings: such a file cannot be used, or the same secret is given twice.
    """
    found = dict(environment)
    for variable in sorted(secret_variables()):
        path = found.pop(f"{variable}{FILE}", "")
        if path and found.get(variable):
            raise BadSettings(
                f"{variable} and {variable}{FILE} are both set. Take one of them out."
            )
        if path:
            found[variable] = _content(f"{variable}{FILE}", Path(path))
    return found


def secrets_of(environment: Mapping[str, str]) -> dict[str, str]:
    """The secrets that the environment holds, by their names in the store."""
    found = with_files(environment)
    return {
        name: found[variable]
        for name, variables in VARIABLES.items()
        for variable in variables
        if found.get(variable)
    }


def forget_secrets(environment: MutableMapping[str, str]) -> None:
    """Take every secret out, so that no child process inherits one."""
    secret = secret_variables()
    for variable in list(environment):
        if variable.removesuffix(FILE) in secret or SECRET.search(variable):
            del environment[variable]


def _content(variable: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        text = content.decode("utf-8").rstrip("\r\n")
    except OSError as error:
        raise BadSettings(
            f"{variable}: {path} cannot be read ({error.strerror}). Put the secret there, or take"
            f" {variable} out."
        ) from error
    except UnicodeDecodeError as error:
        raise BadSettings(f"{variable}: {path} is no text in UTF-8. Write it anew.") from error
    if not text.strip():
        raise BadSettings(f"{variable}: {path} is empty. Put the secret there.")
    if len(content) > LARGEST:
        raise BadSettings(f"{variable}: {path} is larger than {LARGEST} bytes: no secret is.")
    return text
