"""The verbs as plain coroutines, on tools that are opened when the first of them is called.

There is one such `Tools` for each running event loop, set by the environment, and it ends with its loop: a task of that
loop keeps it open, and closes it when it is canceled, as `asyncio.run` does with every task at its end.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Concatenate, Final, ParamSpec
from weakref import WeakKeyDictionary

from headway.tools.tools import Answer, Tools, open_tools

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class _Kept:
    opened: asyncio.Future[Tools]
    keeper: asyncio.Task[None]


_KEPT: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, _Kept]] = WeakKeyDictionary()


async def default_tools() -> Tools:
    """The tools of this loop, opened if they are not. Raises as `open_tools` does."""
    loop = asyncio.get_running_loop()
    kept = _KEPT.get(loop)
    if kept is None or kept.keeper.done():
        _abandon_closed()
        opened: asyncio.Future[Tools] = loop.create_future()
        kept = _KEPT[loop] = _Kept(opened, asyncio.create_task(_keep(opened), name="headway tools"))
    return await asyncio.shield(kept.opened)


async def close_default_tools() -> None:
    """Close them now; the next verb opens them again. Without any open, nothing happens."""
    kept = _KEPT.pop(asyncio.get_running_loop(), None)
    if kept is not None:
        kept.keeper.cancel()
        await asyncio.wait({kept.keeper})


def _abandon_closed() -> None:
    """A loop that was closed without canceling its tasks has left its journal open, and nobody there to close it."""
    for loop in [loop for loop in _KEPT if loop.is_closed()]:
        opened = _KEPT.pop(loop).opened
        if opened.done() and not opened.cancelled() and opened.exception() is None:
            opened.result().session.journal.abandon()


async def _keep(opened: asyncio.Future[Tools]) -> None:
    try:
        async with open_tools() as tools:
            opened.set_result(tools)
            await asyncio.Event().wait()
    except Exception as error:
        if opened.done():
            raise
        opened.set_exception(error)
    finally:
        opened.cancel()


def _on_default_tools(verb: Callable[Concatenate[Tools, P], Awaitable[Answer]]) -> Callable[P, Awaitable[Answer]]:
    """A verb of `Tools` as a function, with its signature, hints and description."""

    async def call(*args: P.args, **named: P.kwargs) -> Answer:
        return await verb(await default_tools(), *args, **named)

    signature = inspect.signature(verb)
    _self, *parameters = signature.parameters.values()
    call.__name__ = call.__qualname__ = verb.__name__
    call.__doc__ = verb.__doc__
    # The hints are read where the verb is written.
    call.__wrapped__ = verb  # type: ignore[attr-defined]
    call.__annotations__ = verb.__annotations__
    call.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return call


a2a_send = _on_default_tools(Tools.a2a_send)
a2a_send_async = _on_default_tools(Tools.a2a_send_async)
a2a_check_task = _on_default_tools(Tools.a2a_check_task)
a2a_cancel_task = _on_default_tools(Tools.a2a_cancel_task)
delegate_to_workspace = _on_default_tools(Tools.delegate_to_workspace)
check_delegation_status = _on_default_tools(Tools.check_delegation_status)
cancel_delegation = _on_default_tools(Tools.cancel_delegation)
reply_to_task = _on_default_tools(Tools.reply_to_task)
