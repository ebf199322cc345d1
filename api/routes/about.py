"""Which MIRA this is."""

from fastapi import APIRouter

from api.schemas.house import AboutShown
from api.services import Edge

router = APIRouter(tags=["context"])


@router.get("/api/about", summary="Versions, model and parts")
def about(services: Edge) -> AboutShown:
    """Which model answers, and which parts come with MIRA or from elsewhere."""
    return AboutShown.model_validate({**services.about(), "version": services.version})
