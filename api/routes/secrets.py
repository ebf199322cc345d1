"""Keys of providers and tools: set and deleted here, never read back."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.schemas.base import Listing
from api.schemas.problem import WITH_BODY, problems
from api.schemas.secrets import SecretAsked, SecretShown
from api.services import Edge
from cns.secrets import NAME

router = APIRouter(prefix="/api/secrets", tags=["operations"])
Name = Annotated[
    str,
    Path(
        description="As `anthropic_key`, or `tool/name` for a tool's own.",
        examples=["anthropic_key"],
        json_schema_extra={"pattern": f"^{NAME}$"},  # refused in words, by the service
    ),
]


@router.get("", summary="Which secrets are set")
def secrets(services: Edge) -> Listing[SecretShown]:
    """The known names and the stored ones; no value is ever told."""
    return Listing(items=[SecretShown.of(state) for state in services.secrets.list()])


@router.put("/{name:path}", summary="Set a secret", responses=problems(*WITH_BODY))
def put(services: Edge, name: Name, asked: SecretAsked) -> SecretShown:
    """Kept in the store; `overridden` says when the environment's is in force all the same."""
    return SecretShown.of(services.secrets.put(name, asked.value.get_secret_value()))


@router.delete("/{name:path}", summary="Delete a secret", responses=problems(404))
def delete(services: Edge, name: Name) -> SecretShown:
    """From the store; one that the environment or `mira.toml` holds stays in force."""
    return SecretShown.of(services.secrets.delete(name))
