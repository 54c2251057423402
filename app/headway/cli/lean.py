"""What a run of `headway` does without, so that it is there sooner; for the program alone, not for a library."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Coroutine
from importlib import import_module
from types import ModuleType
from typing import Any, Final, TypeVar

AT_START: Final = 200_000
"""Objects that are made before the first of them are looked at for garbage."""
USUAL: Final = gc.get_threshold()
STARTED_AFTER: Final = 1.0
"""Seconds after which a command that still runs is one that stays."""
_FINDS_PLUGINS: Final = "pydantic.plugin._loader"

Result = TypeVar("Result")


def start_lean() -> None:
    """Call it before anything else is imported."""
    # Starting makes modules and classes, which are not garbage; looking through them again and again takes its time.
    gc.set_threshold(AT_START)
    # Without this, the first model makes pydantic read the metadata of every distribution that is installed.
    if os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__") == "__all__":
        sys.modules.setdefault(_FINDS_PLUGINS, _NoPlugins(_FINDS_PLUGINS))
    # The command line of httpx itself, with Rich, Click and Pygments: httpx does without where it cannot be imported.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]


class _NoPlugins(ModuleType):
    """In place of pydantic's module that finds plugins: that imports `importlib.metadata`, and with it `email`."""

    @staticmethod
    def get_plugins() -> tuple[()]:
        """None: they are disabled."""
        return ()

    def __getattr__(self, name: str) -> Any:
        """What else a release of pydantic has there, it has."""
        if name.startswith("__"):
            raise AttributeError(name)
        del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


async def staying(work: Coroutine[Any, Any, Result]) -> Result:
    """Do the work of a command; from `STARTED_AFTER` on, look for garbage as often as Python does."""
    import asyncio

    timer = asyncio.get_running_loop().call_later(STARTED_AFTER, _settle)
    try:
        return await work
    finally:
        timer.cancel()


def _settle() -> None:
    # What there is by now stays, so it is not looked through again.
    gc.freeze()
    # A board of many records may have set others by now.
    if gc.get_threshold()[0] == AT_START:
        gc.set_threshold(*USUAL)
