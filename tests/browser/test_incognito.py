"""Talking off the record: it cannot be overlooked, and nothing of it stays in the browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stage import Stage
from tests.fakes.llm import Says

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.valkey, pytest.mark.model]

SECRET = "the ring is in the blue vase"
STORED = (
    "() => JSON.stringify([{...localStorage}, {...sessionStorage}, location.href, history.state])"
)


def whisper(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.get_by_label("Your message").press("Enter")


def test_what_is_said_incognito_is_in_this_page_alone(stage: Stage, page: Page) -> None:
    page.get_by_label("Your message").fill("a draft of mine")
    page.get_by_role("button", name="Incognito").press("Enter")
    expect(page.locator("html")).to_have_class("incognito")
    expect(page.get_by_label("Your message")).to_be_focused()
    expect(page.get_by_label("Your message")).to_have_value("")

    stage.llm.will(Says("I shall not tell."), Says("In the vase."))
    whisper(page, f"Between us: {SECRET}.")
    expect(page.locator(".answer").last).to_contain_text("I shall not tell.")
    whisper(page, "Where is it?")
    expect(page.locator(".answer").last).to_contain_text("In the vase.")
    expect(page.get_by_text("Not kept")).to_have_count(4)
    assert [m.text for m in stage.llm.requests[-1].messages][-3:] == [
        f"Between us: {SECRET}.",
        "I shall not tell.",
        "Where is it?",
    ]
    page.get_by_label("Your message").fill(SECRET)
    assert SECRET not in page.evaluate(STORED)

    page.get_by_role("button", name="Leave incognito").click()
    expect(page.locator("html")).not_to_have_class("incognito")
    expect(page.get_by_label("Your message")).to_have_value("a draft of mine")
    expect(page.get_by_text(SECRET)).to_have_count(0)
    page.get_by_label("Your message").fill("")
    page.get_by_role("button", name="Incognito").click()
    expect(page.get_by_text(SECRET)).to_have_count(0)


def test_a_reload_ends_it_and_stopping_keeps_nothing(stage: Stage, page: Page) -> None:
    pause = stage.pause()
    stage.llm.will(Says("Slowly it comes.", wait=pause))
    page.get_by_role("button", name="Incognito").click()
    whisper(page, SECRET)
    expect(page.locator(".answer.live")).to_contain_text("Slowly")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".answer .not-kept")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Incognito")).to_be_visible()
    expect(page.locator("html")).not_to_have_class("incognito")
    expect(page.get_by_text(SECRET)).to_have_count(0)
    assert SECRET not in str(page.request.get(f"{stage.url}/api/messages").json())
