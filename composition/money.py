"""What models cost and how much of it a day bears, as the settings stand."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cns.domain.spending import Price, Prices
from cns.services.purse import Tariff
from config.present import Present
from config.prices import listed_prices
from config.settings import ModelPrice


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentTariff:
    """Calling it gives the tariff that holds now; the user's own prices go before the lists'."""

    settings: Present
    listed: Mapping[str, ModelPrice] = field(default_factory=listed_prices)

    def __call__(self) -> Tariff:
        cost = self.settings().cost
        table = {**self.listed, **cost.prices}
        return Tariff(
            prices=Prices(table={name: _price(given) for name, given in table.items()}),
            unknown=_price(cost.unknown_price),
            ceiling_usd=cost.daily_ceiling_usd,
            background_share=cost.background_share,
        )


def _price(given: ModelPrice) -> Price:
    """What is left out costs as much as reading afresh."""
    read, write = given.cache_read, given.cache_write
    return Price(
        input=given.input,
        output=given.output,
        cache_read=given.input if read is None else read,
        cache_write=given.input if write is None else write,
    )
