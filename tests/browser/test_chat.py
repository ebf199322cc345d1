"""Talking: sending, streaming, stopping, trying again, and never losing what was written."""

import base64
import re

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from cns.errors import ModelUnavailable
from tests.browser.conftest import Opener
from tests.browser.stage import Stage
from tests.fakes.llm import Fails, Says
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.postgres, pytest.mark.valkey, pytest.mark.model]

RICH = """# Plan

First **bold** and `code`.

```python
def add(a: int, b: int) -> int:
    return a + b  # a comment that is so long that it does not fit on a narrow screen at all
```

| item | count | why |
|---|--:|---|
| shirts | 3 | one spare |

1. one
2. two

![a cat](https://example.org/cat.png) and [a link](https://example.org/)"""


def composer(page: Page) -> None:
    expect(page.get_by_label("Your message")).to_be_visible()


def say(page: Page, words: str) -> None:
    page.get_by_label("Your message").fill(words)
    page.get_by_label("Your message").press("Enter")


def test_an_answer_appears_while_it_is_written(stage: Stage, page: Page) -> None:
    pause = stage.pause()
    stage.llm.will(Says("Slowly it comes, word by word.", wait=pause))
    say(page, "Tell me slowly.")

    expect(page.locator(".answer.live")).to_contain_text("Slowly")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    pause.set()
    expect(page.locator(".answer").last).to_contain_text("word by word.")
    expect(page.locator(".answer").last).to_contain_text(re.compile(r"memor|passage"))
    expect(page.get_by_role("button", name="Send")).to_be_visible()


@pytest.mark.parametrize(
    ("stop", "words"), [("length", "Ask for the rest"), ("refusal", "declined to go on")]
)
def test_an_answer_that_did_not_end_of_itself_says_so_then_and_later(
    stage: Stage, page: Page, stop: str, words: str
) -> None:
    stage.llm.will(Says("I was about to", stop=stop))
    say(page, "Tell me everything.")
    expect(page.locator(".answer").last).to_contain_text(words)
    page.reload()
    expect(page.locator(".answer").last).to_contain_text(words)


def _is_at_rest(page: Page, place: Locator) -> bool:
    """Whether it stands where it stood two frames ago."""
    before = place.bounding_box()
    page.evaluate(
        "() => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))"
    )
    return place.bounding_box() == before


def test_a_question_stays_where_it_is_while_its_answer_grows(stage: Stage, page: Page) -> None:
    pause = stage.pause()
    stage.llm.will(Says("Begin. " + "More and more words follow here. " * 120, wait=pause))
    say(page, "Stay where you are.")
    expect(page.locator(".answer.live")).to_contain_text("Begin")
    question = page.locator(".question").last
    until(lambda: _is_at_rest(page, question))
    before = question.bounding_box()
    pause.set()
    expect(page.get_by_role("button", name="Send")).to_be_visible()

    assert before is not None
    assert question.bounding_box() == before


def test_finished_blocks_are_not_drawn_again(stage: Stage, page: Page) -> None:
    pause = stage.pause()
    stage.llm.will(Says("First.\n\nSecond block.\n\nThird one.", wait=pause))
    say(page, "Three blocks.")
    first = page.locator(".answer.live .block p").first
    expect(first).to_have_text("First.")
    first.evaluate("node => { node.firstChild.mine = true }")
    pause.set()

    last = page.locator(".answer").last
    expect(last).to_contain_text("Third one.")
    expect(last.get_by_role("button", name="Copy answer")).to_be_attached()
    assert last.locator(".block p").first.evaluate("node => node.firstChild.mine") is True


def test_stopping_keeps_what_was_said_and_offers_to_ask_again(stage: Stage, page: Page) -> None:
    stage.llm.will(Says("Only this much was said.", wait=stage.pause()), Says("Whole now."))
    say(page, "Stop me.")
    expect(page.locator(".answer.live")).to_contain_text("Only")
    page.get_by_role("button", name="Stop").click()

    expect(page.get_by_text("Stopped here.")).to_be_visible()
    expect(page.locator(".answer").last).to_contain_text("Only")
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator(".answer").last).to_contain_text("Whole now.")
    expect(page.get_by_text("Stopped here.")).to_have_count(0)


