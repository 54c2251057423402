"""Agents that push: where they say that there is news of a task, and who is woken to ask them (spec: a2a; safety)."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from headway.a2a.dialects import PushTarget
from headway.core.text import clean_line
from headway.platform.auth import INVALID, MISSING
from headway.platform.errors import Missing, Unauthorized

PATH: Final = "/push"
_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Expected:
    """A delegation whose agent may push: where to, None where this platform takes no pushes; `news` wakes who asks."""

    target: PushTarget | None
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Pushes:
    """Who may push now, by delegation. In memory only: after a restart agents are asked at intervals instead."""

    def __init__(self, url: str | None, new_token: Callable[[], str]) -> None:
        self._url = url
        self._new_token = new_token
        self._expected: dict[str, Expected] = {}

    @contextmanager
    def expect(self, delegation_id: str) -> Iterator[Expected]:
        """Take pushes about a delegation while the block runs, under a secret of their own."""
        if self._url is None:
            yield Expected(None)
            return
        target = PushTarget(f"{self._url}{PATH}/{delegation_id}", self._new_token())
        mine = self._expected[delegation_id] = Expected(target)
        try:
            yield mine
        finally:
            if self._expected.get(delegation_id) is mine:
                del self._expected[delegation_id]

    def authorize(self, delegation_id: str, token: str | None) -> asyncio.Event:
        """Check a push; returns the event that has the agent asked. Raises Missing and Unauthorized."""
        expected = self._expected.get(delegation_id)
        if expected is None or expected.target is None:
            raise Missing("no agent is expected to push about such a task; nothing was changed")
        if not token:
            raise Unauthorized(MISSING)
        if not hmac.compare_digest(token.encode(), expected.target.token.encode()):
            raise Unauthorized(INVALID)
        return expected.news


@contextmanager
def expected(pushes: Pushes | None, delegation_id: str) -> Iterator[Expected]:
    """`Pushes.expect`, where there is one."""
    if pushes is None:
        yield Expected(None)
        return
    with pushes.expect(delegation_id) as mine:
        yield mine


def read_push_url(text: str) -> str:
    """Read the URL of this platform as agents reach it. Raises ValueError, whose text says what is wrong."""
    shown = repr(clean_line(text, limit=_SHOWN))
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError(f"{shown} is no URL") from None
    if not usable or parts.query or parts.fragment or "@" in parts.netloc or clean_line(text) != text:
        raise ValueError(f"{shown} is no http or https URL without user, query and fragment")
    return text.rstrip("/")
