"""What can go wrong between a client and a platform, told to a person (spec: dashboard, "Truthful under failure")."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar, Final

NOTHING_CHANGED: Final = "Nothing was changed."


class Effect(Enum):
    """What a call does there, which decides what its failure leaves in doubt."""

    READS = "reads"
    CHANGES = "changes"


class ConnectorError(Exception):
    """A call that did not succeed: `what` happened, what was `unchanged`, and the `next_step` a person can take.

    `reason` is a word or two of it, for a line that has room for no more. `exit_code` is the family of the failure on
    the command line (spec: dashboard, "Around it"). All texts are clean and bounded, and never hold a token.
    """

    exit_code: ClassVar[int] = 1
    usual_reason: ClassVar[str] = "failed"

    def __init__(
        self, what: str, *, unchanged: str = NOTHING_CHANGED, next_step: str = "", reason: str | None = None
    ) -> None:
        super().__init__(what)
        self.what = what
        self.unchanged = unchanged
        self.next_step = next_step
        self.reason = reason or self.usual_reason

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.unchanged, self.next_step) if part)


class NotReachable(ConnectorError):
    """The platform was surely not reached: refused, unknown name, no connection in time."""

    usual_reason = "not reachable"
    exit_code = 3


class NotAllowed(ConnectorError):
    """The token is missing or unknown (`needs_token`), or does not allow this."""

    exit_code = 4

    def __init__(self, what: str, *, needs_token: bool = False, next_step: str = "") -> None:
        super().__init__(what, next_step=next_step, reason="token not accepted" if needs_token else "not allowed")
        self.needs_token = needs_token


class NotFound(ConnectorError):
    """No such delegation or workspace."""

    usual_reason = "not found"
    exit_code = 5


class Conflict(ConnectorError):
    """What was asked does not fit what is: already finished, an id prefix that several share."""

    usual_reason = "conflict"
    exit_code = 5


class Refused(ConnectorError):
    """The platform understood and said no: an invalid request, or it cannot do it now."""

    usual_reason = "refused by the platform"


class BadAnswer(ConnectorError):
    """The platform answered something that cannot be read."""

    usual_reason = "unreadable answer"


class Unsupported(ConnectorError):
    """This platform has no such thing; `Connector.capabilities` says so beforehand."""

    usual_reason = "unsupported"


class OutcomeUnknown(ConnectorError):
    """The request was sent and no answer came: it may have been carried out. Re-read before doing it again."""

    usual_reason = "no answer"


class CursorGone(ConnectorError):
    """The platform cannot go on from this cursor: take a new snapshot."""

    usual_reason = "events no longer kept"
