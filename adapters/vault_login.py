"""The right to a Vault: an AppRole login, renewed well inside its life."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, TypeVar

import hvac
from hvac.exceptions import Forbidden, InvalidRequest, VaultError

from adapters.vault_errors import in_words
from cns.errors import MiraError, Misconfigured
from cns.ports import Clock
from config.settings import Vault

Told = TypeVar("Told")
RENEW_AT = 0.4  # of a token's life
SHORTENED = 0.9  # a renewal that grants less than this of a whole life: the longest life nears


class VaultLogin:
    """Calls a Vault with a token that is good; one call at a time.

    Raises:
        Misconfigured: the settings name a Vault, but not who asks.
    """

    def __init__(self, settings: Vault, clock: Clock) -> None:
        if settings.role_id is None or settings.secret_id is None:
            raise Misconfigured(
                "MIRA_VAULT__ADDR is set, but MIRA_VAULT__ROLE_ID or MIRA_VAULT__SECRET_ID is not."
                " Set both (or ..._FILE), or take MIRA_VAULT__ADDR out."
            )
        self.settings = settings
        self._role = {
            "role_id": settings.role_id.get_secret_value(),
            "secret_id": settings.secret_id.get_secret_value(),
            "mount_point": settings.auth_mount,
        }
        self._clock = clock
        self._guard = Lock()
        self._client = hvac.Client(
            url=settings.addr,
            token="",  # or it would take one from the surroundings
            namespace=settings.namespace,
            verify=str(settings.ca_file) if settings.ca_file else True,
            timeout=settings.timeout_seconds,
        )
        self._life = timedelta()
        self._renew_at: datetime | None = None

    def call(self, what: str, ask: Callable[[hvac.Client], Told]) -> Told:
        """Ask with a good token; one that was revoked is replaced once.

        Raises:
            Unavailable, Forbidden: with `what` was to be done, and what to do.
        """
        with self._guard, self._words(what):
            self._keep()
            try:
                return ask(self._client)
            except Forbidden:
                if self._is_known():
                    raise
                self._login()
                return ask(self._client)

    def sealed(self) -> bool:
        """Raises Unavailable: it does not answer."""
        with self._guard, self._words("asking whether it is sealed"):
            status: dict[str, Any] = self._client.adapter.get("/v1/sys/seal-status")
        return status["sealed"] is True

    def close(self) -> None:
        """Give the token back; a Vault that is away lets it expire."""
        with self._guard, suppress(MiraError), self._words("giving the token back"):
            if self._client.token:
                self._client.auth.token.revoke_self()
        self._client.adapter.close()

    def _keep(self) -> None:
        """Log in, or renew when it is time; by a new login when that is refused or grants less."""
        now = self._clock.now()
        if self._renew_at is not None and now < self._renew_at:
            return
        if self._client.token:
            with suppress(Forbidden, InvalidRequest):
                granted = self._lease(self._client.auth.token.renew_self())
                if granted >= self._life * SHORTENED:
                    self._renew_at = now + granted * RENEW_AT
                    return
        self._login()

    def _is_known(self) -> bool:
        """Whether the token is one of the Vault's; then it was the policy that forbade."""
        try:
            self._client.auth.token.lookup_self()
        except Forbidden:
            return False
        return True

    def _login(self) -> None:
        with self._words("logging in by AppRole"):
            told = self._client.auth.approle.login(**self._role)
        self._life = self._lease(told)
        lasting = self._life or timedelta(days=1)  # one that never ends is renewed all the same
        self._renew_at = self._clock.now() + lasting * RENEW_AT

    def _lease(self, told: dict[str, Any]) -> timedelta:
        return timedelta(seconds=told["auth"]["lease_duration"])

    @contextmanager
    def _words(self, what: str) -> Iterator[None]:
        try:
            yield
        except (VaultError, OSError, ValueError) as error:
            raise in_words(error, self.settings, what) from error
