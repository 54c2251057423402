"""What can be set for the tools, each with the variable that sets it (spec: agent-tools)."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from headway.core.naming import quoted
from headway.core.urls import http_url
from headway.net.addresses import Allowance
from headway.tools.errors import SettingsError

SEND_SECONDS: Final = 300
"""How long `a2a_send` waits for an agent to finish; its description says the same number (spec: requirements A1)."""
_MAX_SECONDS: Final = 366 * 86_400.0
_MAX_COUNT: Final = 1_000_000
_TOKEN: Final = re.compile("[!-~]{1,1024}")
_ID: Final = re.compile("[!-~]{1,256}")
_ROLE: Final = re.compile(r"[\w.:-]{1,64}")


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= _MAX_SECONDS:
        raise ValueError(f"must be a number of seconds above 0 and at most {_MAX_SECONDS:,.0f}, not {quoted(text)}")
    return value


def _pause(text: str) -> float:
    return 0.0 if text.strip() in ("0", "0.0") else _seconds(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 7 and 0 < int(text) <= _MAX_COUNT):
        raise ValueError(f"must be a whole number from 1 to {_MAX_COUNT:,}, not {quoted(text)}")
    return int(text)


def _off_or_seconds(text: str) -> float | None:
    return None if text.strip().casefold() in ("off", "0") else _seconds(text)


def _url(text: str) -> str:
    parts = http_url(text)
    bare = parts is not None and not ("@" in parts.netloc or parts.query or parts.fragment)
    if not bare or not text.isascii() or not _sendable(text):
        raise ValueError("must be an http or https URL without user, password, query or fragment")
    _own_address(text)
    return text.rstrip("/")


def _sendable(url: str) -> bool:
    """Whether a client can be asked to call there."""
    import httpx

    try:
        return bool(httpx.URL(url).host)
    except (httpx.InvalidURL, ValueError):
        return False


def _own_address(url: str) -> Allowance:
    """What allows the place that a URL names. Raises ValueError for one that nobody may dial."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return Allowance.parse(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


def _token(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise ValueError("must be visible ASCII characters without blanks")
    return text


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError("must be at most 256 visible ASCII characters without blanks: it goes out in a header")
    return text


def _roles(text: str) -> tuple[str, ...]:
    roles = tuple(dict.fromkeys(role for role in re.split(r"[,\s]+", text) if role))
    if strange := [role for role in roles if not _ROLE.fullmatch(role)]:
        raise ValueError(f"has a name that is no role: {quoted(strange[0])}")
    return roles


def _permissions(text: str) -> dict[str, tuple[str, ...]]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict) or not all(
        isinstance(actions, list) and all(isinstance(action, str) and _ROLE.fullmatch(action) for action in actions)
        for actions in given.values()
    ):
        raise ValueError('must be JSON such as {"auditor": ["delegate"]}: permissions by role')
    if strange := [role for role in given if not _ROLE.fullmatch(role)]:
        raise ValueError(f"has a name that is no role: {quoted(strange[0])}")
    return {role: tuple(actions) for role, actions in given.items()}


def _allowances(text: str) -> tuple[Allowance, ...]:
    return tuple(Allowance.parse(entry) for entry in re.split(r"[,\s]+", text) if entry)


def _folder(text: str) -> Path:
    if "\0" in text:
        raise ValueError("must be the path of a folder")
    return Path(text).expanduser()


