"""What the model would be told next."""

from fastapi import APIRouter

from api.schemas.house import PromptShown
from api.services import Edge

router = APIRouter(tags=["context"])


@router.get("/api/prompt", summary="See the prompt of the next turn")
def prompt(services: Edge) -> PromptShown:
    """Its sections besides history, with their sizes."""
    return PromptShown.of(services.prompt())
