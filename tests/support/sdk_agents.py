"""Agents built on the real a2a-sdk, each in a process of its own: the oracle that our A2A client must satisfy.

From a test:

    async with sdk_agent("--dialect", "v03", "--steps", "3") as agent:
        client = AgentClient(agent.url, ...)
        ...
        assert agent.calls("cancel")

From a shell: `python sdk_agents.py --dialect v1 --steps 3 --delay 0.05 --port 0`. It prints
`listening on http://127.0.0.1:PORT` when it accepts connections, and appends a JSON line to `--log` for each of:
`sent` (message_id, text, task_id), `step` (n), `cancel` (its cancel() was called), `stopped` (its work was canceled)
and `done`.
"""

from __future__ import annotations

import argparse
import asyncio
import atexit
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BEHAVIORS = {
    "stream": "works through its steps: a status message with metadata.progress and an artifact chunk for each",
    "raise": "raises in the middle of its work",
    "fail": "reports failed, with a reason",
    "ask": "asks for input; the reply completes the task with it",
    "message": "answers with a bare message, without a task",
    "data": "completes with an artifact that holds data and no text",
    "echo": "completes with an artifact that is the text it was sent",
    "huge": "puts out one artifact of --size characters",
    "silent": "starts, then says nothing until it is canceled",
}
CANCELS = {"works": "reports canceled", "ignored": "does nothing", "raises": "raises"}


