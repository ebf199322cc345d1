"""Where settings are shown and chosen while the program runs."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from adapters.switchable import SwitchableLLM
from adapters.trial import Keyed, tried
from cns.domain.trial import Candidate, Trial
from cns.errors import Conflict, InvalidInput, Misconfigured, Unavailable
from cns.ports import LLM
from config.choosing import Unfit, Wanted, changed, locks, taken_up
from config.layers import Layers
from config.page import write_page
from config.present import Present
from config.settings import LLMSettings
from config.showing import Setting, shown

# A change in one of these is tried before it is taken up; the others are figures.
WHO_ANSWERS = ("provider", "base_url", "model", "fast_model")
FIGURES = ("max_tokens", "tool_rounds")  # looked up at each use: they need no new model

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a change is taken up with.

    Attributes:
        make: a model of these settings; raises Misconfigured.
        keyed: the settings with the keys that are kept apart from them.
        file: where what is chosen is kept.
    """

    present: Present
    switch: SwitchableLLM
    make: Callable[[LLMSettings], LLM]
    keyed: Keyed
    file: Path


class SettingsDesk:
    """Implements `api.services.Desk`."""

    def __init__(self, layers: Layers, bench: Bench) -> None:
        self._layers = layers
        self._bench = bench
        self._lock = Lock()
        self._made_of = _in_use(bench.keyed(bench.present().llm))

    @property
    def place(self) -> str:
        """The file that holds what is chosen."""
        return str(self._bench.file)

    def shown(self) -> Sequence[Setting]:
        """Every setting as it stands."""
        return shown(self._layers, self._bench.present())

    def change(self, wanted: Wanted, *, try_first: bool) -> None:
        """Take these values up, all of them or none; None goes back to what stands below.

        Raises:
            Conflict: the environment has the last word on one (`setting_locked`).
            InvalidInput: one does not fit, or the model that they name does not answer.
            Unavailable: what was chosen cannot be written down.
        """
        with self._lock:
            _refuse_locked(self._layers, wanted)
            layers = _changed(self._layers, wanted)
            present = self._bench.present()
            new = taken_up(present, layers.settings())
            llm = self._made(present.llm, new.llm, try_first=try_first)
            try:
                write_page(self._bench.file, layers.page)
            except OSError as error:
                if llm is not None:
                    llm.close()
                raise Unavailable(
                    f"{self.place} cannot be written ({error.strerror}). Nothing was changed:"
                    " look at the room on the disk and at the folder's rights, then try again."
                ) from error
            self._layers = layers
            self._bench.present.become(new)
            if llm is not None:
                self._made_of = _in_use(self._bench.keyed(new.llm))
                self._bench.switch.switch(llm)

    def renew(self) -> None:
        """A key was set or taken away: the model that uses it is made anew."""
        with self._lock:
            keyed = self._bench.keyed(self._bench.present().llm)
            if _in_use(keyed) == self._made_of:
                return
            try:
                llm = self._bench.make(keyed)
            except Misconfigured as error:
                logger.warning(
                    "the model stays as it was",
                    extra={"action": "llm_not_renewed", "detail": error.detail},
                )
                return
            self._made_of = _in_use(keyed)
            self._bench.switch.switch(llm)

    def try_out(self, candidate: Candidate) -> Trial:
        """Ask a provider for a few tokens."""
        return tried(candidate, self._bench.present().llm, self._bench.keyed)

    def _made(self, old: LLMSettings, new: LLMSettings, *, try_first: bool) -> LLM | None:
        """The model of the new settings; None when the present one will do."""
        if _without_figures(old) == _without_figures(new):
            return None
        if try_first and any(getattr(old, name) != getattr(new, name) for name in WHO_ANSWERS):
            _refuse_silent(tried(Candidate(), new, self._bench.keyed))
        try:
            return self._bench.make(self._bench.keyed(new))
        except Misconfigured as error:
            raise InvalidInput(f"Nothing was changed. {error.detail}", code=error.code) from error


def _without_figures(settings: LLMSettings) -> LLMSettings:
    return settings.model_copy(update=dict.fromkeys(FIGURES))


def _in_use(settings: LLMSettings) -> LLMSettings:
    """Without the keys of providers that are not asked."""
    asked = {settings.provider, *(fallback.provider for fallback in settings.fallbacks)}
    idle = () if "auto" in asked else {"anthropic", "openai"} - asked
    return settings.model_copy(update={f"{provider}_api_key": None for provider in idle})


def _refuse_locked(layers: Layers, wanted: Wanted) -> None:
    locked = locks(layers, wanted)
    if locked:
        told = ", ".join(f"{name} by {variable}" for name, variable in locked.items())
        raise Conflict(
            f"Set in the environment, which has the last word: {told}. Change it there and restart,"
            " or take it out there to choose it here. Nothing was changed.",
            code="setting_locked",
            extra={"variables": dict(locked)},
        )


def _changed(layers: Layers, wanted: Wanted) -> Layers:
    try:
        return changed(layers, wanted)
    except Unfit as error:
        faults = [{"where": fault.name, "message": fault.message} for fault in error.faults]
        raise InvalidInput(f"Nothing was changed. {error}", extra={"errors": faults}) from error


def _refuse_silent(trial: Trial) -> None:
    if not trial.ok:
        raise InvalidInput(
            f"Nothing was changed: the model did not answer. {trial.detail}",
            code=trial.code,
            extra={"provider": trial.provider, "model": trial.model},
            retryable=trial.retryable,
        )
