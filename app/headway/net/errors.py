"""What can go wrong while HTTP is read: a small hierarchy, each saying what happened."""

from __future__ import annotations


class NetError(Exception):
    """An exchange over HTTP did not give what was asked for; the text says what happened."""


class BadStatus(NetError):
    """The server answered with a status that is not a success."""

    def __init__(self, status: int, excerpt: str) -> None:
        super().__init__(f"HTTP {status}: {excerpt}" if excerpt else f"HTTP {status}")
        self.status = status
        self.excerpt = excerpt


class NotAllowed(BadStatus):
    """401 or 403: the token is missing, wrong or too weak; asking again will not help."""


class CursorGone(BadStatus):
    """410: the events after Last-Event-ID are no longer held; a new snapshot must be taken."""


class WrongContent(NetError):
    """The body is of another type or encoding than the one asked for."""


class TooLarge(NetError):
    """A body, line or event passed its limit; reading was stopped there."""


class Silent(NetError):
    """Not a byte came for longer than the limit."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"silent for {seconds:g} s")
        self.seconds = seconds
