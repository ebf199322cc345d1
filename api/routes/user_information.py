"""What stands in every prompt about the user."""

from fastapi import APIRouter

from api.schemas.problem import WITH_BODY, problems
from api.schemas.user_information import UserInformationAsked, UserInformationShown
from api.services import Edge

router = APIRouter(prefix="/api/user-information", tags=["context"])


@router.get("", summary="Read what is known about you")
def read(services: Edge) -> UserInformationShown:
    """Drawn from pinned memories and preferences by a background job, or written by hand."""
    return UserInformationShown.of(services.user_information.get())


@router.patch("", summary="Write it yourself", responses=problems(*WITH_BODY))
def edit(services: Edge, asked: UserInformationAsked) -> UserInformationShown:
    """From now on these words stand; no background job writes over them."""
    return UserInformationShown.of(services.user_information.edit(asked.text))


@router.delete("", summary="Let MIRA write it again")
def reset(services: Edge) -> UserInformationShown:
    """A list stands in their place at once, by a run: undone, it gives the words by hand back."""
    return UserInformationShown.of(services.user_information.reset())
