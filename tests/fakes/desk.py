"""A desk for settings over no file and no model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cns.domain.trial import Candidate, Trial
from cns.errors import InvalidInput
from config.choosing import Unfit, changed, taken_up
from config.layers import Layers
from config.settings import Settings
from config.showing import Setting, shown


@dataclass(kw_only=True)
class FakeDesk:
    """Implements `api.services.Desk`; keeps whom it was asked to try."""

    layers: Layers = field(default_factory=Layers)
    tried: list[Candidate] = field(default_factory=list)
    unseen: list[bool] = field(default_factory=list)
    place: str = "settings.json"

    def __post_init__(self) -> None:
        self.running: Settings = self.layers.settings()

    def shown(self) -> Sequence[Setting]:
        return shown(self.layers, self.running)

    def change(self, wanted: Mapping[str, object], *, try_first: bool) -> None:
        self.unseen.append(not try_first)
        try:
            self.layers = changed(self.layers, wanted)
        except Unfit as error:
            faults = [{"where": fault.name, "message": fault.message} for fault in error.faults]
            raise InvalidInput(str(error), extra={"errors": faults}) from error
        self.running = taken_up(self.running, self.layers.settings())

    def try_out(self, candidate: Candidate) -> Trial:
        self.tried.append(candidate)
        return Trial(ok=True, provider="fake", model=candidate.model, detail="It answered.")
