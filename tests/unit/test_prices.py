"""The price table that comes with MIRA."""

import tomllib
from datetime import date

import pytest

from adapters import anthropic, openai_compatible
from composition.money import PresentTariff
from config.present import Present
from config.prices import LISTS
from config.settings import CostSettings, ModelPrice, Settings


def tariff_of(**cost: object) -> PresentTariff:
    return PresentTariff(settings=Present(Settings(cost=CostSettings.model_validate(cost))))


def test_every_list_says_where_it_is_from_and_when_it_was_true() -> None:
    for vendor in tomllib.loads(LISTS.read_text(encoding="utf-8")).values():
        assert vendor["source"].startswith("https://")
        assert isinstance(vendor["as_of"], date)


@pytest.mark.parametrize(
    "model",
    [
        anthropic.DEFAULT_MODEL,
        anthropic.DEFAULT_FAST_MODEL,
        openai_compatible.DEFAULT_MODEL,
        openai_compatible.DEFAULT_QUICK_MODEL,
    ],
)
def test_the_models_that_are_asked_unless_told_otherwise_have_a_price(model: str) -> None:
    price = tariff_of()().prices.of("anthropic", model)
    assert price is not None
    assert 0 < price.cache_read < price.input <= price.cache_write < price.output


def test_one_s_own_price_goes_before_the_lists() -> None:
    own = {"gpt-5-mini": {"input": 1, "output": 2}}
    price = tariff_of(prices=own)().prices.of("openai", "gpt-5-mini")
    assert price is not None
    assert (price.input, price.output, price.cache_read, price.cache_write) == (1, 2, 1, 1)


def test_a_model_without_a_price_counts_as_the_dearest_of_the_common_ones() -> None:
    tariff = tariff_of()()
    dearest = max(price.output for price in tariff.prices.table.values())
    assert tariff.unknown.output == dearest == 75


def test_prices_are_taken_from_the_settings_that_hold_now() -> None:
    present = Present(Settings())
    tariff = PresentTariff(settings=present)
    cost = CostSettings(daily_ceiling_usd=3, unknown_price=ModelPrice(input=1, output=1))
    present.become(Settings(cost=cost))
    assert (tariff().ceiling_usd, tariff().unknown.input) == (3, 1)
