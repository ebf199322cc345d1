"""The pictures in docs/screenshots, by one command: python -m tests.browser.screenshots [URL]

Without an address a house of its own is furnished with a story; the model's answers are scripted.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser import chromium
from tests.browser.demo import STORY, Author, tell
from tests.browser.stage import staged

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
HEIGHTS = {360: 740, 768: 960, 1440: 900}


@dataclass(frozen=True, slots=True)
class Picture:
    """A view of the page as it is kept."""

    name: str
    width: int
    scheme: str
    address: str
    show: Callable[[Page], None]


def settled(page: Page) -> None:
    page.locator(".answer, .row, .section").first.wait_for()


def chat(page: Page) -> None:
    page.locator(".answer .why-line").last.get_by_text("·").wait_for()


def chapters(page: Page) -> None:
    chat(page)
    page.locator(".chapter", has_text="small script").first.scroll_into_view_if_needed()
    page.locator(".thread").evaluate("box => { box.scrollTop -= 320 }")
    page.locator(".code").first.wait_for()


def why(page: Page) -> None:
    chat(page)
    page.locator(".why-line").last.click()
    page.locator(".quote").first.wait_for()


def source(page: Page) -> None:
    why(page)
    page.locator(".card.memory .to-place").first.click()
    page.locator("mark[data-evidence]").wait_for()


def memory(page: Page) -> None:
    page.locator(".row", has_text="lives in Lisbon").click()
    page.locator(".quote").first.wait_for()
    page.locator(".history li").first.wait_for()


def box(page: Page) -> None:
    chat(page)
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").get_by_role("searchbox").fill("nora birthday")
    page.locator(".box .row.hit").first.wait_for()


def incognito(page: Page) -> None:
    chat(page)
    page.get_by_role("button", name="Incognito").click()
    page.get_by_label("Your message").fill("What could I give Nora that she does not expect?")
    page.get_by_label("Your message").press("Enter")
    page.locator(".answer .not-kept").wait_for()


def settings(page: Page) -> None:
    page.get_by_role("button", name="Claude").click()
    page.get_by_label("Model", exact=True).wait_for()


PICTURES: Sequence[Picture] = (
    Picture("chat", 1440, "light", "#/chat", chat),
    Picture("chat", 1440, "dark", "#/chat", chapters),
    Picture("chat", 768, "light", "#/chat", chapters),
    Picture("chat", 360, "dark", "#/chat", chat),
    Picture("why", 1440, "light", "#/chat", why),
    Picture("why", 360, "light", "#/chat", why),
    Picture("source", 1440, "dark", "#/chat", source),
    Picture("memory", 1440, "light", "#/memory", memory),
    Picture("memory", 360, "dark", "#/memory", settled),
    Picture("search", 1440, "light", "#/chat", box),
    Picture("search", 768, "dark", "#/search?q=what+may+I+not+eat", settled),
    Picture("settings", 1440, "light", "#/settings", settings),
    Picture("settings", 360, "dark", "#/settings", settings),
    Picture("prompt", 768, "light", "#/prompt", settled),
    Picture("incognito", 1440, "light", "#/chat", incognito),
    Picture("incognito", 360, "dark", "#/chat", incognito),
)


@contextmanager
def house(url: str | None) -> Iterator[str]:
    if url is not None:
        yield url.rstrip("/")
        return
    author = Author()
    with staged(author) as stage:
        tell(stage, author, STORY, datetime.now(UTC))
        yield stage.url


def take(browser: Browser, url: str, picture: Picture) -> None:
    size = {"width": picture.width, "height": HEIGHTS[picture.width]}
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if picture.scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"{url}/{picture.address}")
    picture.show(page)
    page.wait_for_timeout(500)
    page.screenshot(path=FOLDER / f"{picture.name}-{picture.width}-{picture.scheme}.png")
    context.close()


def main(words: Sequence[str]) -> int:
    path = chromium.found()
    if path is None:
        sys.stderr.write("No Chromium on this machine: apt-get install chromium, then again.\n")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with house(words[0] if words else None) as url, chromium.launched(path) as browser:
        for picture in PICTURES:
            take(browser, url, picture)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
