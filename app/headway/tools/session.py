"""What the tools of one workspace share: settings, journal, HTTP client, clock, and the tasks that run beside."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx

from headway.core.clock import Clock
from headway.net.clock import SystemClock
from headway.net.guard import Guard, Refused
from headway.net.http import open_client
from headway.net.tasks import Tasks
from headway.tools.journal import Journal, journal_path
from headway.tools.settings import ToolSettings


def new_id() -> str:
    """A new random id."""
    return str(uuid4())


@dataclass(frozen=True, slots=True)
class Session:
    """Opened by `open_session`; what is begun in `background` ends with it."""

    settings: ToolSettings
    journal: Journal
    http: httpx.AsyncClient
    """For the platform, and for agents behind its gateway: requests to its origin, and to no other, carry the
    workspace's id and token."""
    outside: httpx.AsyncClient
    """For agents elsewhere: it carries no token anywhere, and dials public addresses and what `ToolSettings.allow`
    names. To the platform's origin it sends nothing: only a card can have led there."""
    clock: Clock
    rng: random.Random
    new_id: Callable[[], str]
    background: Tasks

    def client_for(self, agent_url: str) -> httpx.AsyncClient:
        """The client that talks to an agent: by the URL that the caller or the platform gave, never by its card's."""
        home = self.settings.platform_url
        try:
            at_home = home is not None and _origin(httpx.URL(agent_url)) == _origin(httpx.URL(home))
        except httpx.InvalidURL:
            # Asking there fails, and says why.
            at_home = False
        return self.http if at_home else self.outside


@asynccontextmanager
async def open_session(
    settings: ToolSettings,
    *,
    journal: Path | None = None,
    clock: Clock | None = None,
    rng: random.Random | None = None,
    ids: Callable[[], str] = new_id,
) -> AsyncIterator[Session]:
    """Open the journal (that of the workspace, unless a path is given) and a client, and close them after the block.

    Raises JournalLocked and JournalUnavailable.
    """
    async with AsyncExitStack() as stack:
        opened = await Journal.open(journal or journal_path(settings.workspace_id, settings.data_folder))
        stack.push_async_callback(opened.aclose)
        http, outside = (
            open_client(guard=Guard(allowed, remedy="A2A_ALLOW={}"))
            for allowed in (settings.allowances(), settings.allow)
        )
        stack.push_async_callback(http.aclose)
        stack.push_async_callback(outside.aclose)
        http.event_hooks = {"request": [_signer(settings)]}
        outside.event_hooks = {"request": [_fence(settings)]}
        background = Tasks()
        stack.push_async_callback(background.end)
        yield Session(
            settings,
            opened,
            http,
            outside,
            clock or SystemClock(),
            rng or random.Random(),  # noqa: S311 - jitter
            ids,
            background,
        )


def _signer(settings: ToolSettings) -> Callable[[httpx.Request], object]:
    """Adds who is calling to requests to the platform's own address; whatever a card says, no other gets the token."""
    home = httpx.URL(settings.platform_url) if settings.platform_url is not None else None

    async def sign(request: httpx.Request) -> None:
        if home is None or _origin(request.url) != _origin(home):
            return
        if settings.workspace_id is not None:
            request.headers.setdefault("X-Workspace-ID", settings.workspace_id)
        if settings.workspace_token is not None:
            request.headers.setdefault("Authorization", f"Bearer {settings.workspace_token}")

    return sign


def _fence(settings: ToolSettings) -> Callable[[httpx.Request], object]:
    """Keeps an agent elsewhere from having us call the platform's own routes, by naming one as where it listens."""
    home = httpx.URL(settings.platform_url) if settings.platform_url is not None else None

    async def refuse(request: httpx.Request) -> None:
        if home is not None and _origin(request.url) == _origin(home):
            raise Refused("its card names the platform's address as its own")

    return refuse


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port or {"http": 80, "https": 443}.get(url.scheme)