VARIABLES: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "platform_url": ("PLATFORM_URL", _url),
    "workspace_id": ("WORKSPACE_ID", _id),
    "workspace_token": ("WORKSPACE_TOKEN", _token),
    "workspace_roles": ("WORKSPACE_ROLES", _roles),
    "delegation_attempts": ("DELEGATION_RETRY_ATTEMPTS", _count),
    "delegation_delay": ("DELEGATION_RETRY_DELAY", _pause),
    "delegation_timeout": ("DELEGATION_TIMEOUT", _seconds),
    "workspace_permissions": ("WORKSPACE_PERMISSIONS", _permissions),
    "kept_delegations": ("DELEGATIONS_KEPT", _count),
    "data_folder": ("HEADWAY_TOOLS_DATA", _folder),
    "allow": ("A2A_ALLOW", _allowances),
    "task_limit": ("A2A_TASK_LIMIT", _count),
    "silence_limit": ("A2A_SILENCE_LIMIT", _seconds),
    "sweep_every": ("A2A_SWEEP_EVERY", _seconds),
    "max_age": ("A2A_MAX_AGE", _off_or_seconds),
    "keep_finished": ("A2A_KEEP_FINISHED", _seconds),
    "kept_finished": ("A2A_KEPT_FINISHED", _count),
    "cancel_seconds": ("A2A_CANCEL_SECONDS", _seconds),
    "idle_seconds": ("A2A_IDLE_SECONDS", _seconds),
    "ask_patience": ("A2A_ASK_PATIENCE", _seconds),
}
"""For each setting the variable that sets it, and how its text is read."""


@dataclass(frozen=True, slots=True)
class ToolSettings:
    """Times are in seconds of the session's clock."""

    platform_url: str | None = None
    """The platform that delegations are recorded at and agents are looked up at; None is without one."""
    workspace_id: str | None = None
    """Who acts, as the platform knows it; the journal is one file for each."""
    workspace_token: str | None = field(default=None, repr=False)
    """What the platform knows the workspace by; it goes to the platform only and is never shown."""
    workspace_roles: tuple[str, ...] = ("operator",)
    """The roles that permissions follow from, separated by commas (spec: requirements B2)."""
    workspace_permissions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Roles of one's own, each with its permissions, as JSON: `{"auditor": ["delegate"]}` (spec: requirements B2)."""
    delegation_attempts: int = 3
    """How often a delegation is sent at most, on connect errors and timeouts (spec: requirements B5)."""
    delegation_delay: float = 5.0
    """The pause before the second attempt; before the third it is twice this, and so on. 0 is allowed."""
    delegation_timeout: float = 300.0
    """How long the target of a delegation may be silent before the attempt counts as timed out."""
    kept_delegations: int = 100
    """Delegations that can be asked about; only those that have ended are dropped (spec: requirements B8)."""
    data_folder: Path | None = None
    """Where the journals are; None is this account's data folder."""
    allow: tuple[Allowance, ...] = ()
    """Private and loopback addresses that agents may be at, such as `127.0.0.1:*, 10.0.0.0/8` (spec: safety)."""
    task_limit: int = 256
    """Tasks straight at agents that run at the same time, at most (spec: requirements A5)."""
    silence_limit: float = 7_200.0
    """A running task whose agent says nothing for so long is ended by the sweep (spec: requirements A6)."""
    sweep_every: float = 600.0
    """The pause between two sweeps (spec: requirements A6)."""
    max_age: float | None = None
    """What a task may take at most, however lively it is; None is for ever (spec: agent-tools)."""
    keep_finished: float = 86_400.0
    """How long a task that has ended can still be checked."""
    kept_finished: int = 1_000
    """How many of those are kept at most; the oldest go first."""
    cancel_seconds: float = 10.0
    """How long an agent is asked to cancel before the answer is that it did not confirm."""
    idle_seconds: float = 300.0
    """Without news for so long, an agent is asked how its task stands (spec: a2a, "Rules")."""
    ask_patience: float = 120.0
    """How long an agent that refuses connections is asked after a task that it has."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> ToolSettings:
        """Read the variables, those of this process unless others are given; an empty one counts as not set.

        Raises SettingsError, which names every variable that cannot be used and never a token.
        """
        given = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        problems: list[str] = []
        for name, (variable, read) in VARIABLES.items():
            if not (text := given.get(variable, "").strip()):
                continue
            try:
                values[name] = read(text)
            except ValueError as error:
                problems.append(f"{variable} {error}")
        if problems:
            raise SettingsError(problems)
        return cls(**values)

    def allowances(self) -> tuple[Allowance, ...]:
        """What may be dialled beside public addresses: `allow`, and the platform's own address."""
        return self.allow if self.platform_url is None else (*self.allow, _own_address(self.platform_url))
