"""Whether MIRA lives, and whether it can serve."""

from http import HTTPStatus

from fastapi import APIRouter, Response

from api.schemas.house import Alive, Readiness
from api.services import Edge

router = APIRouter(prefix="/health", tags=["operations"])


@router.get("/live", summary="Is the server up?")
async def live() -> Alive:
    """Answers without asking any part, even while all of them are busy."""
    return Alive()


@router.get(
    "/ready",
    summary="Is every part well?",
    responses={
        503: {"description": "A part that MIRA cannot do without is lost.", "model": Readiness}
    },
)
def ready(services: Edge, response: Response) -> Readiness:
    """Each part with how long it took to answer. 503 when a required one is lost."""
    shown = Readiness.of(services.parts())
    if shown.status == "unavailable":
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return shown
