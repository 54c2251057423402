"""Tools in a process of its own, that tests kill: `python tools_process.py FOLDER` reads orders and says what it did.

Orders on stdin: `send ID URL WORDS…`, `cancel ID`, `check ID`, `room - BYTES`, `sweep -`. On stdout a line of JSON for
each: the verb, the id and the answer; and a line `{"told": id, …}` for each result that was delivered.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from pathlib import Path
from typing import Any

from headway.net.addresses import LOOPBACK
from headway.tools import Outcome, ToolSettings, open_tools


def say(**fields: Any) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def told(outcome: Outcome) -> None:
    say(told=outcome.task_id, text=outcome.text, context=dict(outcome.context))


async def main(folder: Path) -> None:
    settings = ToolSettings(allow=LOOPBACK, workspace_id="ws", data_folder=folder, ask_patience=2, cancel_seconds=2)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with open_tools(settings, on_result=told) as tools, asyncio.TaskGroup() as group:

        async def obey(verb: str, task_id: str, *rest: str) -> None:
            match verb:
                case "send":
                    url, words = rest[0], " ".join(rest[1:])
                    answer = await tools.a2a_send_async(url, words, task_id=task_id, context={"n": task_id})
                case "room":
                    # As on a disk without space: files do not grow past so many bytes.
                    limit = (int(rest[0]), resource.RLIM_INFINITY)
                    resource.setrlimit(resource.RLIMIT_FSIZE, limit)
                    answer = {}
                case "sweep":
                    await tools.direct.sweep()
                    answer = {}
                case "cancel":
                    answer = await tools.a2a_cancel_task(task_id)
                case _:
                    answer = await tools.a2a_check_task(task_id)
            say(verb=verb, id=task_id, answer=answer)

        say(ready=tools.direct.count)
        while line := (await reader.readline()).decode().split():
            group.create_task(obey(*line))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
