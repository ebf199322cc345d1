"""The endless thread: days, chapters, and what was said long ago."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener
from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.valkey, pytest.mark.model]


def say(page: Page, words: str) -> None:
    page.get_by_label("Your message").fill(words)
    page.get_by_label("Your message").press("Enter")
    expect(page.locator(".answer").last).to_contain_text("I heard")
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def test_ending_a_chapter_gives_it_a_title_and_the_next_one_begins(page: Page) -> None:
    say(page, "My neighbour Oswald keeps bees on his roof.")
    page.get_by_role("button", name="End this chapter").click()

    expect(page.locator(".chapter-end")).to_contain_text("Chapter ended", timeout=30_000)
    expect(page.locator(".chapter").last).to_contain_text("Oswald")
    expect(page.get_by_role("button", name="End this chapter")).to_have_count(0)
    say(page, "Something quite different.")
    expect(page.locator(".chapter-end")).to_have_count(0)
    expect(page.get_by_role("button", name="End this chapter")).to_be_visible()


def test_the_end_of_a_chapter_leads_to_what_was_noted_in_it(page: Page) -> None:
    say(page, "My aunt Philippa is a dentist in Ghent.")
    page.get_by_role("button", name="End this chapter").click()
    expect(page.locator(".chapter-end")).to_contain_text("Chapter ended", timeout=30_000)
    page.get_by_role("link", name="What I noted").click()

    expect(page.get_by_role("heading", name="Memory", exact=True)).to_be_visible()
    expect(page.locator(".row").filter(has_text="Philippa").first).to_be_visible()
    expect(page.get_by_text("Noted in one chapter.")).to_be_visible()


def test_a_day_has_its_heading(page: Page) -> None:
    say(page, "Good day.")

    expect(page.locator(".day-name").last).to_contain_text("Today")


def test_what_was_said_before_comes_when_one_scrolls_up(stage: Stage, visit: Opener) -> None:
    for number in range(32):
        stage.say(f"Line {number} of a long evening.", f"Reply {number}. " + "And so on. " * 20)
    page = visit()
    expect(page.locator(".question").last).to_contain_text("Line 31")
    expect(page.locator(".question").last).to_be_in_viewport()
    expect(page.locator(".question").filter(has_text="Line 0 of")).to_have_count(0)

    thread = page.locator(".thread")
    thread.hover()
    for _ in range(60):
        page.mouse.wheel(0, -4000)
        if page.locator(".question").filter(has_text="Line 0 of").count():
            break
        page.wait_for_timeout(50)
    expect(page.locator(".question").filter(has_text="Line 0 of")).to_have_count(1)
    page.get_by_role("button", name="More below").click()
    expect(page.locator(".question").last).to_be_in_viewport()


def test_older_messages_come_in_without_moving_what_is_read(stage: Stage, visit: Opener) -> None:
    for number in range(30):
        stage.say(f"Paragraph {number}.", "Words and words. " * 40)
    page = visit()
    expect(page.locator(".question").last).to_contain_text("Paragraph 29.")
    with page.expect_response(lambda answer: "before=" in answer.url):
        page.locator(".thread").evaluate("box => box.scrollTop = 700")
    read = page.locator(".question:not(.unsent)").filter(has_text="Paragraph 7.")
    anchor = "q => q.getBoundingClientRect().top"
    before = read.evaluate(anchor)
    page.wait_for_timeout(300)

    assert abs(read.evaluate(anchor) - before) < 4


def test_a_link_to_a_chapter_opens_at_its_beginning(stage: Stage, visit: Opener) -> None:
    stage.say("Before that.")
    stage.end_chapter()
    stage.say("My colleague Ludmila collects stamps from Peru.")
    stage.end_chapter()
    stage.say("And now to other things.")
    chapters = httpx.get(f"{stage.url}/api/segments").raise_for_status().json()["items"]
    page = visit(f"#/chat/chapter/{chapters[1]['id']}")

    expect(page.locator(".chapter").filter(has_text="Ludmila").first).to_be_in_viewport()


def test_a_link_to_a_message_that_is_gone_says_so(visit: Opener) -> None:
    page = visit("#/chat/message/00000000-0000-4000-8000-000000000000")

    expect(page.locator(".problem")).to_be_in_viewport()
    expect(page.locator(".question").last).to_be_visible()
    expect(page).to_have_url(re.compile(r"#/chat$"))
