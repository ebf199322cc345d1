"""Domain knowledge: one block of text a subject, in the prompt while it is on."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.schemas.base import Listing
from api.schemas.knowledge import (
    BlockAsked,
    BlockEdit,
    BlockErased,
    BlockShown,
    BlocksShown,
    RestoreAsked,
    VersionShown,
)
from api.schemas.problem import WITH_BODY, problems
from api.services import Edge
from lt_memory.domain.knowledge import LABEL

router = APIRouter(prefix="/api/domain-knowledge", tags=["context"])
Label = Annotated[
    str, Path(pattern=f"^{LABEL}$", description="The block's label.", examples=["baking"])
]


@router.get("", summary="List blocks of domain knowledge")
def blocks(services: Edge) -> BlocksShown:
    """By label, all of them; `writer` says who keeps them up to date, or why nobody does."""
    states = services.knowledge.list()
    return BlocksShown(
        items=[BlockShown.of(state) for state in states], writer=services.knowledge.writer
    )


@router.post("", summary="Begin a block", status_code=201, responses=problems(409, *WITH_BODY))
def add(services: Edge, asked: BlockAsked) -> BlockShown:
    """Its words are its first version. 409 (`label_taken`) when the label is in use."""
    return BlockShown.of(services.knowledge.add(asked.as_new()))


@router.get("/{label}", summary="Read a block", responses=problems(404))
def block(services: Edge, label: Label) -> BlockShown:
    return BlockShown.of(services.knowledge.get(label))


@router.patch("/{label}", summary="Change a block", responses=problems(404, *WITH_BODY))
def edit(services: Edge, label: Label, asked: BlockEdit) -> BlockShown:
    """Other content is a new version. One switched on takes in what is said from then on."""
    return BlockShown.of(services.knowledge.edit(label, asked.as_change()))


@router.delete("/{label}", summary="Delete a block", responses=problems(404))
def delete(services: Edge, label: Label) -> BlockErased:
    """Erases the block and every version of it. This cannot be undone."""
    return BlockErased(label=label, versions=services.knowledge.delete(label))


@router.get("/{label}/history", summary="How a block changed", responses=problems(404))
def history(services: Edge, label: Label) -> Listing[VersionShown]:
    """Every version, oldest first."""
    versions = services.knowledge.history(label)
    return Listing(items=[VersionShown.of(version) for version in versions])


@router.post(
    "/{label}/restore", summary="Go back to a version", responses=problems(404, *WITH_BODY)
)
def restore(services: Edge, label: Label, asked: RestoreAsked) -> BlockShown:
    """The words of that version, as a new one; the ones between stay in the history."""
    return BlockShown.of(services.knowledge.restore(label, asked.version))
