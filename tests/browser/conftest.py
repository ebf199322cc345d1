"""A running house, a browser before it, and no mistakes on the page's console."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tests.browser import chromium
from tests.browser.stage import Stage, staged

PATIENCE = 15_000
MISSING = (
    "NO CHROMIUM: the page was NOT tested. Install it (apt-get install chromium) and run again."
)
EXPECTED = ("Failed to load resource",)  # the browser's own note on a refusal or a lost network


@dataclass
class Watch:
    """What went wrong on a page, and whom it asked.

    Attributes:
        wrong: errors on the console and those that nobody caught.
        strangers: addresses elsewhere that the page asked for.
    """

    home: str
    wrong: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", self._request)
        page.on("dialog", lambda dialog: self._dialog(dialog))

    def _dialog(self, dialog: Any) -> None:
        self.wrong.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED):
            self.wrong.append(message.text)

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.strangers.append(request.url)


Opener = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.found()
    if path is None:
        pytest.skip(MISSING)
    with chromium.launched(path) as browser:
        yield browser


@pytest.fixture(scope="module")
def stage(browser: Browser) -> Iterator[Stage]:  # noqa: ARG001 - no house without a browser
    """One house a file: each test says things of its own, and what was said moves the page."""
    with staged() as stage:
        yield stage


@pytest.fixture
def watch(stage: Stage) -> Iterator[Watch]:
    watch = Watch(stage.url)
    yield watch
    assert watch.wrong == []
    assert watch.strangers == []


@pytest.fixture
def visit(stage: Stage, browser: Browser, watch: Watch) -> Iterator[Opener]:
    """Opens an address of the page in a browser that has never been there."""
    contexts: list[BrowserContext] = []

    def open_at(address: str = "#/chat", **options: Any) -> Page:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        watch.over(page)
        page.goto(f"{stage.url}/{address}")
        page.locator("main").wait_for()
        return page

    yield open_at
    stage.llm.clear()
    for event in stage.pauses:
        event.set()
    for context in contexts:
        context.close()


@pytest.fixture
def page(visit: Opener) -> Page:
    return visit()
