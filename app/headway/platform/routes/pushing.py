"""`/push`: an agent says that there is news of a task of ours."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request

from headway.core.api import Push, PushTaken
from headway.platform.auth import bearer_token
from headway.platform.routes.asking import Bearer, Served, accepts, body_of, refuses

router = APIRouter(prefix="/push", tags=["gateway"])


@router.post(
    "/{delegation_id}", response_model=PushTaken, openapi_extra=accepts(Push), responses=refuses(400, 404, 413)
)
async def push(
    request: Request,
    delegation_id: str,
    platform: Served,
    x_a2a_notification_token: Annotated[str | None, Header()] = None,
    _documented: Bearer = None,
) -> PushTaken:
    """Take a push: its agent is asked how the task stands. The token is the one that the agent got with the task.

    What the body says of the task is not believed.
    """
    authorization = request.headers.get("authorization")
    token = x_a2a_notification_token
    if token is None and authorization is not None:
        token = bearer_token(authorization)
    news = platform.pushes.authorize(delegation_id, token)
    await body_of(Push, request, platform)
    news.set()
    return PushTaken(asked=True)
