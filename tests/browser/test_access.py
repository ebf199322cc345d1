"""The rules of WCAG 2.2 AA on every page, in both themes, at three widths; and room at 360 pixels."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Opener
from tests.browser.stage import Stage, staged
from tests.fakes.llm import Says

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.valkey, pytest.mark.model]

AXE = Path(__file__).parents[1] / "web" / "node_modules" / "axe-core" / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ALL_RULES: dict[str, object] = {"type": "tag", "values": LEVELS}
# all that another theme can change
COLOUR_RULES: dict[str, object] = {
    "type": "rule",
    "values": ["color-contrast", "link-in-text-block"],
}
OVERFLOWING = """() => ["main", ".page", ".thread", ".panel-body", ".popover:popover-open", "dialog[open]"]
    .flatMap(s => [...document.querySelectorAll(s)]).filter(n => n.scrollWidth > n.clientWidth + 1)
    .map(n => n.className || n.tagName)"""
WIDTHS = (360, 768, 1440)
WIDE_TABLE = "| " + " | ".join(f"column {n}" for n in range(12)) + " |\n" + "|---" * 12 + "|\n"
ANSWER = f"""## A heading

A `{"very_long_identifier_" * 8}` and https://example.org/{"path/" * 30}

```python
print("{"a long line of code " * 10}")
```

{WIDE_TABLE}| {" | ".join("cell" for _ in range(12))} |

1. one
2. two"""


@pytest.fixture(scope="module")
def stage(browser: Browser) -> Iterator[Stage]:  # noqa: ARG001 - no house without a browser
    """A house of this module's own, with little in it: the rules are tried on every node."""
    with staged() as stage:
        yield stage


@pytest.fixture(scope="module")
def furnished(stage: Stage) -> Stage:
    """It has a chapter, memories and an answer with everything in it."""
    stage.say("My cousin Beatrix lives in Antwerp and plays the cello.", "How lovely.")
    stage.end_chapter()
    stage.llm.will(Says(ANSWER))
    stage.say("What does my cousin Beatrix play? " + "Unbroken" * 30)
    stage.answer_again(ANSWER)
    return stage


def chat(page: Page) -> None:
    expect(page.locator(".answer").last.locator(".why-line")).to_contain_text("·")


def versions(page: Page) -> None:
    chat(page)
    expect(page.get_by_role("button", name="Previous version").first).to_be_visible()
    page.locator(".question").last.hover()
    page.get_by_role("button", name="Edit this message").last.click()
    expect(page.get_by_label("Your message, in other words")).to_be_focused()


def why(page: Page) -> None:
    chat(page)
    page.locator(".why-line").last.click()
    expect(page.get_by_text("Where the time went").first).to_be_visible()


def memory(page: Page) -> None:
    expect(page.locator(".row").first).to_be_visible()


def detail(page: Page) -> None:
    page.locator(".row").filter(has_text="Beatrix").first.click()
    expect(page.locator(".quote").first).to_be_visible()


def forget(page: Page) -> None:
    detail(page)
    page.get_by_role("button", name="Forget").click()
    expect(page.locator(".removals").first).to_be_visible()


def box(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").get_by_role("searchbox").fill("cello")
    expect(page.locator(".box .row.hit").first).to_be_visible()


def prompt(page: Page) -> None:
    page.locator(".section summary").first.click()
    expect(page.locator(".section-text").first).to_be_visible()


def settings(page: Page) -> None:
    page.get_by_role("button", name="OpenAI or compatible").click()
    page.locator(".more-fields summary").click()
    page.get_by_text("Set where MIRA is started", exact=True).click()
    expect(page.get_by_label("Fast model")).to_be_visible()


def status(page: Page) -> None:
    chat(page)
    page.locator("[popovertarget]:visible").first.click()
    expect(page.locator(".popover:popover-open")).to_contain_text("Everything works")


def gone(page: Page) -> None:
    chat(page)
    page.context.set_offline(True)
    page.get_by_label("Your message").fill("Nobody there?")
    page.get_by_label("Your message").press("Enter")
    expect(page.locator(".banner.gone")).to_be_visible()


def incognito(page: Page) -> None:
    page.get_by_role("button", name="Incognito").click()
    page.get_by_label("Your message").fill("Between us: " + "unbroken" * 30)
    page.get_by_label("Your message").press("Enter")
    expect(page.locator(".answer .not-kept")).to_be_visible()


VIEWS = {
    "incognito": ("#/chat", incognito),
    "chat": ("#/chat", chat),
    "versions": ("#/chat", versions),
    "why": ("#/chat", why),
    "memory": ("#/memory", memory),
    "detail": ("#/memory", detail),
    "forget": ("#/memory", forget),
    "search": ("#/search?q=Beatrix", memory),
    "box": ("#/chat", box),
    "prompt": ("#/prompt", prompt),
    "settings": ("#/settings", settings),
    "status": ("#/chat", status),
    "gone": ("#/chat", gone),
}


def violations(page: Page, which: dict[str, object]) -> list[str]:
    found: dict[str, Any] = page.evaluate("only => axe.run(document, {runOnly: only})", which)
    return [
        f"{broken['id']}: {node['html'][:160]} — {node['failureSummary']}"
        for broken in found["violations"]
        for node in broken["nodes"]
    ]


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("view", VIEWS)
def test_a_page_fits_and_breaks_no_rule_in_either_theme(
    visit: Opener, view: str, width: int
) -> None:
    if not AXE.exists():
        pytest.skip("NO axe-core: accessibility was NOT tested. Run `npm ci` in tests/web.")
    address, show = VIEWS[view]
    page = visit(
        address,
        viewport={"width": width, "height": 800},
        color_scheme="light",
        reduced_motion="reduce",  # so that colours do not take their time to change
    )
    show(page)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    light = violations(page, ALL_RULES)
    page.emulate_media(color_scheme="dark")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OVERFLOWING) == []
    assert light == []
    assert violations(page, COLOUR_RULES) == []


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize("view", ["chat", "memory", "search", "prompt", "settings"])
def test_a_page_fits_at_four_hundred_percent(visit: Opener, view: str) -> None:
    """A screen of 1280 pixels at 400 % is 320 wide."""
    address, show = VIEWS[view]
    page = visit(address, viewport={"width": 320, "height": 256})
    show(page)

    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.usefixtures("furnished")
def test_nothing_moves_for_those_who_asked_for_stillness(visit: Opener) -> None:
    page = visit(reduced_motion="reduce")
    chat(page)
    moving = page.evaluate(
        """() => document.getAnimations().filter(a => a.effect.getComputedTiming().activeDuration > 1
            || a.effect.getComputedTiming().iterations === Infinity).length"""
    )

    assert moving == 0


@pytest.mark.usefixtures("furnished")
def test_on_touch_every_target_is_large_enough(visit: Opener) -> None:
    page = visit(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    chat(page)
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, select, nav a")].filter(b => b.checkVisibility())
            .map(b => [b.textContent || b.ariaLabel, Math.round(b.getBoundingClientRect().height)])
            .filter(([, height]) => height > 0 && height < 40)"""
    )

    assert small == []
