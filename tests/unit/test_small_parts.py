"""Problems, named SQL and health."""

from pathlib import Path

import pytest

from cns.errors import (
    Conflict,
    MiraError,
    Misconfigured,
    ModelUnavailable,
    NotFound,
    ToolRetry,
    Unavailable,
)
from cns.ports import Part
from cns.problems import INTERNAL, as_json, problem
from cns.services.health import probed
from cns.sql import Prepared, as_halfvec, load_queries


@pytest.mark.parametrize(
    ("error", "status", "code", "retryable"),
    [
        (NotFound("There is none."), 404, "not_found", False),
        (ModelUnavailable("It is away."), 503, "llm_unavailable", True),
        (
            ModelUnavailable("Refused.", code="llm_refused", retryable=False),
            503,
            "llm_refused",
            False,
        ),
        (Conflict("Wait.", code="turn_in_progress"), 409, "turn_in_progress", False),
    ],
)
def test_an_error_is_shown_by_its_nearest_class(
    error: MiraError,
    status: int,
    code: str,
    retryable: bool,
) -> None:
    shown = problem(error)
    assert (shown.status, shown.code, shown.retryable) == (status, code, retryable)
    assert shown.detail == error.detail


@pytest.mark.parametrize("error", [MiraError("x"), Misconfigured("x"), ToolRetry("x")])
def test_an_error_that_is_not_for_people_is_a_mistake_of_ours(error: MiraError) -> None:
    assert problem(error) is INTERNAL


def test_a_problem_is_an_object_with_its_extra_fields() -> None:
    shown = as_json(problem(Conflict("Wait.", extra={"turn_id": "7"})))
    assert shown == {
        "type": "about:blank",
        "title": "Something changed first",
        "status": 409,
        "detail": "Wait.",
        "code": "conflict",
        "retryable": False,
        "turn_id": "7",
    }


def test_queries_are_found_by_name(tmp_path: Path) -> None:
    path = tmp_path / "queries.sql"
    path.write_text("-- a note\n-- name: one\nSELECT 1\n\n-- name: two\nSELECT\n    2\n")
    assert load_queries(path) == {"one": "SELECT 1", "two": "SELECT\n    2"}


def test_a_query_that_is_asked_often_is_planned_once(tmp_path: Path) -> None:
    path = tmp_path / "queries.sql"
    path.write_text("-- prepared: one\nSELECT 1\n-- name: two\nSELECT 2\n")
    found = load_queries(path)
    assert found == {"one": "SELECT 1", "two": "SELECT 2"}
    assert [isinstance(query, Prepared) for query in found.values()] == [True, False]


def test_two_queries_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "queries.sql"
    path.write_text("-- name: one\nSELECT 1\n-- name: one\nSELECT 2\n")
    with pytest.raises(ValueError, match=r"queries\.sql"):
        load_queries(path)


def test_a_vector_is_written_as_the_database_reads_it() -> None:
    assert as_halfvec([0.5, -1.0, 0.1]) == "[0.5, -1.0, 0.0999755859375]"


def test_a_part_that_answers_is_well() -> None:
    part = probed("database", lambda: "18.1")
    assert (part.name, part.ok, part.detail) == ("database", True, "18.1")
    assert part.latency_ms >= 0


def test_a_part_that_raises_is_lost() -> None:
    def probe() -> str:
        raise Unavailable("It is away.")

    assert probed("cache", probe) == Part(name="cache", ok=False, detail="It is away.")
