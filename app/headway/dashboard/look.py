"""How a board is drawn, as a person wants it or their terminal needs it."""

from __future__ import annotations

from dataclasses import dataclass

from headway.dashboard.alerts import Means


@dataclass(frozen=True, slots=True)
class Look:
    """`theme` is the name of one of `theme.THEMES`; without `color` none is sent, with `ascii` all is ASCII.

    `bytes_per_second` is what the link to the terminal takes; 0 is as much as there is to show. `notifications` is how
    a person is called who looks elsewhere.
    """

    theme: str = "headway"
    color: bool = True
    ascii: bool = False
    animations: bool = True
    bytes_per_second: int = 0
    notifications: Means = "off"
