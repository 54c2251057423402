"""What `from headway.tools import a2a_send` costs an agent, against httpx and pydantic, which it needs anyway.

Each side is a new interpreter, both in turn, so that a busy machine slows both alike; the medians are compared.
"""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median
from typing import Final

from _measure import print_bar

TURNS: Final = 15
OURS: Final = {
    "a verb": "from headway.tools import a2a_send, a2a_send_async, a2a_check_task, a2a_cancel_task",
    "open_tools": "from headway.tools import open_tools",
}
PEER: Final = "import httpx, pydantic; from pydantic import BaseModel"


def seconds(program: str) -> float:
    """CPU and waiting of one interpreter that runs a line and ends."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    return time.perf_counter() - begun


def main() -> None:
    for what, program in OURS.items():
        turns = [(seconds(program), seconds(PEER), seconds("pass")) for _ in range(TURNS)]
        bare = median(turn[2] for turn in turns)
        ours, peer = (median(turn[side] for turn in turns) - bare for side in (0, 1))
        print_bar(
            "tools",
            f"importing {what}",
            ours=f"{ours * 1e3:.0f} ms",
            peer=f"{peer * 1e3:.0f} ms",
            ratio=ours / peer,
            at_most=1.3 if what == "a verb" else None,
            peer_name="httpx and pydantic",
        )


if __name__ == "__main__":
    main()
