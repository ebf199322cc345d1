"""Editing a message, answering it again, and turning the pages of its versions."""

import re

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from cns.errors import ModelUnavailable
from tests.browser.conftest import Opener
from tests.browser.stage import Stage
from tests.fakes.llm import Fails, Says

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.valkey, pytest.mark.model]

TOP = "node => node.getBoundingClientRect().top"


def question(page: Page, words: str) -> Locator:
    return page.locator(".question").filter(has_text=words)


def edit(page: Page, words: str, other: str) -> None:
    question(page, words).last.hover()
    question(page, words).last.get_by_role("button", name="Edit this message").click()
    page.get_by_label("Your message, in other words").fill(other)
    page.get_by_label("Your message, in other words").press("Enter")


def settled(page: Page) -> None:
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()


def conversation(stage: Stage) -> list[str]:
    listed = httpx.get(f"{stage.url}/api/messages", params={"limit": 4}).raise_for_status()
    return [message["text"] for message in listed.json()["items"]][::-1]


def test_an_edited_message_takes_the_old_one_s_place(stage: Stage, visit: Opener) -> None:
    stage.say("Where shall we sail?", "To Skye.")
    stage.say("And after that?", "Home.")
    page = visit()
    stage.llm.will(Says("To Mull."))
    edit(page, "Where shall we sail?", "Where shall we row?")
    expect(page.locator(".answer").last).to_contain_text("To Mull.")
    expect(question(page, "sail?")).to_have_count(0)
    expect(question(page, "And after that?")).to_have_count(0)
    expect(question(page, "row?").locator(".versions")).to_contain_text("2 / 2")
    assert conversation(stage)[-2:] == ["Where shall we row?", "To Mull."]


def test_a_version_is_gone_back_to_without_a_jump(stage: Stage, visit: Opener) -> None:
    stage.say("What grows on sand?", "Marram grass. " * 200)
    stage.say("And on peat?", "Heather. " * 200)
    page = visit()
    stage.llm.will(Says("Moss."))
    edit(page, "And on peat?", "And on rock?")
    settled(page)
    versions = page.get_by_role("group", name="Version 2 of 2").last
    expect(versions).to_be_visible()
    before = question(page, "And on rock?").evaluate(TOP)
    versions.get_by_role("button", name="Previous version").click()
    expect(question(page, "And on peat?")).to_be_visible()
    expect(page.locator(".answer").last).to_contain_text("Heather.")
    assert abs(question(page, "And on peat?").evaluate(TOP) - before) < 4

    back = page.get_by_role("group", name="Version 1 of 2").last
    expect(back.get_by_role("button", name="Previous version")).to_be_focused()
    back.get_by_role("button", name="Next version").press("Enter")
    expect(question(page, "And on rock?")).to_be_visible()
    assert abs(question(page, "And on rock?").evaluate(TOP) - before) < 4
    assert conversation(stage)[-2:] == ["And on rock?", "Moss."]


def test_a_message_is_answered_again(stage: Stage, visit: Opener) -> None:
    stage.say("Name a star.", "Vega.")
    page = visit()
    pause = stage.pause()
    stage.llm.will(Says("Deneb is one.", wait=pause))
    page.locator(".answer").last.hover()
    page.get_by_role("button", name="Answer again").last.click()
    expect(page.locator(".answer.live")).to_contain_text("Deneb")
    expect(page.locator(".answer").filter(has_text="Vega.")).to_have_count(0)
    pause.set()
    answer = page.locator(".answer").last
    expect(answer).to_contain_text("Deneb is one.")
    expect(answer.locator(".versions")).to_contain_text("2 / 2")
    answer.get_by_role("button", name="Previous version").click()
    expect(page.locator(".answer").last).to_contain_text("Vega.")
    expect(page.locator(".answer").last.locator(".versions")).to_contain_text("1 / 2")


def test_an_answer_that_fails_leaves_what_was_there(stage: Stage, visit: Opener) -> None:
    stage.say("Name a river.", "The Tay.")
    stage.say("Another one.", "The Dee.")
    page = visit()
    stage.llm.will(Fails(ModelUnavailable("The model is away.")), Says("The Spey."))
    first = page.locator(".answer").filter(has_text="The Tay.")
    first.hover()
    first.get_by_role("button", name="Answer again").click()
    expect(page.locator(".problem")).to_contain_text("The model is away.")
    expect(page.locator(".answer").filter(has_text="The Dee.")).to_be_visible()
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator(".answer").last).to_contain_text("The Spey.")
    expect(page.locator(".answer").filter(has_text="The Dee.")).to_have_count(0)