@dataclass(frozen=True, slots=True)
class SdkAgent:
    """A running agent: where it listens, its process, and what it has logged."""

    url: str
    pid: int
    log: Path

    def calls(self, what: str) -> list[dict[str, Any]]:
        """The logged events of one kind, in order."""
        lines = self.log.read_text("utf-8").splitlines() if self.log.exists() else []
        return [event for event in map(json.loads, lines) if event["event"] == what]

    async def until(self, what: str, count: int = 1, *, within: float = 10.0) -> list[dict[str, Any]]:
        """Wait until so many events of a kind are logged. Raises TimeoutError after `within` seconds."""
        async with asyncio.timeout(within):
            while len(found := self.calls(what)) < count:  # noqa: ASYNC110 - another process writes the file
                await asyncio.sleep(0.01)
        return found

    async def kill(self) -> None:
        """SIGKILL: no goodbye, open streams are cut. Returns when the process is gone."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
            async with asyncio.timeout(10):
                while True:
                    os.kill(self.pid, 0)
                    await asyncio.sleep(0.005)


@asynccontextmanager
async def sdk_agent(*options: str, log: Path | None = None) -> AsyncIterator[SdkAgent]:
    """Start an agent with command-line options (see `--help`), and kill it with the block."""
    with tempfile.TemporaryDirectory() as folder:
        path = log or Path(folder) / "calls.jsonl"
        pid, url = await asyncio.to_thread(_nursery().start, [*options, "--log", str(path)])
        agent = SdkAgent(url, pid, path)
        try:
            yield agent
        finally:
            await agent.kill()


class _Nursery:
    """A process that has imported the SDK once and forks an agent on request: 20 ms each in place of over a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Nobody writes to it: the agents see it close when the tests' process is gone, however it went.
        lifeline, self._alive = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--nursery", str(lifeline)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[lifeline],
            text=True,
        )
        os.close(lifeline)
        atexit.register(self._close)

    def start(self, options: list[str]) -> tuple[int, str]:
        """The pid and the address of a new agent. Raises RuntimeError when it did not start."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(options) + "\n")
            self._process.stdin.flush()
            pid, _, url = self._process.stdout.readline().partition(" listening on ")
        if not url:
            raise RuntimeError(f"no SDK agent with the options {options}: {pid!r}")
        return int(pid), url.strip()

    def _close(self) -> None:
        os.close(self._alive)
        self._process.communicate()


@functools.cache
def _nursery() -> _Nursery:
    return _Nursery()


def _run_nursery(lifeline: int) -> None:
    import a2a.server.request_handlers
    import a2a.server.routes
    import a2a.server.tasks
    import aiosqlite
    import sqlalchemy.ext.asyncio
    import uvicorn

    assert all((a2a, aiosqlite, sqlalchemy, uvicorn))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _run_agent(_options(json.loads(line)), lifeline=lifeline, prefix=f"{os.getpid()} ")
            return


def _options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dialect", choices=("v1", "v03"), default="v1", help="the only dialect that it answers")
    parser.add_argument("--behavior", choices=BEHAVIORS, default="stream")
    parser.add_argument("--cancel", choices=CANCELS, default="works")
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--delay", type=float, default=0.02, help="seconds between steps")
    parser.add_argument("--gate", type=Path, help="after the first step, wait until this file exists")
    parser.add_argument("--size", type=int, default=2_000_000, help="characters of a huge artifact")
    parser.add_argument("--no-streaming", action="store_true", help="the card says so, and the SDK refuses it")
    parser.add_argument("--push", action="store_true", help="it sends push notifications, and the card says so")
    parser.add_argument("--no-card", action="store_true", help="serve no card at all")
    parser.add_argument("--store", default="memory", help="'memory', or the file of an SQLite task store")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, help="append what happens to this file, as JSON lines")
    parser.add_argument("--nursery", type=int, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main() -> None:
    options = _options()
    if options.nursery is not None:
        _run_nursery(options.nursery)
    else:
        _run_agent(options)


def _run_agent(options: argparse.Namespace, *, lifeline: int | None = None, prefix: str = "") -> None:
    listener = socket.create_server(("127.0.0.1", options.port), backlog=128)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    asyncio.run(_serve(_app(options, url), listener, lifeline, f"{prefix}listening on {url}\n"))


async def _serve(app: Any, listener: socket.socket, lifeline: int | None, announcement: str) -> None:
    import uvicorn

    if lifeline is not None:
        asyncio.get_running_loop().add_reader(lifeline, os._exit, 0)

    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    sys.stdout.write(announcement)
    sys.stdout.flush()
    await server.serve(sockets=[listener])


def _app(options: argparse.Namespace, url: str) -> Any:
    from a2a.server.request_handlers import DefaultRequestHandler
    from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
    from a2a.server.routes.jsonrpc_dispatcher import JsonRpcDispatcher
    from a2a.types import AgentCapabilities, AgentCard, AgentInterface, AgentSkill
    from starlette.applications import Starlette

    old = options.dialect == "v03"
    if old:
        # Compat mode answers both dialects; an agent of that age answers its own only.
        JsonRpcDispatcher.METHOD_TO_MODEL = {}
    card = AgentCard(
        name=f"sdk {options.behavior}",
        description="An agent built on the a2a-sdk, for tests.",
        version="1.0.0",
        capabilities=AgentCapabilities(streaming=not options.no_streaming, push_notifications=options.push),
        supported_interfaces=[
            AgentInterface(url=url, protocol_binding="JSONRPC", protocol_version="0.3" if old else "1.0")
        ],
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
        skills=[AgentSkill(id="work", name="Work", description=BEHAVIORS[options.behavior], tags=["test"])],
    )
    pushing = _pushing() if options.push else {}
    handler = DefaultRequestHandler(_executor(options), _store(options.store), card, **pushing)
    routes = create_jsonrpc_routes(handler, "/", enable_v0_3_compat=old)
    if not options.no_card:
        routes += create_agent_card_routes(card)
    return Starlette(routes=routes)


def _pushing() -> dict[str, Any]:
    import httpx
    from a2a.server.tasks import BasePushNotificationSender, InMemoryPushNotificationConfigStore

    store = InMemoryPushNotificationConfigStore()
    sender = BasePushNotificationSender(httpx.AsyncClient(trust_env=False), store)
    return {"push_config_store": store, "push_sender": sender}


def _store(where: str) -> Any:
    if where == "memory":
        from a2a.server.tasks import InMemoryTaskStore

        return InMemoryTaskStore()
    from a2a.server.tasks import DatabaseTaskStore
    from sqlalchemy.ext.asyncio import create_async_engine

    return DatabaseTaskStore(create_async_engine(f"sqlite+aiosqlite:///{where}"))


def _executor(options: argparse.Namespace) -> Any:
    from a2a.helpers import new_text_message
    from a2a.server.agent_execution import AgentExecutor, RequestContext
    from a2a.server.events import EventQueue
    from a2a.server.tasks import TaskUpdater
    from a2a.types import Part, Task, TaskState, TaskStatus
    from google.protobuf.json_format import ParseDict
    from google.protobuf.struct_pb2 import Value

    def note(event: str, **fields: object) -> None:
        if options.log is not None:
            with options.log.open("a", encoding="utf-8") as log:
                log.write(json.dumps({"event": event, **fields}) + "\n")

    class Scripted(AgentExecutor):
        async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
            assert context.message is not None
            text = context.get_user_input()
            note("sent", message_id=context.message.message_id, text=text, task_id=context.task_id)
            if options.behavior == "message":
                await event_queue.enqueue_event(new_text_message(f"you said: {text}"))
                return
            replying = context.current_task is not None
            if not replying:
                await event_queue.enqueue_event(
                    Task(
                        id=context.task_id,
                        context_id=context.context_id,
                        status=TaskStatus(state=TaskState.TASK_STATE_SUBMITTED),
                        history=[context.message],
                    )
                )
            updater = TaskUpdater(event_queue, context.task_id or "", context.context_id or "")
            try:
                await self._work(updater, text, replying)
            except asyncio.CancelledError:
                note("stopped", task_id=context.task_id)
                raise
            note("done", task_id=context.task_id)

        async def _work(self, updater: TaskUpdater, text: str, replying: bool) -> None:
            def said(words: str) -> Any:
                return updater.new_agent_message([Part(text=words)])

            async def put(part: Part, **chunk: Any) -> None:
                await updater.add_artifact([part], artifact_id="out", name="out.txt", **chunk)

            await updater.update_status(TaskState.TASK_STATE_WORKING, said("starting"))
            match options.behavior:
                case "fail":
                    await updater.failed(said("the disk is full"))
                    return
                case "ask" if not replying:
                    await updater.requires_input(said("which color?"))
                    return
                case "ask" | "echo":
                    await put(Part(text=text), last_chunk=True)
                case "data":
                    await put(Part(data=ParseDict({"answer": 42}, Value())), last_chunk=True)
                case "huge":
                    await put(Part(text="x" * options.size), last_chunk=True)
                case "silent":
                    await asyncio.Event().wait()
                case _:
                    await self._steps(updater, put, said)
            await updater.complete()

        async def _steps(self, updater: TaskUpdater, put: Any, said: Any) -> None:
            for step in range(1, options.steps + 1):
                await asyncio.sleep(options.delay)
                while step > 1 and options.gate is not None and not options.gate.exists():  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                note("step", n=step)
                if options.behavior == "raise" and step > options.steps // 2:
                    raise RuntimeError("the agent's code broke")
                await put(Part(text=f"chunk {step}\n"), append=step > 1, last_chunk=step == options.steps)
                share = step / options.steps
                await updater.update_status(
                    TaskState.TASK_STATE_WORKING, said(f"step {step}/{options.steps}"), metadata={"progress": share}
                )

        async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
            note("cancel", task_id=context.task_id)
            if options.cancel == "raises":
                raise RuntimeError("cancel is broken")
            if options.cancel == "works":
                await TaskUpdater(event_queue, context.task_id or "", context.context_id or "").cancel()

    return Scripted()


if __name__ == "__main__":
    main()
