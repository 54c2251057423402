"""Where a platform of ours is, and the paths of what it has."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from headway.connectors.errors import NotFound, NotReachable
from headway.core.text import clean_line
from headway.core.urls import http_url

if TYPE_CHECKING:
    from headway.connectors.connector import DelegationRef

_PLAIN_HOSTS: Final = ("127.0.0.1", "::1", "localhost")
"""Hosts that are known to be ones without asking the HTTP client, which takes its time to load."""


def checked_address(base_url: str) -> str:
    """The address without a slash at its end. Raises `NotReachable` for what is no plain http or https address."""
    parts = http_url(base_url)
    usable = parts is not None and not ("@" in parts.netloc or parts.query or parts.fragment)
    is_plain = parts is not None and (parts.hostname or "") in _PLAIN_HOSTS
    if not usable or not (is_plain or _is_callable(base_url)) or clean_line(base_url) != base_url:
        raise NotReachable(
            "The address of the platform is not one.", next_step="Give one such as http://127.0.0.1:8787, nothing more."
        )
    return base_url.rstrip("/")


def _is_callable(url: str) -> bool:
    """The client's own idea of a host is stricter: it would fail on some names at the first call."""
    import httpx

    try:
        return bool(httpx.URL(url).host)
    except (ValueError, httpx.InvalidURL):
        return False


def tls_for(address: str) -> ssl.SSLContext | bool:
    """Reading the certificates of this system takes its time. A context without any trusts nobody."""
    return True if address.lower().startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def path_of(delegation: DelegationRef, verb: str) -> str:
    """The path of something that is done with a delegation, or asked of it."""
    return f"/workspaces/{segment(delegation.source_id)}/delegations/{segment(delegation.delegation_id)}/{verb}"


def segment(text: str) -> str:
    """One segment of a path, which no id can leave. Raises `NotFound` for what names nothing."""
    if not text.strip("."):
        raise NotFound("That is not the id of anything.", next_step="List what is there and check the id.")
    return quote(text, safe="")
