"""Settings: another model is tried and used without a restart, figures are changed and reset."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Opener
from tests.browser.stage import Stage, staged
from tests.fakes.llm import Says
from tests.fakes.llm_server import FakeLLMServer, Status

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.valkey, pytest.mark.model]


@pytest.fixture(scope="module")
def stage(browser: Browser) -> Iterator[Stage]:  # noqa: ARG001 - no house without a browser
    """A house of this module's own: its model is exchanged."""
    with staged() as stage:
        yield stage


@pytest.fixture
def server() -> Iterator[FakeLLMServer]:
    with FakeLLMServer(lambda _: Says("The other model speaks.")) as running:
        yield running


def card(page: Page, server: FakeLLMServer, key: str = "sk-newcomer") -> None:
    """The card of an own server, with its key and address."""
    page.get_by_role("button", name="OpenAI or compatible").click()
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_label("Address").fill(server.openai_url)


def test_a_refused_key_changes_nothing_and_says_what_to_do(
    visit: Opener, stage: Stage, server: FakeLLMServer
) -> None:
    page = visit("#/settings")
    card(page, server)
    page.get_by_label("Model", exact=True).fill("qwen3:8b")
    server.will(Status(401))
    page.get_by_role("button", name="Use this").click()

    expect(page.get_by_role("alert")).to_contain_text("refused the key")
    expect(page.locator(".provider.in-use")).to_contain_text("Built in")
    expect(page.locator(".key-state")).to_contain_text("Not set")
    assert "sk-newcomer" not in page.content()
    assert stage.mira.house.llm.provider == "local"


def test_a_figure_is_changed_marked_and_reset(visit: Opener) -> None:
    page = visit("#/settings")
    field = page.get_by_role("textbox", name="Memories that come to mind")
    row = page.locator(".setting").filter(has=field)
    field.fill("99")
    field.press("Enter")
    expect(row.get_by_role("alert")).to_contain_text("less than or equal to 50")
    expect(field).to_have_value("99")
    expect(field).to_be_focused()

    field.fill("6")
    field.press("Enter")
    expect(row).to_contain_text("Changed")
    expect(row).to_contain_text("Usually 10")
    expect(row.get_by_role("alert")).to_have_count(0)
    page.reload()
    expect(field).to_have_value("6")
    row.get_by_role("button", name="Reset").click()
    expect(field).to_have_value("10")
    expect(row).not_to_contain_text("Changed")


def test_what_waits_for_a_restart_is_said(visit: Opener) -> None:
    page = visit("#/settings")
    field = page.get_by_role("textbox", name="What MIRA calls you")
    field.fill("Nora")
    field.press("Enter")

    expect(page.locator(".restart")).to_contain_text("After a restart")
    page.get_by_role("button", name="Reset What MIRA calls you").click()
    expect(page.locator(".restart")).to_have_count(0)


def test_a_setting_is_found_by_its_plain_name_and_by_its_own(visit: Opener) -> None:
    page = visit("#/settings")
    expect(page.locator(".provider").first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("chapter ends")
    expect(page.locator(".setting")).to_have_count(2)
    expect(page).to_have_url(re.compile("q=chapter"))

    page.get_by_label("Find a setting").fill("max_tokens")
    expect(page.get_by_label("Longest answer, in tokens")).to_have_value("4096")
    page.get_by_label("Find a setting").fill("server.port")
    expect(page.locator(".fixed-rows")).to_contain_text("MIRA_SERVER__PORT")
    page.get_by_label("Find a setting").fill("zzz")
    expect(page.locator(".nothing")).to_be_visible()


def test_further_providers_are_added_ordered_and_taken_out(visit: Opener) -> None:
    page = visit("#/settings")
    page.get_by_label("Its model").fill("qwen3:8b")
    page.get_by_role("button", name="Add").click()
    expect(page.locator(".fallbacks li")).to_have_text(["Ollama, qwen3:8b"])
    page.get_by_label("Further provider").select_option("local")
    page.get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Ask Built in earlier").click()
    expect(page.locator(".fallbacks li")).to_have_text(["Built in", "Ollama, qwen3:8b"])
    page.get_by_role("button", name="No longer ask Built in").click()
    page.get_by_role("button", name="No longer ask Ollama, qwen3:8b").click()
    expect(page.locator(".fallbacks li")).to_have_count(0)


def test_settings_are_reached_by_key_and_on_a_narrow_screen(visit: Opener) -> None:
    page = visit()
    page.locator("h1, .empty, .thread").first.wait_for()
    page.locator("body").press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("g")
    page.keyboard.press(",")
    expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()

    narrow = visit(viewport={"width": 360, "height": 740})
    narrow.get_by_role("button", name="More").click()
    narrow.get_by_role("link", name="Settings").last.click()
    expect(narrow.get_by_role("heading", name="Settings", level=1)).to_be_visible()


def test_a_newcomer_sets_a_key_tries_a_model_and_is_answered_by_it_at_once(
    visit: Opener, stage: Stage, server: FakeLLMServer
) -> None:
    page = visit("#/settings")
    card(page, server)
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("It offers llama3.2:latest, qwen3:8b.")

    page.get_by_label("Model", exact=True).fill("qwen3:8b")
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.locator(".trial.ok")).to_contain_text("qwen3:8b answered in")
    page.get_by_role("button", name="Use this").click()
    expect(page.locator(".trial.ok").last).to_have_text("qwen3:8b answers from now on.")
    expect(page.locator(".provider.in-use")).to_contain_text("OpenAI or compatible")
    expect(page.locator(".key-state")).to_contain_text("Set, kept encrypted")
    expect(page.get_by_label("New key")).to_have_value("")

    page.get_by_role("link", name="Chat").click()
    page.get_by_label("Your message").fill("Who is there?")
    page.get_by_label("Your message").press("Enter")
    expect(page.locator(".answer").last).to_contain_text("The other model speaks.")
    assert server.requests[-1].headers["authorization"] == "Bearer sk-newcomer"
    assert server.requests[-1].body["tools"]  # which the one before was not offered
    assert stage.mira.house.llm.capable
    about = httpx.get(f"{stage.url}/api/about").json()
    assert about["model"]["name"] == "qwen3:8b"
    page.reload()
    assert "sk-newcomer" not in page.content()
