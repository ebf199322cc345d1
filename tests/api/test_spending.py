"""What models cost, and a day with a ceiling, as a client sees them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cns.domain.spending import Prices
from cns.errors import ModelUnavailable
from config.settings import TouchstoneSettings
from tests.fakes.app import PRICE, Edge, World, running
from tests.fakes.llm import MODEL, USAGE, Calls, Fails, Says
from tests.fakes.toolbox import FakeToolbox

BROKEN = ModelUnavailable("The model broke off.", code="llm_stream_broken")
COST = PRICE.of(USAGE)  # of one call of the scripted model
TOKENS = {
    "input_tokens": 20,
    "output_tokens": 7,
    "cache_read_tokens": 5,
    "cache_write_tokens": 0,
}


def said(client: TestClient, message: str = "hello") -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/api/chat", json=asked(message)).json()
    return answer


def asked(message: str = "hello") -> dict[str, object]:
    return {"message": message, "stream": False}


def traced(client: TestClient, turn_id: str) -> dict[str, Any]:
    trace: dict[str, Any] = client.get(f"/api/turns/{turn_id}").json()
    return trace


def spending(client: TestClient, days: int = 30) -> dict[str, Any]:
    told: dict[str, Any] = client.get("/api/spending", params={"days": days}).json()
    return told


def test_before_anything_was_said_nothing_was_spent(client: TestClient) -> None:
    assert spending(client) == {
        "today": {
            "cost_usd": 0,
            "tokens": dict.fromkeys(TOKENS, 0),
            "calls": 0,
            "unknown_calls": 0,
            "estimated_calls": 0,
            "day": "2026-03-02",
            "counted_usd": 0,
            "ceiling_usd": None,
            "lifted_to": None,
            "background": "running",
            "turns": "running",
        },
        "days": [],
    }


def test_a_day_is_told_by_purpose_and_by_model(world: World, client: TestClient) -> None:
    world.llm.will(Says("Hello."), Says("Hello."))
    said(client)
    said(client)
    both = {
        "cost_usd": pytest.approx(2 * COST),
        "tokens": {name: 2 * count for name, count in TOKENS.items()},
        "calls": 2,
        "unknown_calls": 0,
        "estimated_calls": 0,
    }
    assert spending(client)["days"] == [
        {
            **both,
            "day": "2026-03-02",
            "by_purpose": [{**both, "purpose": "turn"}],
            "by_model": [{**both, "provider": "anthropic", "model": MODEL}],
        }
    ]


def test_an_unknown_price_is_said_to_be_unknown(world: World, client: TestClient) -> None:
    world.tariff = replace(world.tariff, prices=Prices(table={}))
    world.llm.will(Says("Hello."))
    assert said(client)["cost_usd"] is None
    today = spending(client)["today"]
    assert (today["cost_usd"], today["unknown_calls"], today["calls"]) == (None, 1, 1)
    assert today["counted_usd"] == pytest.approx(COST)


def test_only_the_days_that_were_asked_for_are_told(world: World, client: TestClient) -> None:
    world.llm.will(Says("Hello."), Says("Hello."))
    said(client)
    world.clock.move(timedelta(days=1))
    said(client)
    assert [day["day"] for day in spending(client, 2)["days"]] == ["2026-03-03", "2026-03-02"]
    assert [day["day"] for day in spending(client, 1)["days"]] == ["2026-03-03"]


@pytest.mark.parametrize("days", ["0", "367", "many"])
def test_a_number_of_days_that_makes_no_sense_is_refused(days: str, client: TestClient) -> None:
    answer = client.get("/api/spending", params={"days": days})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


def test_a_turn_tells_its_cost_and_its_trace_tells_it_by_call(
    world: World, client: TestClient
) -> None:
    world.toolbox = FakeToolbox()
    world.llm.will(Calls("weather"), Says("It rains."))
    completed = said(client)
    trace = client.get(f"/api/turns/{completed['turn_id']}").json()
    assert completed["cost_usd"] == trace["cost_usd"] == pytest.approx(2 * COST)
    assert [call["cost_usd"] for call in trace["model_calls"]] == [COST, COST]


def test_the_trace_tells_what_all_calls_of_the_turn_cost(web_dir: Path) -> None:
    world = World(about=TouchstoneSettings(deadline_seconds=20))
    world.llm.will(Says("Hello."))
    with running(world, web_dir) as edge:
        trace = traced(edge.client, said(edge.client)["turn_id"])
    one = {**TOKENS, "model": MODEL, "provider": "anthropic", "calls": 1, "estimated_calls": 0}
    assert trace["cost_usd"] == pytest.approx(2 * COST)
    assert trace["usage"] == {name: 2 * count for name, count in TOKENS.items()}
    assert trace["spent"] == [
        {**one, "purpose": "touchstone", "cost_usd": COST},
        {**one, "purpose": "turn", "cost_usd": COST},
    ]


def test_a_call_that_broke_off_is_among_them(world: World, client: TestClient) -> None:
    world.llm.will(Fails(BROKEN, after="I was about to say"))
    client.post("/api/chat", json=asked())
    turn_id = client.get("/api/messages").json()["items"][0]["turn_id"]
    trace = traced(client, turn_id)
    (broken,) = trace["spent"]
    assert (trace["state"], broken["calls"], broken["estimated_calls"]) == ("failed", 1, 1)
    assert trace["cost_usd"] == broken["cost_usd"] > 0
    assert trace["usage"]["output_tokens"] == broken["output_tokens"] > 0


def test_a_turn_with_one_call_of_unknown_price_has_no_known_cost(
    world: World, client: TestClient
) -> None:
    world.toolbox = FakeToolbox()
    world.llm.will(Calls("weather"), Says("It rains."))
    turn_id = said(client)["turn_id"]
    first = next(iter(world.spending.outlays.values()))
    world.spending.outlays[first.id] = replace(first, cost_usd=None)
    trace = traced(client, turn_id)
    assert (trace["cost_usd"], trace["spent"][0]["cost_usd"]) == (None, COST)


def test_a_turn_whose_calls_were_not_noted_tells_what_its_trace_knows(
    world: World, client: TestClient
) -> None:
    world.llm.will(Says("Hello."))
    turn_id = said(client)["turn_id"]
    world.spending.outlays.clear()
    trace = traced(client, turn_id)
    assert (trace["spent"], trace["cost_usd"]) == ([], COST)
    assert trace["usage"] == TOKENS


def test_a_stored_outcome_tells_its_cost_again(world: World, client: TestClient) -> None:
    world.llm.will(Says("Hello."))
    turn_id = said(client)["turn_id"]
    world.clock.move(timedelta(minutes=10))
    world.llm.will(Says("Hello."))
    said(client)  # what ended some minutes ago is forgotten
    stream = client.get(f"/api/chat/{turn_id}/events").text
    assert f'"cost_usd":{COST}' in stream.replace(" ", "")


# --- a day with a ceiling -------------------------------------------------------


@pytest.fixture
def narrow(world: World, web_dir: Any) -> Iterator[Edge]:
    """One whose ceiling a single call reaches."""
    world.tariff = replace(world.tariff, ceiling_usd=COST)
    with running(world, web_dir) as edge:
        yield edge


def test_at_the_ceiling_the_message_is_kept_and_the_model_is_not_asked(
    world: World, narrow: Edge
) -> None:
    world.llm.will(Says("Hello."))
    said(narrow.client)
    answer = narrow.client.post("/api/chat", json=asked("One thing more."))
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["retryable"]) == (
        429,
        "spending_ceiling",
        True,
    )
    assert problem["spent_usd"] == problem["ceiling_usd"] == pytest.approx(COST)
    newest = narrow.client.get("/api/messages").json()["items"][0]
    assert newest["text"] == "One thing more."
    assert len(world.llm.requests) == 1


def test_going_on_lets_the_retry_answer(world: World, narrow: Edge) -> None:
    world.llm.will(Says("Hello."), Says("Gladly."))
    said(narrow.client)
    failed = said(narrow.client, "One thing more.")
    lifted = narrow.client.post("/api/spending/continue", json={}).json()
    assert (lifted["lifted_to"], lifted["turns"]) == (pytest.approx(2 * COST), "running")
    again = narrow.client.post(f"/api/chat/{failed['turn_id']}/retry", json={"stream": False})
    assert again.json()["text"] == "Gladly."


def test_going_on_needs_no_body_and_changes_nothing_below_the_ceiling(client: TestClient) -> None:
    answer = client.post("/api/spending/continue")
    assert (answer.status_code, answer.json()["lifted_to"]) == (200, None)


def test_a_new_day_is_clean(world: World, narrow: Edge) -> None:
    world.llm.will(Says("Hello."), Says("Good morning."))
    said(narrow.client)
    assert said(narrow.client)["code"] == "spending_ceiling"
    world.clock.move(timedelta(days=1))
    assert said(narrow.client)["text"] == "Good morning."
