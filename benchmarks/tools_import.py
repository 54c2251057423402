"""What `from headway.tools import …` costs an agent, against httpx and pydantic, which it needs anyway.

Each side is a new interpreter, all in turn, so that a busy machine slows them alike. What is compared is the
processors' time, its median, that of an interpreter that does nothing taken off. What the import puts off is paid when
the tools are opened, so that is printed too; it has no bar.
"""

from __future__ import annotations

import sys
import tempfile
from statistics import median
from typing import Final

from _measure import print_bar
from _processes import cost_of, environment

TURNS: Final = 21
BAR: Final = 1.3
PEER: Final = "import httpx, pydantic; from pydantic import BaseModel"
NOTHING: Final = "pass"
OURS: Final = {
    "a verb": "from headway.tools import a2a_send, a2a_send_async, a2a_check_task, a2a_cancel_task",
    "open_tools": "from headway.tools import open_tools, Tools",
    "every name": "import headway.tools as tools; [getattr(tools, name) for name in tools.__dir__()]",
}
OPENED: Final = """
import asyncio
from headway.tools import ToolSettings, open_tools

async def main():
    async with open_tools(ToolSettings.from_environment()):
        pass

asyncio.run(main())
"""


def main() -> None:
    programs = (*OURS.values(), OPENED, PEER, NOTHING)
    with tempfile.TemporaryDirectory() as folder:
        # Each program opens the same tools, so there is one journal, of nothing.
        env = environment(XDG_DATA_HOME=folder, WORKSPACE_ID="bench")
        for program in programs:
            cost_of([sys.executable, "-c", program], env)
        turns = [[cost_of([sys.executable, "-c", program], env).cpu for program in programs] for _ in range(TURNS)]
    *ours, peer, nothing = (median(column) for column in zip(*turns, strict=True))
    for what, cost in zip((*OURS, "open_tools, and opening them"), ours, strict=True):
        print_bar(
            "tools",
            f"importing {what}",
            ours=f"{(cost - nothing) * 1e3:.0f} ms",
            peer=f"{(peer - nothing) * 1e3:.0f} ms",
            ratio=(cost - nothing) / (peer - nothing),
            at_most=BAR if what in OURS else None,
            peer_name="httpx and pydantic",
        )


if __name__ == "__main__":
    main()