def test_a_failed_answer_says_why_and_can_be_asked_for_again(stage: Stage, page: Page) -> None:
    lost = ModelUnavailable("The model is overloaded. Wait a minute.", code="llm_unavailable")
    stage.llm.will(Fails(lost), Says("Here it is."))
    say(page, "Fail once.")

    expect(page.get_by_text("The model is overloaded. Wait a minute.")).to_be_visible()
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator(".answer").last).to_contain_text("Here it is.")
    expect(page.get_by_text("The model is overloaded.")).to_have_count(0)


def test_a_failure_can_be_mended_after_a_reload(stage: Stage, page: Page) -> None:
    stage.llm.will(Fails(ModelUnavailable("Gone for now.")), Says("Back again."))
    say(page, "Fail before the reload.")
    expect(page.get_by_text("Gone for now.")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Ask again").click()

    expect(page.locator(".answer").last).to_contain_text("Back again.")


def test_a_reload_goes_on_with_the_running_answer(stage: Stage, page: Page) -> None:
    pause = stage.pause()
    stage.llm.will(Says("Before and after the reload.", wait=pause))
    say(page, "Reload in between.")
    expect(page.locator(".answer.live")).to_contain_text("Before")
    page.reload()

    expect(page.locator(".answer.live")).to_contain_text("Before")
    pause.set()
    expect(page.locator(".answer").last).to_contain_text("Before and after the reload.")
    expect(page.locator(".question").filter(has_text="Reload in between.")).to_have_count(1)
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def test_another_tab_shows_the_running_answer_and_sends_after_it(
    stage: Stage, page: Page, visit: Opener
) -> None:
    pause = stage.pause()
    stage.llm.will(Says("Long answer of the first tab.", wait=pause), Says("Second tab's turn."))
    other = visit()
    composer(other)
    say(page, "From the first tab.")
    expect(page.locator(".answer.live")).to_contain_text("Long")
    say(other, "From the second tab.")
    expect(other.locator(".answer.live")).to_contain_text("Long")
    pause.set()

    expect(other.locator(".answer").last).to_contain_text("Second tab's turn.")
    expect(other.locator(".unsent")).to_have_count(0)


def test_a_draft_outlives_a_reload(page: Page) -> None:
    page.get_by_label("Your message").fill("Not finished yet")
    page.reload()

    expect(page.get_by_label("Your message")).to_have_value("Not finished yet")


def test_what_is_sent_to_nobody_is_kept_and_goes_when_the_server_is_back(
    stage: Stage, page: Page
) -> None:
    composer(page)
    expect(page.locator("[popovertarget=status]")).to_contain_text("Everything works")
    page.context.set_offline(True)
    say(page, "Sent into the void.")
    expect(page.get_by_text("MIRA is not answering. Your message is kept here")).to_be_visible()
    expect(page.locator(".unsent")).to_contain_text("Sent into the void.")
    page.context.set_offline(False)

    expect(page.locator(".answer").last).to_contain_text("I heard: Sent into the void.")
    expect(page.locator(".question").filter(has_text="Sent into the void.")).to_have_count(1)
    expect(page.get_by_text("MIRA is not answering")).to_have_count(0)
    assert len(stage.llm.requests) > 0


def test_what_waits_outlives_the_tab(page: Page) -> None:
    composer(page)
    page.evaluate(
        """() => localStorage.setItem("mira.outbox", JSON.stringify([
            {key: crypto.randomUUID(), text: "Written yesterday.", at: new Date().toISOString()}]))"""
    )
    page.reload()

    expect(page.locator(".answer").last).to_contain_text("I heard: Written yesterday.")
    assert page.evaluate("localStorage.getItem('mira.outbox')") is None


def test_a_message_whose_first_try_arrived_is_not_sent_twice(stage: Stage, page: Page) -> None:
    composer(page)
    stage.llm.will(Says("Seen once."))
    stage.say("Arrived although nobody saw it.", key="a-key-of-this-test")
    page.evaluate(
        """() => localStorage.setItem("mira.outbox", JSON.stringify([{key: "a-key-of-this-test",
            text: "Arrived although nobody saw it.", at: new Date().toISOString()}]))"""
    )
    page.reload()

    arrived = page.locator(".question").filter(has_text="Arrived although nobody saw it.")
    expect(page.locator(".answer").last).to_contain_text("Seen once.")
    expect(page.locator(".unsent")).to_have_count(0)
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    expect(arrived).to_have_count(1)
    page.reload()
    expect(arrived).to_have_count(1)


def test_a_refused_message_can_be_taken_back(page: Page) -> None:
    say(page, "x" * 200_001)

    expect(page.locator(".unsent .problem")).to_contain_text(re.compile(r"\w+"))
    page.get_by_role("button", name="Take back to edit").click()
    expect(page.get_by_label("Your message")).to_have_value(re.compile(r"^x+$"))
    expect(page.locator(".unsent")).to_have_count(0)


def test_an_answer_is_drawn_as_it_is_meant(stage: Stage, page: Page) -> None:
    stage.llm.will(Says(RICH))
    say(page, "Show me everything.")
    answer = page.locator(".answer").last

    expect(answer.get_by_role("heading", name="Plan")).to_be_visible()
    expect(answer.locator(".code-language")).to_have_text("python")
    expect(answer.get_by_role("table")).to_contain_text("shirts")
    expect(answer.locator("ol > li")).to_have_count(2)
    expect(answer.locator("img")).to_have_count(0)
    expect(answer.get_by_role("link", name="Picture: a cat")).to_have_attribute(
        "href", "https://example.org/cat.png"
    )


def test_code_can_be_copied_and_wrapped(stage: Stage, visit: Opener) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    stage.llm.will(Says(RICH))
    say(page, "Some code please.")
    code = page.locator(".answer").last.locator(".code")
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    code.get_by_role("button", name="Copy").click()
    expect(code.get_by_role("button", name="Copied")).to_be_visible()
    code.get_by_role("button", name="Wrap lines").click()

    expect(code.get_by_role("button", name="Wrap lines")).to_have_attribute("aria-pressed", "true")
    assert str(page.evaluate("navigator.clipboard.readText()")).startswith("def add(a: int")


def test_a_line_break_is_shift_enter(page: Page) -> None:
    field = page.get_by_label("Your message")
    field.fill("one")
    field.press("Shift+Enter")
    field.type("two")

    expect(field).to_have_value("one\ntwo")


def test_the_page_says_when_the_built_in_model_answers(page: Page) -> None:
    expect(page.locator(".composer")).to_contain_text("Built-in model, for trying out")


def test_the_live_region_says_whole_sentences(stage: Stage, page: Page) -> None:
    composer(page)
    page.evaluate(
        """() => { window.heard = [];
            new MutationObserver(() => heard.push(document.querySelector("[data-said]").textContent))
                .observe(document.querySelector("[data-said]"), {childList: true, subtree: true, characterData: true}); }"""
    )
    stage.llm.will(Says("This is one. This is two. And three"))
    say(page, "Speak to me.")
    expect(page.locator("[data-said]")).to_contain_text("Answer complete.")

    heard = page.evaluate("heard")
    assert len(heard) <= 5
    assert "This is one." in " ".join(heard)


def test_a_document_is_named_where_it_was_said(stage: Stage, visit: Opener) -> None:
    data = base64.b64encode(b"%PDF-1.7\n%%EOF").decode()
    source = {"type": "base64", "media_type": "application/pdf", "data": data}
    lease = {"type": "document", "source": source, "title": "Lease of the flat"}
    asked = {"message": [lease], "stream": False}
    stage.llm.will(Says("It ends in May."))
    httpx.post(f"{stage.url}/api/chat", json=asked, timeout=30).raise_for_status()
    page = visit()

    question = page.locator(".question").last
    expect(question).to_contain_text("Document: Lease of the flat")
    expect(question.locator(".bubble")).to_have_count(0)
    expect(page.locator(".answer").last).to_contain_text("It ends in May.")
