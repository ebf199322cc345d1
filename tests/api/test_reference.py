"""The page that lists every route."""

import json
import re

from fastapi.testclient import TestClient

from api.reference import example
from tests.fakes.app import Edge


def test_the_reference_lists_every_route(edge: Edge) -> None:
    shown = edge.client.get("/docs")
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    for path, operations in edge.app.openapi()["paths"].items():
        for method in operations:
            assert f"<code>{method.upper()} {path}</code>" in shown.text


def test_the_reference_asks_nothing_of_the_network(client: TestClient) -> None:
    shown = client.get("/docs")
    assert "<script" not in shown.text
    assert re.findall(r'(?:href|src)="([^"]*)"', shown.text) == ["openapi.json"]
    assert "default-src 'none'" in shown.headers["content-security-policy"]


def test_every_body_and_every_answer_has_an_example(edge: Edge) -> None:
    description = edge.app.openapi()
    for path, operations in description["paths"].items():
        for operation in operations.values():
            bodies = [operation["requestBody"]] if "requestBody" in operation else []
            answers = [a for status, a in operation["responses"].items() if status < "3"]
            for content in (kind for part in bodies + answers for kind in part["content"].values()):
                assert example(description, content) is not None, path


def test_an_example_of_a_list_is_a_list_of_its_items(edge: Edge) -> None:
    description = edge.app.openapi()
    answer = description["paths"]["/api/segments"]["get"]["responses"]["200"]
    shown = example(description, answer["content"]["application/json"])
    assert '"title": "Ada\'s move to Leeds"' in json.dumps(shown)
