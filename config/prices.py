"""The price table that comes with MIRA, from the vendors' published lists."""

import tomllib
from collections.abc import Mapping

from config.settings import CHECKOUT, ModelPrice

LISTS = CHECKOUT / "config" / "prices.toml"


def listed_prices() -> Mapping[str, ModelPrice]:
    """Prices by model name, of all vendors together."""
    lists = tomllib.loads(LISTS.read_text(encoding="utf-8"))
    return {
        name: ModelPrice.model_validate(price)
        for vendor in lists.values()
        for name, price in vendor["models"].items()
    }
