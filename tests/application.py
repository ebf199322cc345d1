"""The real program as a process of its own, and a client that reads its streams."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx

from tests.fakes.llm_server import FakeLLMServer
from tests.servers import temporary_folder

CHECKOUT = Path(__file__).resolve().parent.parent
PATIENCE = 90.0
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # without this, each client reads all certificates
SCRUBBED = ("MIRA_", "ANTHROPIC_", "OPENAI_", "OLLAMA_", "COV", "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True, slots=True)
class Said:
    """One event of a turn's stream."""

    number: int
    name: str
    data: dict[str, Any]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def stream_events(lines: Iterator[str]) -> Iterator[Said]:
    """Server-Sent Events out of lines."""
    fields: dict[str, str] = {}
    for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif fields:
            yield Said(int(fields["id"]), fields["event"], json.loads(fields["data"]))
            fields = {}


class Running(Protocol):
    """A process, as `subprocess.Popen` shows it."""

    def poll(self) -> int | None: ...

    def terminate(self) -> None: ...

    def send_signal(self, number: int, /) -> None: ...

    def wait(self, timeout: float) -> int: ...


@dataclass(slots=True)
class Application:
    """MIRA on a data directory and a port."""

    data_dir: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: Running | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.data_dir.parent / "mira.log"

    def start(self, *, ready: bool = True) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(SCRUBBED)}
        environment = {
            **kept,
            "MIRA_DATA_DIR": str(self.data_dir),
            "MIRA_SERVER__PORT": str(self.port),
            **self.settings,
        }
        self.process = self.spawned(environment)
        if ready:
            self.wait_until_ready()

    def spawned(self, environment: Mapping[str, str]) -> Running:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "main.py"],
                cwd=CHECKOUT,
                env=environment,
                stdout=log,
                stderr=log,
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"MIRA ended at its start:\n{self.words()}")
            try:
                ready = httpx.get(f"{self.url}/health/ready", timeout=2, verify=NO_TLS)
                if ready.status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"MIRA is not ready after {PATIENCE} s:\n{self.words()}")

    def words(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        if self.process is None:
            return 0
        self.process.terminate()
        code = self.process.wait(timeout=60)
        self.process = None
        return code

    def kill(self) -> None:
        """As `kill -9` does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(timeout=30)
            self.process = None

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60, verify=NO_TLS)

    def turn(self, message: str) -> list[Said]:
        """Say something; every event of the answer."""
        with (
            self.client() as client,
            client.stream("POST", "/api/chat", json={"message": message}) as answer,
        ):
            if answer.status_code != 200:
                raise AssertionError(answer.read().decode())
            return list(stream_events(answer.iter_lines()))

    def messages(self) -> list[dict[str, str]]:
        """All that was said, oldest first."""
        found: list[dict[str, str]] = []
        cursor: str | None = None
        with self.client() as client:
            while True:
                asked = {"limit": 200} | ({"cursor": cursor} if cursor else {})
                page = client.get("/api/messages", params=asked).json()
                found += page["items"]
                cursor = page["next_cursor"]
                if cursor is None:
                    return found[::-1]

    def collapse(self) -> dict[str, Any]:
        """End the chapter and wait for what follows; the job's result."""
        with self.client() as client:
            started = client.post("/api/segments/active/collapse")
            assert started.status_code == 202, started.text
            return self.job(client, started.json()["job_id"])

    def job(self, client: httpx.Client, job_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            job: dict[str, Any] = client.get(f"/api/jobs/{job_id}").json()
            if job["state"] in ("done", "failed"):
                assert job["state"] == "done", (job, self.words())
                result: dict[str, Any] = job["result"]
                return result
            time.sleep(0.05)
        raise AssertionError(f"job {job_id} did not end: {self.words()}")


def wired(server: FakeLLMServer, provider: str) -> dict[str, str]:
    """The settings that point MIRA at a local server which speaks a vendor's protocol."""
    return {
        "MIRA_LLM__PROVIDER": provider,
        "MIRA_LLM__BASE_URL": server.url if provider == "anthropic" else f"{server.url}/v1",
        "MIRA_LLM__API_KEY": "test-key",
        "MIRA_LLM__MODEL": "test-model",
    }


@contextmanager
def application(**settings: str) -> Iterator[Application]:
    """A running MIRA with a data directory of its own, gone afterwards."""
    with temporary_folder() as folder:
        app = Application(folder / "data", settings)
        try:
            app.start()
            yield app
        finally:
            app.stop()
