"""Hostile text, through every entrance: nothing runs, nothing dangerous is drawn, nobody is asked."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Page, expect
from typing_extensions import override

from cns.errors import ModelUnavailable
from tests.browser.conftest import Opener, Watch
from tests.browser.stage import Stage
from tests.fakes.llm import Fails, Says

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.valkey, pytest.mark.model]

HOSTILE = (
    "<script>window.ran = 1</script>",
    "<img src=x onerror=window.ran=2>",
    "<svg/onload=window.ran=3>",
    "<svg><animate onbegin=window.ran=4 attributeName=x dur=1s>",
    "<details open ontoggle=window.ran=5>",
    "<iframe srcdoc='<script>parent.ran=6</script>'></iframe>",
    "<a href='javascript:window.ran=7'>a</a>",
    "[click](javascript:window.ran=8)",
    "[click](java\tscript:window.ran=8)",
    "[click](&#x6A;avascript:window.ran=9)",
    "[click](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "![x](https://stranger.example/pixel.png)",
    "![x](javascript:window.ran=10)",
    "<https://stranger.example/> <javascript:window.ran=11>",
    "`</code><script>window.ran=12</script>`",
    "```html\n</pre><img src=x onerror=window.ran=13>\n```",
    '```"><img src=x onerror=window.ran=14>\ncode\n```',
    "| <img src=x onerror=window.ran=15> |\n|---|\n| <b onclick=window.ran=16>x</b> |",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.ran=17>",
    "<style>@import 'https://stranger.example/x.css';</style>",
    "<base href='https://stranger.example/'>",
    "<form action=https://stranger.example/><button>x</button></form>",
    "<link rel=stylesheet href=https://stranger.example/x.css>",
    "<template><script>window.ran=18</script></template>",
    "[ref]: javascript:window.ran=19\n\n[ref]",
    "<div style='background:url(https://stranger.example/x)'>x</div>",
    "{{constructor.constructor('window.ran=20')()}} ${window.ran=21}",
)
DANGEROUS = (
    "script, iframe, object, embed, base, link, style, form:not([class]), img, svg:not(.icon), math,"
    " template, details:not([class]), [onerror], [onload], [onclick], [ontoggle], [style*=url],"
    " a[href^='javascript' i], a[href^='data' i], a[href^='vbscript' i]"
)


@dataclass(frozen=True, slots=True)
class Torn(Says):
    """Words that come in pieces cut at random."""

    seed: int = 0

    @property
    @override
    def words(self) -> Sequence[str]:
        chance = random.Random(self.seed)
        pieces, rest = [], self.text
        while rest:
            size = chance.randint(1, 9)
            pieces.append(rest[:size])
            rest = rest[size:]
        return pieces


def nothing_happened(page: Page, where: str) -> None:
    assert page.evaluate("window.ran") is None
    assert page.locator(where).locator(DANGEROUS).count() == 0


@pytest.mark.parametrize("seed", range(3))
def test_hostile_text_in_an_answer_does_nothing(stage: Stage, page: Page, seed: int) -> None:
    text = "\n\n".join(random.Random(seed).sample(HOSTILE, len(HOSTILE)))
    stage.llm.will(Torn(f"{text}\n\nThe end.", seed=seed))
    page.get_by_label("Your message").fill("Say something hostile.")
    page.get_by_label("Your message").press("Enter")
    expect(page.locator(".answer").last).to_contain_text("The end.")
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    nothing_happened(page, ".thread")
    page.reload()
    expect(page.locator(".answer").last).to_contain_text("The end.")

    nothing_happened(page, ".thread")


def test_hostile_links_lead_nowhere(stage: Stage, page: Page) -> None:
    stage.llm.will(Says("\n\n".join(HOSTILE) + "\n\nThe end."))
    page.get_by_label("Your message").fill("Give me links.")
    page.get_by_label("Your message").press("Enter")
    expect(page.locator(".answer").last).to_contain_text("The end.")
    found = page.locator(".answer .prose a").evaluate_all("all => all.map(a => a.href)")

    assert found
    assert all(re.match(r"(https?|mailto|tel):", href) for href in found), found


def test_hostile_text_in_a_question_a_chapter_and_a_search_does_nothing(
    stage: Stage, visit: Opener
) -> None:
    for text in HOSTILE[:6]:
        stage.say(f"I like {text} very much.", text)
    stage.end_chapter()
    page = visit()
    expect(page.locator(".question").last).to_be_visible()
    nothing_happened(page, ".thread")
    results = visit("#/search?q=script")
    expect(results.locator(".row").first).to_be_visible()

    nothing_happened(results, "main")
    nothing_happened(visit("#/prompt"), "main")


def test_hostile_text_in_a_memory_does_nothing(stage: Stage, visit: Opener) -> None:
    text = " ".join(HOSTILE)
    made = httpx.post(f"{stage.url}/api/memories", json={"text": text}).raise_for_status().json()
    page = visit(f"#/memory/{made['id']}")
    expect(page.locator(".panel .memory-text")).to_contain_text("window.ran")
    page.locator(".panel").get_by_role("button", name="Forget").click()
    expect(page.locator("dialog .removals")).to_be_visible()

    nothing_happened(page, "main")
    nothing_happened(page, "dialog")
    httpx.delete(f"{stage.url}/api/memories/{made['id']}")


def test_hostile_text_in_an_error_does_nothing(stage: Stage, page: Page) -> None:
    stage.llm.will(Fails(ModelUnavailable(" ".join(HOSTILE))))
    page.get_by_label("Your message").fill("Fail with hostility.")
    page.get_by_label("Your message").press("Enter")
    expect(page.locator(".thread .problem")).to_contain_text("window.ran")

    nothing_happened(page, ".thread")


def test_hostile_addresses_do_nothing(visit: Opener) -> None:
    for address in (
        "#/memory?q=<img src=x onerror=window.ran=1>",
        "#/search?q=%3Cscript%3Ewindow.ran%3D2%3C/script%3E",
        "#/chat/message/<svg onload=window.ran=3>",
        "#/<script>window.ran=4</script>",
    ):
        page = visit(address)
        expect(page.locator("h1").first).to_be_attached()
        nothing_happened(page, "main")


def test_the_page_forbids_markup_from_text(page: Page, watch: Watch) -> None:
    assert page.evaluate(
        "() => { try { document.body.innerHTML = '<b>x</b>' } catch { return 1 } }"
    )
    page.wait_for_function("() => true")

    assert "TrustedHTML" in watch.wrong.pop()
