"""Options that several commands share, and how a command finds its platform."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headway.cli.exits import ExitCode, fail

if TYPE_CHECKING:
    from headway.connectors.headway import HeadwayConnector
    from headway.platform.folder import DataFolder

Url = Annotated[
    str | None, typer.Option("--url", help="The platform's address; else HEADWAY_URL, else the data folder's.")
]
Data = Annotated[Path | None, typer.Option("--data", help="The data folder; else HEADWAY_DATA, else this account's.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


@dataclass(frozen=True, slots=True)
class Place:
    """Which platform a command speaks to, as the options and the environment say."""

    url: str | None = None
    data: Path | None = None

    @classmethod
    def of(cls, context: typer.Context, url: str | None, data: Path | None) -> Place:
        """Options of the command come before options of `headway` itself, and those before the environment."""
        outer = context.find_object(cls) or cls()
        return cls(
            url=url or outer.url or os.environ.get("HEADWAY_URL") or None,
            data=data or outer.data or _path(os.environ.get("HEADWAY_DATA")),
        )

    def folder(self) -> DataFolder:
        """The data folder, whether or not it is there yet."""
        from headway.platform.folder import DataFolder

        if self.data is not None:
            return DataFolder(self.data)
        from platformdirs import user_data_path

        return DataFolder(user_data_path("headway", appauthor=False))

    def token(self) -> str | None:
        """HEADWAY_TOKEN, else the admin token in the data folder."""
        return os.environ.get("HEADWAY_TOKEN") or self.folder().token()

    def running_url(self) -> str | None:
        """Where the platform is: as told, else as announced in the data folder."""
        if self.url is not None:
            return self.url
        running = self.folder().running()
        return running.url if running else None

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[HeadwayConnector]:
        """A connector to the platform; ends the command where none is known to run."""
        url = self.running_url()
        if url is None:
            fail(
                f"no platform is running for {self.folder().path}. Start one with `headway serve` or `headway`, "
                "or name one with --url.",
                ExitCode.NOT_REACHABLE,
            )
        connector = open_connector(url, self.token())
        try:
            yield connector
        finally:
            await connector.aclose()


def open_connector(url: str, token: str | None) -> HeadwayConnector:
    """A connector to our platform at `url`."""
    import random

    from headway.connectors.headway import HeadwayConnector
    from headway.net.clock import SystemClock

    return HeadwayConnector(url, token, clock=SystemClock(), rng=random.Random())  # noqa: S311 - jitter


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None
