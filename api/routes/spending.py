"""What models have cost, and leave to go on beyond the day's ceiling."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.schemas.spending import SpendingAsked, SpendingShown, TodayShown
from api.services import Edge

router = APIRouter(prefix="/api/spending", tags=["spending"])


@router.get("", summary="What models have cost")
def spending(services: Edge, asked: Annotated[SpendingAsked, Query()]) -> SpendingShown:
    """Today with its ceiling, and the latest days by purpose and by model, newest first.

    A call whose model has no known price has no cost: it is counted in `unknown_calls`, and a
    `cost_usd` beside it is that of the other calls alone (null where there are none).
    """
    today = services.spending.today()
    return SpendingShown.of(today, services.spending.sums(asked.days))


@router.post("/continue", summary="Go on today")
def go_on(services: Edge) -> TodayShown:
    """Lifts today's ceiling by one more, from what is spent; then retry the turn.

    While the ceiling is not reached, and where there is none, it changes nothing.
    """
    return TodayShown.of(services.spending.go_on())
