"""An incognito turn leaves no byte behind: every file that the program has written is searched."""

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2 import extensions, sql

from tests.application import Application, Said, application, stream_events, wired
from tests.fakes.llm import Calls, Says
from tests.fakes.llm_server import Behaviour, ErrorEvent, FakeLLMServer, Stalls, Status
from tests.waiting import until

pytestmark = [pytest.mark.postgres, pytest.mark.valkey]

KEPT = "zwunderkammör"
SECRET = "qvogelsängar"
PNG = b"\x89PNG\r\n\x1a\n" + f"....{SECRET}....".encode()
PDF = f"%PDF-1.7\n% {SECRET}\n%%EOF".encode()
TABLES = """
SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name
FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
AND tablename <> 'job_runs'  -- when the scheduled jobs ran last
"""
ROWS = "SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {} t"

QUESTION = f"Where did I hide the {SECRET}?"
ANSWER = Says(f"Under the {SECRET}.", thinking=f"The {SECRET}?")
ECHOING = Status(400, message=f"cannot read: {QUESTION}", code=SECRET)
SEARCH = Calls("continuumsearch_tool", {"query": SECRET}, text=f"I look for the {SECRET}.")
WRONG = Calls("continuumsearch_tool", {"query": SECRET, "limit": SECRET})
UNKNOWN = Calls(SECRET, {SECRET: SECRET})
HISTORY = [{"role": "user", "content": SECRET}, {"role": "assistant", "content": SECRET}]


def block(kind: str, media_type: str, data: bytes, **rest: str) -> dict[str, Any]:
    source = {"type": "base64", "media_type": media_type, "data": base64.b64encode(data).decode()}
    return {"type": kind, "source": source, **rest}


FILES = [
    {"type": "text", "text": QUESTION},
    block("image", "image/png", PNG),
    block("document", "application/pdf", PDF, title=f"{SECRET}.pdf"),
]


def test_no_byte_of_an_incognito_turn_is_found_anywhere() -> None:
    settings = {"MIRA_LOG__LEVEL": "debug", "MIRA_LLM__RETRIES": "0"}
    with FakeLLMServer() as llm, application(**wired(llm, "anthropic"), **settings) as app:
        remember(app)
        before = settled(app)
        for behaviours, body in turns():
            llm.will(*behaviours)
            told = whispered(app, body)
            assert told[0].name == "turn_started"
            assert len(llm.queue) == 0, (body, told[-1])
        stopped(app, llm)
        refused(app)
        assert rows(app) == before
        app.stop()
        everything = app.data_dir.parent
        assert traces(everything, KEPT), "the search finds nothing at all"
        assert traces(everything, SECRET) == []


def turns() -> Iterator[tuple[tuple[Behaviour, ...], dict[str, Any]]]:
    """What the model does, and what is asked."""
    plain = {"message": QUESTION}
    yield (ANSWER,), plain
    yield (ANSWER,), {**plain, "stream": False}
    yield (ANSWER,), {**plain, "thinking": 2048, "incognito_history": HISTORY}
    yield (SEARCH, WRONG, UNKNOWN, ANSWER), plain
    yield (ANSWER,), {"message": FILES}
    yield (ECHOING,), plain
    yield (ErrorEvent(ANSWER),), {**plain, "stream": False}


def remember(app: Application) -> None:
    """A memory and a turn that are kept, so that there is something to recall and to find."""
    with app.client() as client:
        added = client.post("/api/memories", json={"text": f"The {KEPT} and its key are hidden."})
        assert added.status_code == 201, added.text
    assert app.turn(f"Where did I hide the {KEPT}?")[-1].name == "turn_completed"


def whispered(app: Application, body: Mapping[str, Any]) -> list[Said]:
    """The events of an incognito turn, the answer told whole as if it were the last of two."""
    asked = {"incognito": True, **body}
    with app.client() as client, client.stream("POST", "/api/chat", json=asked) as answer:
        if body.get("stream", True):
            return list(stream_events(answer.iter_lines()))
        answer.read()
        ended = Said(0, "turn_completed", answer.json())
        return [Said(0, "turn_started", {}), ended]


def stopped(app: Application, llm: FakeLLMServer) -> None:
    llm.will(Stalls(Says(ANSWER.text)))
    asked = {"message": QUESTION, "incognito": True}
    with app.client() as client, client.stream("POST", "/api/chat", json=asked) as answer:
        events = stream_events(answer.iter_lines())
        turn_id = next(events).data["turn_id"]
        next(event for event in events if event.name == "text_delta")
        assert client.post(f"/api/chat/{turn_id}/cancel").status_code == 202
        assert next(e for e in events if e.name == "turn_completed").data["text"]


def refused(app: Application) -> None:
    with app.client() as client:
        body = {"message": QUESTION, "incognito": True, SECRET: SECRET}
        assert client.post("/api/chat", json=body).status_code == 400


def settled(app: Application) -> dict[str, object]:
    """Every table's rows, once what follows the kept turn is done."""
    until(lambda: rows(app)["public.text_changes"] == (0, None), 30)
    until(lambda: rows(app) == rows(app), 30)
    return rows(app)


def rows(app: Application) -> dict[str, object]:
    """How many rows each table has, and a digest of all that stands in them."""
    sockets = str(app.data_dir / "run")
    dsn = extensions.make_dsn(None, host=sockets, port="5432", user="postgres", dbname="mira")
    connection = psycopg2.connect(dsn)
    try:
        with connection.cursor() as cursor:
            cursor.execute(TABLES)
            names = [str(name) for (name,) in cursor.fetchall()]
            return {name: _content(cursor, name) for name in names}
    finally:
        connection.close()


def _content(cursor: extensions.cursor, table: str) -> object:
    cursor.execute(sql.SQL(ROWS).format(sql.SQL(table)))
    return cursor.fetchone()


def traces(folder: Path, word: str) -> list[str]:
    """The files in which a word stands, in whichever guise."""
    guises = [guise.lower() for guise in guises_of(word)]
    return [
        str(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
        for content in [path.read_bytes().lower()]
        if any(guise in content for guise in guises)
    ]


def guises_of(word: str) -> Iterator[bytes]:
    """Plain, without its accent, in UTF-16, JSON-escaped, and in base64 at each of its offsets."""
    plain = word.encode()
    yield from (plain, word[:9].encode(), word.encode("utf-16-le"), word.encode("utf-16-be"))
    yield json.dumps(word)[1:-1].encode()
    for offset in range(3):
        coded = base64.b64encode(b"." * offset + plain)
        yield coded[4 if offset else 0 : len(plain) * 4 // 3 - 4]
