"""One box for everything, and the prompt as it stands."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener
from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.valkey, pytest.mark.model]


def test_the_box_finds_what_was_said_and_leads_to_its_place(stage: Stage, page: Page) -> None:
    stage.say("The spare key lies under the terracotta frog.", "Good to know.")
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").get_by_role("searchbox").fill("terracotta frog")
    hit = page.locator(".box .row.message").filter(has_text="spare key")
    expect(hit).to_be_visible()
    hit.click()

    expect(page.locator(".box")).to_have_count(0)
    expect(page.locator(".question.here")).to_contain_text("terracotta frog")
    expect(page.locator(".question.here")).to_be_in_viewport()


def test_the_box_goes_to_pages(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").get_by_role("searchbox").fill("prompt")
    page.locator(".box .command").filter(has_text="Go to Prompt").click()

    expect(page.get_by_role("heading", name="Prompt")).to_be_visible()


def test_all_results_have_a_page_with_an_address(stage: Stage, page: Page) -> None:
    stage.say("The blue umbrella is at the office.", "Noted.")
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").get_by_role("searchbox").fill("blue umbrella")
    page.locator(".box .command").filter(has_text="All results").click()
    expect(page).to_have_url(re.compile(r"#/search\?q=blue\+umbrella"))
    expect(page.locator(".row").filter(has_text="blue umbrella").first).to_be_visible()
    page.get_by_role("button", name="Chapters").click()

    expect(page.locator(".row.message")).to_have_count(0)
    page.go_back()
    expect(page.get_by_label("Your message")).to_be_visible()


def test_an_empty_search_teaches_by_example(visit: Opener) -> None:
    page = visit("#/search")
    page.get_by_role("link", name="birthdays").click()

    expect(page.get_by_role("searchbox")).to_have_value("birthdays")


def test_the_prompt_shows_its_sections_and_their_sizes(visit: Opener) -> None:
    page = visit("#/prompt")
    expect(page.get_by_text(re.compile(r"^[\d,]+ tokens$")).first).to_be_visible()
    page.get_by_text("Who MIRA is").last.click()

    expect(page.locator(".section-text").first).to_be_visible()


def test_the_state_of_the_parts_is_told_in_words(page: Page) -> None:
    page.locator("[popovertarget=status]").click()
    popover = page.get_by_role("dialog", name="State of the parts")

    expect(popover).to_contain_text("Everything works")
    expect(popover).to_contain_text("Search by meaning")
    expect(popover).to_contain_text("Built-in model, for trying out")


def test_the_colours_can_be_chosen_and_stay(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Colours")).click()
    page.get_by_role("button", name=re.compile("^Colours: light")).click()
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
