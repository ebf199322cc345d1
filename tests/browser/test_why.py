"""Every answer can be opened: what came to mind, why, and where it was said."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener
from tests.browser.stage import Stage
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.valkey, pytest.mark.model]
SENTENCE = "My brother Tobias lives in Utrecht."
TOLD = f"Yesterday it rained a lot. {SENTENCE} Shall we talk about books?"


@pytest.fixture(scope="module")
def told(stage: Stage) -> Iterator[Stage]:
    """A house that knows where Tobias lives, and has just been asked."""
    before = stage.memories()
    stage.say(TOLD, "Gladly.")
    stage.end_chapter()
    until(lambda: stage.memories() > before, 30)
    stage.say("Where does my brother Tobias live?", "In **Utrecht**.")
    yield stage
    stage.end_chapter()


def opened(page: Page) -> Page:
    line = page.locator(".answer").last.locator(".why-line")
    expect(line).to_contain_text("memor")
    line.click()
    expect(page.get_by_role("heading", name="Why this answer")).to_be_visible()
    return page


def test_an_answer_says_how_many_memories_it_had(told: Stage, page: Page) -> None:
    assert told.memories() > 0
    line = page.locator(".answer").last.locator(".why-line")

    expect(line).to_contain_text("memor")
    expect(line).to_contain_text("s")


@pytest.mark.usefixtures("told")
def test_opening_it_shows_the_subject_the_memory_its_reasons_and_the_time(page: Page) -> None:
    panel = opened(page).locator(".panel")

    expect(panel.get_by_text("Where does my brother Tobias live?")).to_be_visible()
    card = panel.locator(".card.memory").filter(has_text="Utrecht").first
    expect(card.locator("blockquote")).to_contain_text("My brother Tobias lives in Utrecht")
    expect(card.locator(".bars li").first).to_be_visible()
    expect(panel.get_by_text("Where the time went").first).to_be_visible()


@pytest.mark.usefixtures("told")
def test_the_source_leads_to_the_sentence_in_its_place(page: Page) -> None:
    card = opened(page).locator(".card.memory").filter(has_text="Utrecht").first
    card.get_by_role("link", name="Show in the conversation").click()

    sentence = page.locator("mark[data-evidence]")
    expect(sentence).to_contain_text("My brother Tobias lives in Utrecht")
    expect(sentence).to_be_in_viewport()
    expect(page.locator(".question.here")).to_contain_text("Yesterday it rained a lot.")
    expect(page.locator(".panel")).to_be_visible()
    page.go_back()
    expect(page.locator("mark[data-evidence]")).to_have_count(0)


@pytest.mark.usefixtures("told")
def test_a_link_to_a_message_opens_in_its_place(page: Page, visit: Opener) -> None:
    card = opened(page).locator(".card.memory").filter(has_text="Utrecht").first
    place = card.get_by_role("link", name="Show in the conversation").get_attribute("href")
    elsewhere = visit(str(place))

    expect(elsewhere.locator("mark[data-evidence]")).to_be_in_viewport()


@pytest.mark.usefixtures("told")
def test_on_a_narrow_screen_the_panel_comes_from_below_and_gives_way(visit: Opener) -> None:
    page = opened(visit(viewport={"width": 360, "height": 740}))
    sheet = page.get_by_role("dialog", name="Why this answer")
    expect(sheet).to_be_visible()
    card = sheet.locator(".card.memory").filter(has_text="Utrecht").first
    card.get_by_role("link", name="Show in the conversation").click()

    expect(sheet).to_have_count(0)
    expect(page.locator("mark[data-evidence]")).to_be_in_viewport()


@pytest.mark.usefixtures("told")
def test_escape_closes_the_panel_and_gives_the_focus_back(page: Page) -> None:
    opened(page)
    page.keyboard.press("Escape")

    expect(page.locator(".panel")).to_have_count(0)
    expect(page.locator(".answer").last.locator(".why-line")).to_be_focused()


@pytest.mark.usefixtures("told")
def test_a_memory_is_mended_where_one_notices_that_it_is_wrong(page: Page) -> None:
    card = opened(page).locator(".card.memory").filter(has_text="Utrecht").first
    card.get_by_role("button", name="Edit").click()
    field = card.get_by_role("textbox")
    field.fill("My brother Tobias lives near Utrecht.")
    field.press("Enter")
    expect(card.get_by_text("Saved.")).to_be_visible()
    expect(card.locator(".card-text")).to_contain_text("near Utrecht")
    card.get_by_role("button", name="Undo").click()

    expect(card.get_by_text("Undone.")).to_be_visible()
    expect(card.locator(".card-text")).not_to_contain_text("near")
