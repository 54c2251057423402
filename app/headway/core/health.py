"""How a workspace is, by what its runtime reports (spec: platform-api, "Workspaces and registry")."""

from __future__ import annotations

from typing import Final

from headway.core.api import DEGRADED, ONLINE

WEDGED: Final = "wedged"
"""The runtime answers and its agent does not."""
DEGRADED_FROM: Final = 0.5
RECOVERED_BELOW: Final = 0.1


def reported_status(before: str, error_rate: float, runtime_state: str | None) -> str:
    """Online or degraded, given the status before and a heartbeat.

    Between the two limits a degraded one stays so, so that one on the edge does not flicker.
    """
    if runtime_state == WEDGED or error_rate >= DEGRADED_FROM:
        return DEGRADED
    return DEGRADED if before == DEGRADED and error_rate >= RECOVERED_BELOW else ONLINE
