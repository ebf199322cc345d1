"""Everything without a mouse, in one go and piece by piece."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener
from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.valkey, pytest.mark.model]


def test_a_visit_by_keyboard_alone(stage: Stage, page: Page) -> None:
    httpx.post(f"{stage.url}/api/memories", json={"text": "The user's boat is called Petrel."})
    press, write = page.keyboard.press, page.keyboard.type
    expect(page.get_by_label("Your message")).to_be_focused()
    write("What is my boat called?")
    press("Enter")
    expect(page.locator(".answer").last).to_contain_text("I heard")
    expect(page.get_by_role("button", name="Send")).to_be_visible()

    press("Escape")
    page.locator(".thread").focus()
    press("k")
    expect(page.locator(".answer").last).to_be_focused()
    press("k")
    expect(page.locator(".question").last).to_be_focused()
    press("j")
    press("Tab")
    expect(page.locator(".why-line").last).to_be_focused()
    press("Enter")
    expect(page.get_by_role("heading", name="Why this answer")).to_be_focused()
    press("Escape")
    expect(page.locator(".why-line").last).to_be_focused()

    press("g")
    press("m")
    expect(page.get_by_role("heading", name="Memory", exact=True)).to_be_focused()
    press("/")
    expect(page.get_by_label("Search what I remember")).to_be_focused()
    write("petrel")
    expect(page.locator(".row").first).to_contain_text("Petrel")
    press("ArrowDown")
    expect(page.locator(".row").first).to_be_focused()
    press("Enter")
    expect(page.locator(".panel .memory-text")).to_contain_text("Petrel")
    expect(page.get_by_role("heading", name="Memory", exact=True).last).to_be_focused()
    press("e")
    expect(page.get_by_label("The memory, in one sentence")).to_be_focused()
    press("Control+a")
    write("The user's boat is called Fulmar.")
    press("Enter")
    expect(page.locator(".panel .memory-text")).to_contain_text("Fulmar")
    press("u")
    expect(page.locator(".panel .memory-text")).to_contain_text("Petrel")
    press("Escape")
    expect(page.locator(".panel")).to_have_count(0)

    press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_have_count(0)
    press("Control+k")
    expect(page.get_by_role("dialog").get_by_role("searchbox")).to_be_focused()
    write("boat")
    expect(page.locator(".box .row.hit").first).to_be_visible()
    press("ArrowDown")
    press("Enter")
    expect(page.locator(".box")).to_have_count(0)
    press("c")
    expect(page.get_by_label("Your message")).to_be_focused()


def test_the_first_tab_offers_to_skip(visit: Opener) -> None:
    page = visit("#/memory")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()
    expect(page.get_by_role("heading", name="Memory", exact=True)).to_be_visible()


def test_letters_in_a_field_are_only_letters(page: Page) -> None:
    page.get_by_label("Your message").fill("")
    page.keyboard.type("jk?/gmeu")

    expect(page.get_by_label("Your message")).to_have_value("jk?/gmeu")
    expect(page.locator("dialog")).to_have_count(0)


def test_every_focus_can_be_seen(stage: Stage, page: Page) -> None:
    stage.say("One more thing to tab to.", "Yes.")
    page.reload()
    expect(page.locator(".answer").last).to_be_visible()
    seen = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate(
                """() => { const a = document.activeElement; const s = getComputedStyle(a);
                const box = a.closest('.composer-box') ?? a;
                return a === document.body || s.outlineStyle !== 'none' || getComputedStyle(box).boxShadow !== 'none'; }"""
            )
        )

    assert seen == {True}


def test_the_focus_stays_in_an_open_dialog(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog").get_by_role("searchbox")).to_be_focused()
    for _ in range(12):
        page.keyboard.press("Tab")
        inside = (
            "document.activeElement.closest('dialog') || document.activeElement === document.body"
        )
        assert page.evaluate(f"Boolean({inside})")
