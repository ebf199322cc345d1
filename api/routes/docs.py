"""The reference of every route, for people."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.reference import POLICY, page

router = APIRouter()


@router.get("/docs", include_in_schema=False)
def docs(request: Request) -> HTMLResponse:
    """One page, made from the same types that the routes are checked by."""
    return HTMLResponse(page(request.app.openapi()), headers={"content-security-policy": POLICY})
