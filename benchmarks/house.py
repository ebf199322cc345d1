"""A running MIRA for benchmarks, asked by its own doors: import and search."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from benchmarks.baselines import DEPTH
from tests.application import Application, application, stream_events

LASTING = 3600.0  # seconds that an import may take
NO_MODEL = {"MIRA_LLM__PROVIDER": "local", "MIRA_MEMORY__EXTRACTION": "off"}


@dataclass(frozen=True, slots=True)
class House:
    """A MIRA with a data directory of its own."""

    client: httpx.Client

    def bring(self, messages: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """Import messages and wait until they can be found; the job's result."""
        lines = "".join(json.dumps(message) + "\n" for message in messages)
        started = self.client.post(
            "/api/import",
            files={"file": ("messages.jsonl", io.BytesIO(lines.encode()))},
            data={"format": "messages"},
        )
        started.raise_for_status()
        path = f"/api/jobs/{started.json()['job_id']}"
        with self.client.stream("GET", f"{path}/events", timeout=LASTING) as told:
            for _ in stream_events(told.iter_lines()):
                pass
        job: dict[str, Any] = self.client.get(path).json()
        if job["state"] != "done":
            raise SystemExit(f"the import failed: {job['error']}")
        result: dict[str, Any] = job["result"]
        return result

    def search(self, question: str, **more: str | int) -> list[dict[str, Any]]:
        """The hits, best first."""
        asked = {"q": question, "kinds": "message", "limit": DEPTH, **more}
        answer = self.client.get("/api/search", params=asked).raise_for_status().json()
        items: list[dict[str, Any]] = answer["items"]
        return items

    def rank(self, question: str) -> list[str]:
        return [hit["external_id"] or "" for hit in self.search(question)]


@contextmanager
def house() -> Iterator[House]:
    """One that has just moved in: nobody has said anything yet, and no model is asked."""
    with application(**NO_MODEL) as app, _client(app) as client:
        yield House(client)


def _client(app: Application) -> httpx.Client:
    return app.client()
