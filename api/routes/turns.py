"""Why did you say that? The trace of a turn."""

from fastapi import APIRouter

from api.schemas.conversation import TurnShown
from api.schemas.problem import problems
from api.services import Edge
from cns.domain.message import TurnId

router = APIRouter(tags=["traces"])


@router.get("/api/turns/{turn_id}", summary="What an answer rests on", responses=problems(404))
def turn(services: Edge, turn_id: TurnId) -> TurnShown:
    """The touchstone, what came to mind and why, what was cited, the prompt, calls, timings, cost.

    `considered` holds what was `shown` and the best of what was passed over, with the reason why;
    `considered_total` says how many candidates recall weighed in all.

    `usage` and `cost_usd` are of all calls that the turn made of models, broken and stopped ones
    and the touchstone's among them; `spent` tells them by purpose and model.
    """
    return TurnShown.of(services.store.turn(turn_id), services.spending.calls_for(turn_id))
