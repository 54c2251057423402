"""Workspaces, what is told of them, and tokens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from headway.core.delegation import Status
from headway.core.events import AgentMessage, EventType
from headway.ledger.errors import Conflict, NotFound
from headway.ledger.records import NewDelegation, NewWorkspace
from headway.ledger.remembered import MOST, Remembered
from support.ledgers import Clockwork, dispatched

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from headway.ledger.ledger import Ledger


async def test_a_workspace_is_made_told_of_and_kept(open_ledger: Callable[[], Awaitable[Ledger]]) -> None:
    ledger = await open_ledger()
    card = {"name": "scout", "skills": [{"id": "search"}]}
    new = NewWorkspace("scout", "http://127.0.0.1:1/", None, "agent", 3, agent_card=card)
    made = await ledger.add_workspace(new)
    assert (made.name, made.max_concurrent_tasks, made.agent_card, made.queue_depth) == ("scout", 3, card, 0)
    [told] = await ledger.replay(0, 10)
    assert told.workspace_id == made.id
    ledger = await open_ledger()
    assert await ledger.workspace(made.id) == made
    assert await ledger.workspaces() == [made]
    with pytest.raises(Conflict):
        await ledger.add_workspace(NewWorkspace("other", id=made.id))


async def test_the_operators_workspace_is_made_once(ledger: Ledger) -> None:
    operator = NewWorkspace("operator", role="operator")
    made = await asyncio.gather(*(ledger.ensure_workspace(operator) for _ in range(5)))
    assert len({one.id for one in made}) == 1
    assert (await ledger.ensure_workspace(NewWorkspace("operator"))).id != made[0].id


async def test_changes_that_matter_are_told_and_others_are_not(ledger: Ledger, clock: Clockwork) -> None:
    made = await ledger.add_workspace(NewWorkspace("scout"))
    head = ledger.head
    beat = {"active_tasks": 1, "current_task": "d", "last_heartbeat_at": clock.ms, "uptime_seconds": 9}
    after = await ledger.update_workspace(made.id, beat)
    assert (after.active_tasks, after.current_task, after.last_heartbeat_at) == (1, "d", clock.ms)
    assert ledger.head == head
    await ledger.update_workspace(made.id, {"status": "online"})
    await ledger.update_workspace(made.id, {"status": "degraded", "last_sample_error": "no route"})
    await ledger.update_workspace(made.id, {"status": "offline"})
    await ledger.update_workspace(made.id, {"status": "offline"})
    await ledger.update_workspace(made.id, {"max_concurrent_tasks": 4})
    told = await ledger.replay(head, 10)
    names = ["WORKSPACE_ONLINE", "WORKSPACE_DEGRADED", "WORKSPACE_OFFLINE", "WORKSPACE_QUEUE"]
    assert [event.type for event in told] == names
    assert told[1].decode().payload.error == "no route"  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="no speed"):
        await ledger.update_workspace(made.id, {"speed": 1})
    with pytest.raises(NotFound):
        await ledger.update_workspace("nothing", {"status": "online"})


async def test_queue_depth_is_what_waits_for_it(ledger: Ledger) -> None:
    made = await ledger.add_workspace(NewWorkspace("scout"))
    for _ in range(3):
        await ledger.delegate(NewDelegation("s", made.id, "task"))
    await ledger.claim(made.id, 1)
    assert (await ledger.workspaces())[0].queue_depth == 2
    assert (await ledger.snapshot()).workspaces[0].queue_depth == 2


async def test_removal_fails_what_was_bound_to_it_and_takes_its_tokens(ledger: Ledger) -> None:
    made = await ledger.add_workspace(NewWorkspace("scout"))
    running = await dispatched(ledger, target=made.id)
    waiting = (await ledger.delegate(NewDelegation("s", made.id, "task"))).delegation
    other = await dispatched(ledger, target="t")
    await ledger.add_token("hash", f"workspace:{made.id}")
    failed = await ledger.remove_workspace(made.id)
    assert {row.delegation_id for row in failed} == {running.delegation_id, waiting.delegation_id}
    assert {(row.status, row.error) for row in failed} == {(Status.FAILED, "workspace scout was removed")}
    assert [one.delegation_id for one in await ledger.unfinished()] == [other.delegation_id]
    assert await ledger.workspace(made.id) is None
    assert await ledger.find_token("hash") is None
    assert (await ledger.replay(ledger.head - 1, 1))[0].type == "WORKSPACE_REMOVED"
    with pytest.raises(NotFound):
        await ledger.remove_workspace(made.id)


async def test_tokens_are_found_by_hash(ledger: Ledger) -> None:
    await ledger.add_token("hash", "admin")
    assert await ledger.find_token("hash") == "admin"
    assert await ledger.find_token("other") is None
    with pytest.raises(Conflict):
        await ledger.add_token("hash", "read")


async def test_an_announcement_is_stored_as_it_was(ledger: Ledger) -> None:
    said = AgentMessage(workspace_id="s", name="scout", message="hello\u2028 <b>", attachments=({"name": "a.txt"},))
    await ledger.announce(EventType.AGENT_MESSAGE, "s", said)
    [event] = await ledger.replay(0, 10, "s")
    assert event.type == "AGENT_MESSAGE"
    assert event.decode().payload == said


async def test_what_is_remembered_is_forgotten_when_it_is_written(ledger: Ledger) -> None:
    above, below = [await ledger.add_workspace(NewWorkspace(name)) for name in ("above", "below")]

    async def place() -> tuple[str | None, str | None] | None:
        known = await ledger.lines(below.id)
        return (known[below.id].parent_id, known[below.id].role) if below.id in known else None

    assert await place() == (None, None)
    await ledger.update_workspace(below.id, {"parent_id": above.id})
    assert await place() == (above.id, None)
    await ledger.update_workspace(below.id, {"role": "reviewer"})
    assert await place() == (above.id, "reviewer")
    await ledger.remove_workspace(below.id)
    assert await place() is None
    await ledger.add_workspace(NewWorkspace("again", id=below.id))
    assert await place() == (None, None)
    assert await ledger.find_token("h") is None
    await ledger.add_token("h", "read")
    assert await ledger.find_token("h") == "read"
    await ledger.admit_file_token("h")
    assert await ledger.find_token("h") == "admin"
    await ledger.admit_file_token("h2")
    assert await ledger.find_token("h") is None


async def test_what_was_asked_before_a_change_is_not_remembered_after_it() -> None:
    remembered = Remembered()

    async def find() -> str:
        remembered.forget()
        return "old"

    async def find_again() -> str:
        return "new"

    assert await remembered.ask("q", find) == "old"
    assert await remembered.ask("q", find_again) == "new"
    assert await remembered.ask("q", find) == "new"
    for number in range(MOST):
        await remembered.ask(number, find_again)
    assert await remembered.ask("q", find) == "old"
