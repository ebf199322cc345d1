"""What an answer cost, and a day's ceiling that asks."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from config.settings import CostSettings, ModelPrice
from tests.browser.conftest import Opener
from tests.browser.stage import Stage
from tests.fakes.llm import Says

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.valkey, pytest.mark.model]


@pytest.fixture
def narrow(stage: Stage) -> Iterator[Stage]:
    """A house whose ceiling one answer reaches."""
    present = stage.mira.house.present
    before = present()
    price = ModelPrice(input=1000, output=1000)
    cost = CostSettings(daily_ceiling_usd=0.02, prices={"SmolLM2*": price})
    present.become(before.model_copy(update={"cost": cost}))
    stage.say("What did the first answer cost?", "A little.")
    yield stage
    present.become(before)


def say(page: Page, words: str) -> None:
    page.get_by_label("Your message").fill(words)
    page.get_by_label("Your message").press("Enter")


def test_at_the_ceiling_the_page_asks_and_going_on_brings_the_answer(
    narrow: Stage, visit: Opener
) -> None:
    page = visit()
    say(page, "One thing more.")
    problem = page.locator(".problem")
    expect(problem).to_contain_text("the ceiling is $0.02")
    expect(problem.get_by_role("button", name="Ask again")).to_be_visible()

    narrow.llm.will(Says("Gladly."))
    problem.get_by_role("button", name="Go on today").click()
    expect(page.locator(".answer").last).to_contain_text("Gladly.")
    expect(problem).to_have_count(0)

    page.locator(".answer").last.locator(".why-line").click()
    panel = page.locator(".panel")
    expect(panel).to_contain_text("25 tokens read, 7 written")
    expect(panel).to_contain_text("5 of them from the cache, 0 put there")
    expect(panel).to_contain_text("Cost: $0.03")

    page.goto(f"{narrow.url}/#/settings")
    today = page.get_by_role("region", name="Today for")
    expect(today.get_by_role("row", name="Answers")).to_contain_text("$0.064")
