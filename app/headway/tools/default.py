"""The verbs as plain coroutines, on tools that are opened when the first of them is called.

There is one such `Tools` for each running event loop, set by the environment, and it ends with its loop: a task of that
loop keeps it open, and closes it when it is canceled, as `asyncio.run` does with every task at its end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from headway.tools.descriptions import (
    A2A_CANCEL_TASK,
    A2A_CHECK_TASK,
    A2A_SEND,
    A2A_SEND_ASYNC,
    CANCEL_DELEGATION,
    CHECK_DELEGATION_STATUS,
    DELEGATE_TO_WORKSPACE,
    described,
)

if TYPE_CHECKING:
    from headway.tools.outcome import Outcome, Progress
    from headway.tools.tools import Tools

    OnResult = Callable[[Outcome], Any]
    OnProgress = Callable[[Progress], None]
else:
    # So that the hints of the verbs can be read without loading what only a call needs.
    OnResult = OnProgress = Callable[[Any], Any]


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
    # Loaded at the first call: an agent that imports a verb has not paid for what it does not call.
    from headway.tools.tools import open_tools

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


@described(A2A_SEND)
async def a2a_send(
    agent_url: str,
    message: str,
    *,
    session_id: str | None = None,
    context: Mapping[str, Any] | None = None,
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    tools = await default_tools()
    return await tools.a2a_send(agent_url, message, session_id=session_id, context=context, on_progress=on_progress)


@described(A2A_SEND_ASYNC)
async def a2a_send_async(
    agent_url: str | None = None,
    message: str = "",
    *,
    agent_name: str | None = None,
    task_id: str | None = None,
    session_id: str | None = None,
    context: Mapping[str, Any] | None = None,
    on_result: OnResult | None = None,
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    tools = await default_tools()
    return await tools.a2a_send_async(
        agent_url,
        message,
        agent_name=agent_name,
        task_id=task_id,
        session_id=session_id,
        context=context,
        on_result=on_result,
        on_progress=on_progress,
    )


@described(A2A_CHECK_TASK)
async def a2a_check_task(task_id: str) -> dict[str, Any]:
    return await (await default_tools()).a2a_check_task(task_id)


@described(A2A_CANCEL_TASK)
async def a2a_cancel_task(task_id: str) -> dict[str, Any]:
    return await (await default_tools()).a2a_cancel_task(task_id)


@described(DELEGATE_TO_WORKSPACE)
async def delegate_to_workspace(workspace_id: str, task: str) -> dict[str, Any]:
    return await (await default_tools()).delegate_to_workspace(workspace_id, task)


@described(CHECK_DELEGATION_STATUS)
async def check_delegation_status(task_id: str = "") -> dict[str, Any]:
    return await (await default_tools()).check_delegation_status(task_id)


@described(CANCEL_DELEGATION)
async def cancel_delegation(task_id: str, reason: str = "") -> dict[str, Any]:
    return await (await default_tools()).cancel_delegation(task_id, reason)
