"""Settings: each as it stands, chosen while MIRA runs, and providers tried out."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.schemas.problem import WITH_BODY, problems
from api.schemas.settings import SettingsAsked, SettingsShown, TrialAsked, TrialShown
from api.services import Edge

router = APIRouter(tags=["settings"])
TryFirst = Annotated[
    bool,
    Query(
        alias="try",
        description="Ask another model for a few tokens before it is put in service; false takes"
        " it unseen.",
    ),
]


@router.get("/api/settings", summary="Every setting as it stands")
def settings(services: Edge) -> SettingsShown:
    """Its value, who has the last word on it, what it may be, and when a change holds."""
    return SettingsShown.of(services.desk)


@router.patch("/api/settings", summary="Choose settings", responses=problems(409, *WITH_BODY))
def choose(services: Edge, asked: SettingsAsked, try_first: TryFirst = True) -> SettingsShown:  # noqa: FBT002 - FastAPI names it in the address
    """All of them, or none; what need not wait for a restart holds at once.

    The model that answers is only exchanged for one that answers too; keys are set at
    `/api/secrets`.
    """
    services.desk.change(asked.root, try_first=try_first)
    return SettingsShown.of(services.desk)


@router.post("/api/providers/test", summary="Try a provider out", responses=problems(*WITH_BODY))
def try_out(services: Edge, asked: TrialAsked) -> TrialShown:
    """It is really asked for a few tokens, which a provider may charge for."""
    return TrialShown.of(services.desk.try_out(asked.as_candidate()))
