"""Who gets past the door, and how everyone else is told no."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api.body import LARGEST
from tests.fakes.app import PORT, Edge, World, running

PROBLEM = {"type", "title", "status", "detail", "code", "retryable"}
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "host",
    [
        f"127.0.0.1:{PORT}",
        f"localhost:{PORT}",
        f"LocalHost:{PORT}",
        f"127.8.8.8:{PORT}",
        f"[::1]:{PORT}",
    ],
)
def test_loopback_names_at_the_right_port_are_served(client: TestClient, host: str) -> None:
    assert client.get("/health/live", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost",
        "localhost:9999",
        "localhost:x",
        f"evil.example:{PORT}",
        f"localhost.evil.example:{PORT}",
        f"user@localhost:{PORT}",
        f"192.168.1.5:{PORT}",
        f"[fe80::1]:{PORT}",
        f"[::1:{PORT}",
        f"localhost:{PORT}/x",
        f"2130706433:{PORT}",
    ],
)
def test_every_other_host_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/health/live", headers={"host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "host_not_allowed")


def test_two_hosts_are_refused(client: TestClient) -> None:
    here = f"localhost:{PORT}"
    answer = client.get("/health/live", headers=[("host", here), ("host", here)])
    assert answer.json()["code"] == "host_not_allowed"


@pytest.mark.parametrize("host", ["mira.example", "MIRA.example:443", "other.example:8443"])
def test_names_that_were_allowed_are_served(world: World, web_dir: Path, host: str) -> None:
    allowed = ("mira.example", "other.example:8443")
    with running(world, web_dir, allowed_hosts=allowed) as edge:
        assert edge.client.get("/health/live", headers={"host": host}).status_code == 200
        origin = {"host": "mira.example", "origin": "https://mira.example"}
        assert edge.client.get("/health/live", headers=origin).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        f"http://localhost:{PORT}",
        "http://127.0.0.1",
        "http://127.0.0.1:3000",
        f"file://127.0.0.1:{PORT}",
        f"http://127.0.0.1:{PORT}.evil.example",
    ],
)
def test_another_origin_is_refused_even_for_reading(client: TestClient, origin: str) -> None:
    answer = client.get("/api/about", headers={"origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")


def test_the_page_itself_is_heard(client: TestClient) -> None:
    headers = {"origin": f"http://127.0.0.1:{PORT}", "sec-fetch-site": "same-origin"}
    answer = client.post("/api/memories", json={"text": "Tea."}, headers=headers)
    assert answer.status_code == 201


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_changes_nothing(client: TestClient, site: str) -> None:
    answer = client.post("/api/memories", json={"text": "x"}, headers={"sec-fetch-site": site})
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")
    assert client.get("/api/memories").json()["items"] == []


def test_a_link_from_another_site_opens_the_page(client: TestClient) -> None:
    assert client.get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 200


def test_a_websocket_is_refused(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/api/chat"):
        pass


@pytest.mark.parametrize("path", ["/api/nothing", "/nothing", "/api/memories/", "/health"])
def test_an_unknown_address_is_a_problem(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert set(answer.json()) == PROBLEM
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/api/memories", "GET, POST"),
        ("PUT", "/api/memories/0192d3c4-1111-4c3d-9e4f-5a6b7c8d9e0f", "DELETE, GET, PATCH"),
        ("GET", "/api/chat", "POST"),
        ("POST", "/api/search", "GET"),
        ("POST", "/app/main.js", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_every_right_one(
    client: TestClient, method: str, path: str, allow: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == allow


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_a_body_that_is_not_json_is_refused(client: TestClient, content_type: str) -> None:
    answer = client.post("/api/memories", content=b"text=x", headers={"content-type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "invalid_json"),
        (b'{"text": }', "invalid_json"),
        (b'{"text": "\xff"}', "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b'{"text": ' + b"9" * 5000 + b"}", "invalid_json"),
        (b'{"text": "\\ud800"}', "validation_failed"),
        (b'{"\\ud800": 1}', "validation_failed"),
        (b'{"text": "x", "' + b"k" * 9000 + b'": 1}', "validation_failed"),
        (b'{"text": NaN}', "validation_failed"),
        (b"", "validation_failed"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(client: TestClient, body: bytes, code: str) -> None:
    answer = client.post("/api/memories", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert len(answer.content) < 2000


def test_json_that_breaks_says_where(client: TestClient) -> None:
    answer = client.post("/api/memories", content=b'{"text": }', headers=JSON)
    assert "character 9" in answer.json()["detail"]


def test_a_body_that_says_it_is_too_large_is_refused(client: TestClient) -> None:
    answer = client.post("/api/chat", content=b"x" * (LARGEST + 1), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_file_to_import_may_be_larger_than_any_other_body(client: TestClient) -> None:
    larger = b"x" * (LARGEST + 1)
    assert client.post("/api/import", files={"file": larger}).status_code == 202
    told = {"content-length": str(10**10)}
    answer = client.post("/api/import", content=b"", headers=told)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_body_that_grows_too_large_is_refused(client: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(27):
            yield b"x" * 2**20

    answer = client.post("/api/chat", content=pieces(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_mistake_of_our_own_shows_nothing_of_itself(world: World, web_dir: Path) -> None:
    def broken() -> dict[str, object]:
        raise RuntimeError("the secret word")

    with running(world, web_dir, about=broken) as edge:
        answer = edge.client.get("/api/about")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/api/about", "/health/live", "/api/nothing"])
def test_no_answer_is_kept_framed_or_sniffed(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_openapi_knows_problems_and_nothing_of_422(edge: Edge) -> None:
    schema = edge.client.get("/openapi.json").json()
    assert "HTTPValidationError" not in json.dumps(schema)
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert "422" not in operation["responses"], (method, path)
            problem = operation["responses"]["400"]["content"]["application/problem+json"]
            assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_every_model_on_the_wire_carries_an_example_or_is_part_of_one(edge: Edge) -> None:
    schema = edge.app.openapi()
    for operations in schema["paths"].values():
        for operation in operations.values():
            for response in operation["responses"].values():
                for content in response.get("content", {}).values():
                    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
                    if name and not name.startswith("Listing"):
                        assert schema["components"]["schemas"][name]["examples"], name