def test_an_edit_is_made_by_keyboard(stage: Stage, visit: Opener) -> None:
    stage.say("Say it thus.", "So be it.")
    page = visit()
    expect(page.locator(".answer").last).to_contain_text("So be it.")
    expect(page.get_by_role("button", name="Edit this message").last).to_be_attached()
    question(page, "Say it thus.").focus()
    page.keyboard.press("e")
    field = page.get_by_label("Your message, in other words")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    expect(question(page, "Say it thus.")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Edit this message").last).to_be_focused()
    page.keyboard.press("Enter")
    expect(field).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("Say it otherwise.")
    page.keyboard.press("Enter")
    expect(page.locator(".answer").last).to_contain_text("Say it otherwise.")
    expect(page.get_by_label("Your message")).to_be_focused()


def test_the_same_words_again_are_a_wish_for_another_answer(stage: Stage, visit: Opener) -> None:
    stage.say("Toss a coin.", "Heads.")
    page = visit()
    stage.llm.will(Says("Tails."))
    edit(page, "Toss a coin.", "Toss a coin.")
    expect(page.locator(".answer").last).to_contain_text("Tails.")
    expect(page.locator(".answer").last.locator(".versions")).to_contain_text("2 / 2")
    expect(question(page, "Toss a coin.").last.locator(".versions")).to_have_count(0)


def test_an_ended_chapter_can_be_read_and_not_changed(stage: Stage, visit: Opener) -> None:
    stage.say("This is settled.", "It is.")
    stage.end_chapter()
    page = visit()
    expect(question(page, "This is settled.").last).to_be_visible()
    page.get_by_label("Your message").wait_for()
    question(page, "This is settled.").last.hover()
    expect(question(page, "This is settled.").get_by_role("button")).to_have_count(0)


def test_an_edit_that_comes_too_late_keeps_its_words(stage: Stage, visit: Opener) -> None:
    stage.say("Too late for this.", "We shall see.")
    page = visit()
    question(page, "Too late for this.").last.hover()
    page.get_by_role("button", name="Edit this message").last.click()
    stage.end_chapter()
    page.get_by_label("Your message, in other words").fill("In other words, too late.")
    page.get_by_role("button", name="Send", exact=True).first.click()
    expect(page.locator(".unsent")).to_contain_text("In other words, too late.")
    expect(page.locator(".unsent .problem")).to_contain_text(re.compile("say it anew"))


def test_what_is_in_another_version_is_found_and_can_be_gone_to(
    stage: Stage, visit: Opener
) -> None:
    stage.say("The heron stands by the weir.", "A fine bird.")
    stage.answer_again("Grey herons are patient.")
    listed = httpx.get(f"{stage.url}/api/messages", params={"branches": "all", "limit": 2})
    left = listed.raise_for_status().json()["items"][1]
    page = visit(f"#/chat/message/{left['id']}")
    found = page.locator(".answer.here")
    expect(found).to_contain_text("From another version of the conversation.")
    found.get_by_role("button", name="Go to that version").click()
    expect(page.locator(".answer").filter(has_text="Grey herons")).to_have_count(0)
    expect(page.locator(".answer").last.locator(".versions")).to_contain_text("1 / 2")


def test_an_answer_that_runs_on_a_reload_comes_to_stand_in_its_place(
    stage: Stage, visit: Opener
) -> None:
    stage.say("Name a hill.", "Cheviot.")
    stage.say("And a dale.", "Coquetdale.")
    page = visit()
    pause = stage.pause()
    stage.llm.will(Says("Simonside is one.", wait=pause))
    first = page.locator(".answer").filter(has_text="Cheviot.")
    first.hover()
    first.get_by_role("button", name="Answer again").click()
    expect(page.locator(".answer.live")).to_contain_text("Simonside")
    page.reload()
    expect(page.locator(".answer.live")).to_contain_text("Simonside")
    expect(question(page, "And a dale.")).to_have_count(0)
    pause.set()
    expect(page.locator(".answer").last).to_contain_text("Simonside is one.")
    expect(page.locator(".answer").last.locator(".versions")).to_contain_text("2 / 2")
