"""The OpenAPI description as one plain page: every route, its fields, an example of each."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
body { color: #222; background: #fdfcfa } h2 { margin-top: 3rem } h3 { margin: 2rem 0 0 }
code, pre { font: 13px/1.5 ui-monospace, monospace } pre { overflow-x: auto; padding: .75rem }
pre { background: #f2efe9; border-radius: 6px } table { border-collapse: collapse; width: 100% }
td, th { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0 }
@media (prefers-color-scheme: dark) { body { color: #e8e4df; background: #1b1918 }
pre { background: #282523 } a { color: #8fc7bf } }
"""
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; frame-ancestors 'none'"
Json = Mapping[str, Any]


def page(description: Json) -> str:
    """The whole page."""
    info = description["info"]
    title = escape(f"{info['title']} {info['version']}")
    return "\n".join(
        (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{STYLE}</style><h1>{title}</h1>",
            *(f"<p>{escape(part)}</p>" for part in info["description"].split("\n\n")),
            '<p>For programs: <a href="openapi.json">openapi.json</a>.</p>',
            *_sections(description),
            "</html>",
        )
    )


def _sections(description: Json) -> Iterator[str]:
    tag = ""
    routes = [
        (operation["tags"][0], path, method, operation)
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
    ]
    for section, path, method, operation in sorted(routes, key=lambda route: route[:2]):
        if section != tag:
            tag = section
            yield f"<h2>{escape(tag.capitalize())}</h2>"
        yield f"<h3><code>{method.upper()} {escape(path)}</code></h3>"
        yield f"<p>{escape(operation['summary'])}. {escape(operation.get('description', ''))}</p>"
        yield from _parameters(operation.get("parameters", []))
        yield from _body(description, operation)
        yield from _responses(description, operation["responses"])


def _parameters(parameters: list[Json]) -> Iterator[str]:
    if not parameters:
        return
    yield "<table><tr><th>Parameter<th>In<th>Meaning</tr>"
    for given in parameters:
        name = escape(given["name"]) + ("" if given["required"] else "?")
        said = escape(given.get("description", given["schema"].get("description", "")))
        yield f"<tr><td><code>{name}</code><td>{escape(given['in'])}<td>{said}</tr>"
    yield "</table>"


def _body(description: Json, operation: Json) -> Iterator[str]:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield _shown("Body", example(description, content))


def _responses(description: Json, responses: Json) -> Iterator[str]:
    refusals = []
    for status, response in responses.items():
        if not status.startswith("2"):
            refusals.append(f"<code>{status}</code>")
            continue
        for kind, content in response.get("content", {}).items():
            yield _shown(f"{status} {kind}", example(description, content))
    yield f"<p>Refusals, as problem objects: {', '.join(refusals)}</p>"


def _shown(caption: str, given: object) -> str:
    if given is None:
        return ""
    text = given if isinstance(given, str) else json.dumps(given, indent=2, ensure_ascii=False)
    return f"<p>{escape(caption)}</p><pre>{escape(text)}</pre>"


def example(description: Json, content: Json) -> object:
    """The example of a body: its own, its model's, or a list of its items'."""
    if "example" in content:
        return content["example"]
    schema = _resolved(description, content.get("schema", {}))
    if "examples" in schema:
        return schema["examples"][0]
    if schema.get("type") == "array":
        return [example(description, {"schema": schema["items"]})]
    items = schema.get("properties", {}).get("items", {}).get("items")
    if items is None:
        return None
    return {"items": [example(description, {"schema": items})], "next_cursor": None}


def _resolved(description: Json, schema: Json) -> Json:
    for option in (schema, *schema.get("anyOf", ())):
        if "$ref" in option:
            name = option["$ref"].rpartition("/")[2]
            found: Json = description["components"]["schemas"][name]
            return found
    return schema
