"""`kill -9` in the middle of an import: the job goes on at the next start, and ends alike."""

import json
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.application import Application, application
from tests.waiting import until

pytestmark = [pytest.mark.campaign, pytest.mark.postgres, pytest.mark.valkey]

SAMPLE, FULL = 1, 20
MESSAGES = 400  # of an import: more than a batch
SESSIONS = 20
SYLLABLES = ("ka", "lo", "mi", "ne", "pu", "ra", "se", "ti", "vo", "zu")
AT_ONCE = 0.3  # of the kills come some moment after the sending, the others when so much is done
PATIENCE = 120.0
NO_MODEL = {"MIRA_LLM__PROVIDER": "local", "MIRA_MEMORY__EXTRACTION": "off"}
BEGAN = datetime(2024, 8, 1, 10, 0, tzinfo=UTC)


def told(number: int, chance: random.Random) -> Sequence[Mapping[str, str]]:
    """The messages of one file, not in the order in which they were said; some stand twice."""
    said = [
        {
            "role": chance.choice(["user", "assistant"]),
            "content": " ".join(["".join(chance.choices(SYLLABLES, k=3)) for _ in range(8)]),
            "created_at": (BEGAN + timedelta(days=number, minutes=place)).isoformat(),
            "external_id": f"{number}:{place}",
            "session": f"{number}:{place * SESSIONS // MESSAGES}",
        }
        for place in range(MESSAGES)
    ]
    said += chance.choices(said, k=5)
    chance.shuffle(said)
    return said


def lines(said: Sequence[Mapping[str, str]]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in said) + b"no message\n"


def send(client: httpx.Client, content: bytes) -> str:
    answer = client.post("/api/import", files={"file": ("plums.jsonl", content)})
    assert answer.status_code == 202, answer.text
    job_id: str = answer.json()["job_id"]
    return job_id


def job(client: httpx.Client, job_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = client.get(f"/api/jobs/{job_id}").json()
    return shown


def result(client: httpx.Client, job_id: str) -> Mapping[str, Any]:
    until(lambda: job(client, job_id)["state"] in ("done", "failed"), PATIENCE)
    shown = job(client, job_id)
    assert shown["state"] == "done", shown
    found: Mapping[str, Any] = shown["result"]
    return found


def wait_to_kill(client: httpx.Client, job_id: str, chance: random.Random) -> str:
    """Where in the import the kill is to meet it."""
    if chance.random() < AT_ONCE:
        time.sleep(chance.random())
    else:
        goal = chance.randrange(MESSAGES)
        until(
            lambda: job(client, job_id)["done"] >= goal or job(client, job_id)["state"] == "done",
            PATIENCE,
        )
        time.sleep(chance.random() * 0.3)
    shown = job(client, job_id)
    return "done" if shown["state"] == "done" else f"{100 * shown['done'] // MESSAGES} %"


def check(client: httpx.Client, number: int, said: Sequence[Mapping[str, str]]) -> None:
    """All of the file is there once, in its chapters, in the order in which it was said."""
    day = BEGAN + timedelta(days=number)
    kept: list[Mapping[str, Any]] = []
    asked: dict[str, Any] = {
        "limit": 200,
        "after": (day - timedelta(minutes=1)).isoformat(),
        "before": (day + timedelta(days=1, minutes=-1)).isoformat(),
    }
    while True:
        page = client.get("/api/messages", params=asked).json()
        kept += page["items"]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
    once = {each["external_id"]: each for each in said}
    expected = sorted(once, key=lambda key: int(key.partition(":")[2]), reverse=True)
    assert [message["external_id"] for message in kept] == expected
    chapters = Counter(message["segment_id"] for message in kept)
    assert sorted(chapters.values()) == [MESSAGES // SESSIONS] * SESSIONS
    for chapter_id, count in chapters.items():
        chapter = client.get(f"/api/segments/{chapter_id}").json()
        assert (chapter["status"], chapter["message_count"]) == ("collapsed", count)
        assert chapter["summary"]
    for place in (0, MESSAGES // 2, MESSAGES - 1):
        found = client.get(
            "/api/search", params={"q": once[f"{number}:{place}"]["content"], "kinds": "message"}
        ).json()
        assert found["items"][0]["external_id"] == f"{number}:{place}"


def test_an_import_that_is_killed_goes_on_and_ends_alike(
    long: bool, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(seed)
    met: list[str] = []
    with application(**NO_MODEL) as app:
        for number in range(FULL if long else SAMPLE):
            kills = 1 + (number % 3 == 2)
            met += one(app, number, kills, chance)
    with capsys.disabled():
        print(  # noqa: T201 - the evidence
            f"\nImports killed: {len(met)} kills, met at {', '.join(met)}; all of it kept once,"
            f" the same job done; seed {seed}"
        )


def one(app: Application, number: int, kills: int, chance: random.Random) -> Sequence[str]:
    said = told(number, chance)
    content, met = lines(said), []
    with app.client() as client:
        job_id = send(client, content)
        for _ in range(kills):
            met.append(wait_to_kill(client, job_id, chance))
            app.kill()
            app.start()
        finished = result(client, job_id)
        assert (finished["added"], finished["existing"]) == (MESSAGES, 5)
        assert [each["item"] for each in finished["skipped"]] == [f"line {len(said) + 1}"]
        check(client, number, said)
        again = result(client, send(client, content))
        assert (again["added"], again["existing"]) == (0, MESSAGES + 5)
    assert not list((app.data_dir / "imports").iterdir())
    return met
