"""The manner of a board, from what was set: its keys and its look, checked before there is a board."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from headway.cli.exits import refuse
from headway.cli.terminal import is_over_ssh

if TYPE_CHECKING:
    from headway.config.settings import Settings
    from headway.dashboard.action import Action
    from headway.dashboard.look import Look


THIN: Final = 40_000
"""Bytes a second that are written over a thin link: what 50 kB/s take with room for the answers to keys."""


@dataclass(frozen=True, slots=True)
class Manner:
    """The board's actions with the keys that they have, and how it is drawn."""

    actions: tuple[Action, ...]
    look: Look
    keep_theme: Callable[[str], None]
    """Keeps the theme that was chosen on the board. Raises ConfigError where it cannot be kept."""
    cancel_grace: bool = False
    """A cancel can be undone for a while, in place of a question before it."""
    finished_kept: int | None = None
    """How many finished delegations the board holds; None is as many as it holds by itself."""


def usual_manner() -> Manner:
    """As `manner_of`, where nothing is set; the settings are loaded when there is something to keep."""
    from headway.dashboard.actions import ACTIONS
    from headway.dashboard.look import Look
    from headway.dashboard.store import FINISHED_KEPT

    look = Look(bytes_per_second=THIN if is_over_ssh(os.environ) else 0)
    return Manner(ACTIONS, look, _keep_first_theme, finished_kept=FINISHED_KEPT)


def _keep_first_theme(name: str) -> None:
    from headway.config.settings import Flags, load

    _keep_theme(load(Flags()), name)


def manner_of(settings: Settings) -> Manner:
    """Ends the command where the keys cannot be used; nothing is started then."""
    from headway.config.errors import ConfigError
    from headway.dashboard.look import Look

    try:
        actions = actions_of(settings)
    except ConfigError as error:
        refuse(error)
    thin = settings.value("link") == "thin" or (settings.value("link") == "auto" and is_over_ssh(os.environ))
    look = Look(
        **{name: settings.value(name) for name in ("theme", "color", "ascii", "animations", "notifications")},
        bytes_per_second=THIN if thin else 0,
    )
    board = settings.config.board
    return Manner(
        actions,
        look,
        partial(_keep_theme, settings),
        cancel_grace=board.cancel == "grace",
        finished_kept=board.finished,
    )


def _keep_theme(settings: Settings, name: str) -> None:
    file = settings.contexts_file
    file.write(file.read().model_copy(update={"theme": name}))


def actions_of(settings: Settings) -> tuple[Action, ...]:
    """The board's actions with the keys that are set. Raises ConfigError with the line of each that cannot be used."""
    from headway.config.errors import ConfigError
    from headway.dashboard.keymap import KeymapError, remapped

    try:
        return remapped(settings.config.keys)
    except KeymapError as error:
        raise ConfigError([f"{settings.file.place('keys', name)}: {text}" for name, text in error.problems]) from error
