"""What goes wrong with a Vault, in words that say what to do."""

from dataclasses import dataclass

from hvac import exceptions as hvac
from requests import exceptions as wire

from cns.errors import Forbidden, MiraError, Unavailable
from config.settings import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A kind of failure: known by what the Vault says, or by the class of the exception."""

    code: str
    words: str
    sign: str = ""
    kinds: tuple[type[Exception], ...] = (hvac.VaultError,)


UNEXPECTED = Fault(
    code="vault_unexpected",
    words="The Vault at {addr} gave an answer ({why}) that no Vault gives, on {what}."
    " Check MIRA_VAULT__ADDR, and whether a proxy stands between.",
    kinds=(hvac.VaultError, wire.RequestException, ValueError),
)
FAULTS = (  # the first that fits speaks
    Fault(
        code="vault_sealed",
        sign="sealed",
        words="The Vault at {addr} is sealed. Unseal it (`bao operator unseal`, `vault operator"
        " unseal`), then start again.",
    ),
    Fault(
        code="vault_login",
        sign="invalid role or secret id",
        words="The Vault at {addr} knows no such role and secret id. Check MIRA_VAULT__ROLE_ID and"
        " MIRA_VAULT__SECRET_ID; a secret id may have expired: make a new one.",
    ),
    Fault(
        code="vault_namespace",
        sign="namespace not found",
        words="The Vault at {addr} has no namespace {namespace!r}. Correct MIRA_VAULT__NAMESPACE.",
    ),
    Fault(
        code="vault_mount",
        sign="no handler for route",
        words="The Vault at {addr} has nothing mounted there, on {what}. Correct"
        " MIRA_VAULT__MOUNT or MIRA_VAULT__AUTH_MOUNT.",
    ),
    Fault(
        code="vault_tls",
        sign="http request to an https server",
        words="The Vault at {addr} speaks HTTPS. Write https:// in MIRA_VAULT__ADDR.",
    ),
    Fault(
        code="vault_denied",
        kinds=(hvac.Forbidden,),
        words="The Vault at {addr} denies this role {what}. Grant it in the role's policy (read,"
        " create and update on {mount}/data/mira/*), or correct MIRA_VAULT__MOUNT and"
        " MIRA_VAULT__AUTH_MOUNT.",
    ),
    Fault(
        code="vault_uninitialised",
        kinds=(hvac.VaultNotInitialized,),
        words="The Vault at {addr} is not initialised. Run `bao operator init`, and unseal it.",
    ),
    Fault(
        code="vault_not_active",
        kinds=(hvac.VaultDown, hvac.BadGateway, hvac.InternalServerError),
        words="The Vault at {addr} is not active ({why}). Wait a moment, then start again.",
    ),
    Fault(
        code="vault_tls",
        kinds=(wire.SSLError,),
        words="The certificate of the Vault at {addr} is not trusted ({why}). Set"
        " MIRA_VAULT__CA_FILE to its authority, or http:// in MIRA_VAULT__ADDR if it speaks no"
        " HTTPS.",
    ),
    Fault(
        code="vault_unreachable",
        kinds=(wire.ConnectionError, wire.Timeout, wire.ChunkedEncodingError),
        words="The Vault at {addr} cannot be reached ({why}). Start it, correct MIRA_VAULT__ADDR,"
        " or take that out to keep secrets locally.",
    ),
    Fault(
        code="vault_address",
        kinds=(wire.InvalidURL, wire.MissingSchema, wire.InvalidSchema),
        words="MIRA_VAULT__ADDR: {addr!r} is no address. Write it as https://vault.example:8200.",
    ),
    UNEXPECTED,
    Fault(
        code="vault_ca_file",
        kinds=(OSError,),
        words="MIRA_VAULT__CA_FILE: {ca_file} cannot be read. Correct it, or take it out.",
    ),
)


def in_words(error: Exception, settings: Vault, what: str) -> MiraError:
    """The error that the rest of the house understands; `what` was being done."""
    fault = next((fault for fault in FAULTS if _fits(fault, error)), UNEXPECTED)
    detail = fault.words.format(
        addr=settings.addr,
        namespace=settings.namespace,
        mount=settings.mount,
        ca_file=settings.ca_file,
        what=what,
        why=_reason(error),
    )
    kind = Forbidden if fault.code == "vault_denied" else Unavailable
    return kind(detail, code=fault.code)


def _fits(fault: Fault, error: Exception) -> bool:
    return isinstance(error, fault.kinds) and fault.sign in str(error).lower()


def _reason(error: Exception) -> str:
    """The innermost cause, shortly: what wraps it names classes of libraries."""
    reason = error
    while reason.__cause__ or reason.__context__:
        inner = reason.__cause__ or reason.__context__
        if not isinstance(inner, Exception):
            break
        reason = inner
    return " ".join(str(reason).split())[:120] or type(reason).__name__
