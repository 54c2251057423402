"""An agent that hands what it is asked on to another, and answers with what that one says. Watch both on the board.

source .venv/bin/activate                            # in a checkout of Headway, after `make install`
headway serve --port 8765                            # a platform of your own; each of the rest in a terminal of its own
headway                                              # the board, on that platform
headway agent --port 9001                            # who does the work: a simulated agent, or any A2A agent
headway agents add coder http://127.0.0.1:9001       # prints the id of its workspace
headway agents add lead http://127.0.0.1:9000        # this agent; prints the id of its workspace

export PLATFORM_URL=http://127.0.0.1:8765
export WORKSPACE_ID=…                                # the id of lead
export WORKSPACE_TOKEN=$(headway token new --scope workspace:$WORKSPACE_ID)
python delegating_agent.py 9000 …                    # the id of coder

headway dispatch lead "write a haiku" --wait
"""

import asyncio
import sys

import uvicorn
from a2a.helpers import new_task_from_user_message, new_text_message
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.events import EventQueue
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard, AgentInterface
from headway.tools import cancel_delegation, check_delegation_status, delegate_to_workspace
from starlette.applications import Starlette

PORT, CODER = sys.argv[1:]
HANDED_ON: dict[str, str] = {}


class Lead(AgentExecutor):
    async def execute(self, context: RequestContext, events: EventQueue) -> None:
        await events.enqueue_event(new_task_from_user_message(context.message))
        task = TaskUpdater(events, context.task_id, context.context_id)
        handed = told = await delegate_to_workspace(CODER, context.get_user_input())
        HANDED_ON[context.task_id] = handed.get("task_id", "")
        while told.get("status") not in (None, "completed", "failed", "canceled"):
            await task.start_work(new_text_message(f"the coder's part is {told['status']}"))
            await asyncio.sleep(1)
            told = await check_delegation_status(handed["task_id"])
        end = task.complete if "result" in told else task.failed
        await end(new_text_message(told.get("result") or told.get("error") or "the coder said nothing"))

    async def cancel(self, context: RequestContext, events: EventQueue) -> None:
        if handed_on := HANDED_ON.get(context.task_id):  # Else it was not handed on yet, and will not be.
            await cancel_delegation(handed_on, "the lead was canceled")
        await TaskUpdater(events, context.task_id, context.context_id).cancel()


here = AgentInterface(url=f"http://127.0.0.1:{PORT}", protocol_binding="JSONRPC", protocol_version="1.0")
card = AgentCard(name="lead", version="1", capabilities=AgentCapabilities(streaming=True), supported_interfaces=[here])
routes = create_jsonrpc_routes(DefaultRequestHandler(Lead(), InMemoryTaskStore(), card), "/")
uvicorn.run(Starlette(routes=[*routes, *create_agent_card_routes(card)]), port=int(PORT), log_level="warning")
