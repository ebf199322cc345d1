"""What the settings ask for together, checked before anything is started."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzlocal

from config.names import BadSettings
from config.settings import CHECKOUT, Settings

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
LOGIN = "there is no login yet, so MIRA listens on loopback names alone."


def refuse_what_is_not_there_yet(settings: Settings) -> None:
    """Say so, rather than pass over a setting in silence.

    Raises:
        BadSettings: a setting asks for something that this version does not do.
    """
    asked = (
        ("MIRA_SERVER__HOST", settings.server.host not in LOOPBACK, LOGIN),
        ("MIRA_SERVER__ALLOWED_HOSTS", settings.server.allowed_hosts, LOGIN),
        ("MIRA_AUTH__PASSWORD", settings.auth.password, "there is no login yet."),
        ("MIRA_AUTH__TOKEN", settings.auth.token, "there are no API tokens yet."),
        ("MIRA_BACKUP__PASSPHRASE", settings.backup.passphrase, "there are no backups yet."),
    )
    for name, wanted, reason in asked:
        if wanted:
            raise BadSettings(f"{name} cannot be used in this version: {reason} Take it out.")


def zone_of(settings: Settings) -> str:
    """The user's time zone, this machine's for `auto`.

    Raises:
        BadSettings: there is none of that name.
    """
    name = tzlocal.get_localzone_name() if settings.timezone == "auto" else settings.timezone
    try:
        return ZoneInfo(name or "UTC").key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadSettings(
            f"MIRA_TIMEZONE: {name!r} is no time zone. Use a name such as Europe/London."
        ) from error


def prompt(name: str) -> str:
    """A prompt file's text.

    Raises:
        BadSettings: it is missing.
    """
    path = CHECKOUT / "config" / "prompts" / f"{name}.md"
    if not path.is_file():
        raise BadSettings(f"{path} is missing. Restore it from the repository.")
    return path.read_text(encoding="utf-8")
