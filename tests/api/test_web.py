"""The page's files."""

import pytest
from fastapi.testclient import TestClient


def test_the_page_is_served_under_a_strict_policy(client: TestClient) -> None:
    answer = client.get("/")
    policy = answer.headers["content-security-policy"]
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/app/main.js", "/app/worker.mjs"])
def test_modules_are_served_as_javascript(client: TestClient, path: str) -> None:
    assert client.get(path).headers["content-type"] == "text/javascript; charset=utf-8"


def test_a_file_that_did_not_change_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/app/main.js")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/app/main.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_file_can_be_asked_for_its_head(client: TestClient) -> None:
    answer = client.head("/app/main.js")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/app/notes.py",
        "/.hidden.js",
        "/app",
        "/app/",
        "/app/none.js",
        "/app/leak.js",
        "/../secret.js",
        "/%2e%2e/secret.js",
        "/..%2fsecret.js",
        "/app/%2e%2e/%2e%2e/secret.js",
        "/%5c..%5csecret.js",
        "//etc/hosts.js",
        "/%00.js",
        "/app/" + "x" * 300 + ".js",
    ],
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
