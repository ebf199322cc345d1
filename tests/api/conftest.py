"""The edge, ready to be asked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.fakes.app import Edge, World, running

PAGE = '<!doctype html><title>MIRA</title><script type="module" src="app/main.js"></script>'


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def web_dir(tmp_path: Path) -> Path:
    web = tmp_path / "web"
    (web / "app").mkdir(parents=True)
    (web / "index.html").write_text(PAGE, encoding="utf-8")
    (web / "app" / "main.js").write_text("export {};\n", encoding="utf-8")
    (web / "app" / "worker.mjs").write_text("export {};\n", encoding="utf-8")
    (web / "app" / "notes.py").write_text("secret = 1\n", encoding="utf-8")
    (web / ".hidden.js").write_text("secret\n", encoding="utf-8")
    (tmp_path / "secret.js").write_text("secret\n", encoding="utf-8")
    (web / "app" / "leak.js").symlink_to(tmp_path / "secret.js")
    return web


@pytest.fixture
def edge(world: World, web_dir: Path) -> Iterator[Edge]:
    with running(world, web_dir) as edge:
        yield edge


@pytest.fixture
def client(edge: Edge) -> TestClient:
    return edge.client
