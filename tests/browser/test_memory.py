"""What is remembered: seen, found, mended, undone and forgotten."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener
from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.valkey, pytest.mark.model]


@pytest.fixture
def memory(stage: Stage, request: pytest.FixtureRequest) -> Iterator[str]:
    """One memory of this test's own; its words."""
    text = f"The user's locker has the number {sum(map(ord, request.node.name))}."
    made = httpx.post(f"{stage.url}/api/memories", json={"text": text}).raise_for_status()
    yield text
    httpx.delete(f"{stage.url}/api/memories/{made.json()['id']}")


def open_memory(visit: Opener, text: str) -> Page:
    page = visit("#/memory")
    page.locator(".row").filter(has_text=text).click()
    expect(page.locator(".panel .memory-text")).to_have_text(text)
    return page


def test_typing_finds_and_marks(visit: Opener, memory: str) -> None:
    page = visit("#/memory")
    page.get_by_label("Search what I remember").fill("locker number")

    expect(page.locator(".row").filter(has_text=memory)).to_be_visible()
    expect(page.locator(".row mark").first).to_be_visible()
    expect(page).to_have_url(re.compile(r"q=locker\+number"))


def test_a_kind_narrows_the_list(visit: Opener, memory: str) -> None:
    page = visit("#/memory")
    expect(page.locator(".row").filter(has_text=memory)).to_be_visible()
    page.get_by_label("Kind").select_option("emotion")

    expect(page.locator(".row").filter(has_text=memory)).to_have_count(0)
    page.reload()
    expect(page.get_by_label("Kind")).to_have_value("emotion")


def test_nothing_found_says_what_to_do(visit: Opener) -> None:
    page = visit("#/memory?kind=skill&state=pending")

    expect(page.get_by_text("Nothing here fits.")).to_be_visible()


def test_words_are_mended_and_the_change_taken_back(visit: Opener, memory: str) -> None:
    page = open_memory(visit, memory)
    page.locator(".panel").get_by_role("button", name="Edit").click()
    page.get_by_label("The memory, in one sentence").fill("The user has no locker.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".panel .memory-text")).to_have_text("The user has no locker.")
    expect(page.locator(".row").filter(has_text="The user has no locker.")).to_be_visible()
    expect(page.locator(".history del").first).to_be_visible()
    page.get_by_role("button", name="Undo").click()

    expect(page.locator(".panel .memory-text")).to_have_text(memory)


def test_escape_leaves_an_edit_and_changes_nothing(visit: Opener, memory: str) -> None:
    page = open_memory(visit, memory)
    page.keyboard.press("e")
    page.get_by_label("The memory, in one sentence").fill("Never mind.")
    page.keyboard.press("Escape")

    expect(page.locator(".panel .memory-text")).to_have_text(memory)


def test_what_the_server_refuses_is_said_where_one_looks(visit: Opener, memory: str) -> None:
    page = open_memory(visit, memory)
    page.keyboard.press("e")
    page.get_by_label("The memory, in one sentence").fill("x" * 4001)
    page.get_by_role("button", name="Save").click()

    expect(page.locator(".panel .problem")).to_contain_text("4000")
    expect(page.get_by_label("The memory, in one sentence")).to_have_value("x" * 4001)


def test_a_memory_is_pinned_and_archived_and_brought_back(visit: Opener, memory: str) -> None:
    page = open_memory(visit, memory)
    panel = page.locator(".panel")
    panel.get_by_role("button", name="Pin", exact=True).click()
    expect(panel.locator(".state")).to_contain_text("Pinned")
    panel.get_by_role("button", name="Archive").click()
    expect(panel.get_by_text("Archived", exact=True).first).to_be_visible()
    page.get_by_role("combobox", name="State").select_option("archived")
    expect(page.locator(".row").filter(has_text=memory)).to_be_visible()
    panel.get_by_role("button", name="Bring back").click()

    expect(panel.get_by_role("button", name="Archive")).to_be_visible()


def test_forgetting_shows_what_goes_before_and_after(visit: Opener, memory: str) -> None:
    page = open_memory(visit, memory)
    page.locator(".panel").get_by_role("button", name="Forget").click()
    dialog = page.get_by_role("dialog", name="Forget this for good?")
    expect(dialog).to_contain_text("1 memory")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.locator(".panel .memory-text")).to_have_text(memory)
    page.locator(".panel").get_by_role("button", name="Forget").click()
    dialog.get_by_role("button", name="Forget it").click()

    expect(page.locator(".panel")).to_contain_text("Forgotten.")
    expect(page.locator(".panel")).to_contain_text("1 memory")
    expect(page.locator(".row").filter(has_text=memory)).to_have_count(0)


def test_a_memory_has_an_address(visit: Opener, memory: str) -> None:
    page = open_memory(visit, memory)
    address = page.url.split("/", 3)[3]
    again = visit(address)

    expect(again.locator(".panel .memory-text")).to_have_text(memory)
    again.get_by_role("button", name="Close").click()
    expect(again.locator(".panel")).to_have_count(0)


def test_a_memory_that_is_gone_says_so(visit: Opener) -> None:
    page = visit("#/memory/00000000-0000-4000-8000-000000000000")

    expect(page.locator(".panel .problem")).to_be_visible()
