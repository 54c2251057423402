"""Which platform a command speaks to, and how it is reached. Without Typer, which the usual board does without."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from headway.cli.exits import ExitCode, fail, refuse

if TYPE_CHECKING:
    from headway.config.settings import Settings
    from headway.connectors.first_look import FirstLook
    from headway.connectors.headway import HeadwayConnector
    from headway.platform.folder import DataFolder


@dataclass(frozen=True, slots=True)
class Place:
    """Which platform a command speaks to, as flags, the environment and the configuration say."""

    url: str | None = None
    """The address that was named; None for the platform of the data folder."""
    data: Path | None = None
    name: str = ""
    """The context that this is, if any."""
    read_only: bool = False
    settings: Settings | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Place:
        """What the settings come to. Ends the command where they cannot be used."""
        from headway.config.errors import ConfigError

        try:
            named, chosen, read_only = settings.platform_url, settings.context, settings.read_only
        except ConfigError as error:
            refuse(error)
        folder = settings.value("data")
        return cls(
            url=named,
            data=Path(folder).expanduser() if folder else None,
            name=chosen.name if chosen else "",
            read_only=read_only,
            settings=settings,
        )

    def folder(self) -> DataFolder:
        """The data folder, whether or not it is there yet."""
        from headway.platform.folder import DataFolder

        return DataFolder(self.data or default_data_folder())

    def token(self) -> str | None:
        """HEADWAY_TOKEN, else the context's token file, else the admin token in the data folder.

        That last one is for the platform that runs on the folder; no other address ever gets it, whoever named it. Ends
        the command where the token file cannot be used.
        """
        from headway.config.errors import ConfigError

        try:
            token = self.settings.token if self.settings else None
        except ConfigError as error:
            refuse(error, "Nothing was sent.")
        return token or (self.folder().token() if self.url is None or self._of_folder() else None)

    def _of_folder(self) -> str | None:
        """The address of the platform that runs on the data folder, where no other was named."""
        running = self.folder().running()
        if running is None or self.name:
            return None
        return running.url if self.url is None or _origin(self.url) == _origin(running.url) else None

    def running_url(self) -> str | None:
        """Where the platform is: as told, else as announced in the data folder."""
        # As it was announced: what `localhost` is said to be may be another program's.
        return self._of_folder() or self.url

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[HeadwayConnector]:
        """A connector to the platform; ends the command where none is known to run."""
        url = self.running_url()
        if url is None:
            fail(
                f"no platform is running for {self.folder().path}. Start one with `headway serve` or `headway`, "
                "or name one with --url or --context.",
                ExitCode.NOT_REACHABLE,
            )
        connector = open_connector(url, self.token(), read_only=self.read_only)
        try:
            yield connector
        finally:
            await connector.aclose()


def _origin(url: str) -> tuple[str, str | None, int | None] | None:
    """Scheme, host and port, `localhost` as the address it should be; None for what is no address."""
    try:
        parts = urlsplit(url)
        host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
        return parts.scheme, host, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None


def default_data_folder() -> Path:
    """Where this account's own platform keeps its data, unless something else was set."""
    from platformdirs import user_data_path

    return user_data_path("headway", appauthor=False)


def open_connector(
    url: str,
    token: str | None,
    *,
    read_only: bool = False,
    find: Callable[[], str | None] | None = None,
    first: FirstLook | None = None,
) -> HeadwayConnector:
    """A connector to our platform at `url`; a read-only one never sends what could change something.

    `find` says where the platform is when it is lost.
    """
    import random

    from headway.connectors.headway import HeadwayConnector
    from headway.net.clock import SystemClock
    from headway.net.gathering import A_FRAME

    rng = random.Random()  # noqa: S311 - jitter
    return HeadwayConnector(
        url, token, clock=SystemClock(), rng=rng, read_only=read_only, find=find, gather=A_FRAME, first=first
    )
