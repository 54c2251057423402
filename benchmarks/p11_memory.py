"""P11: what a board holds for each delegation, beyond what an empty board holds.

Rows are read as they come from a platform (JSON, door, model, store) and stand in the three tables' orders. The bytes
are those that Python has handed out and not taken back, as `tracemalloc` counts them, whatever the machine does.
"""

from __future__ import annotations

import gc
import json
import random
import tracemalloc
import uuid
from typing import Any, Final

from _measure import print_limit
from _tables import AGENTS, NOW
from headway.connectors import door
from headway.core.api import Snapshot
from headway.core.delegation import TASK_PREVIEW, Group
from headway.core.timestamps import to_rfc3339
from headway.dashboard.group_view import GroupView
from headway.dashboard.store import Store

ROWS: Final = 50_000
TASK: Final = "Summarise the filing of the third quarter, its footnotes and what changed since the second one, "
LIMIT: Final = 1.2


def body(rows: int) -> bytes:
    """A snapshot of finished delegations and of some that run, as a platform sends it."""
    rng = random.Random(rows)  # noqa: S311 - the same rows in every run
    delegations: list[dict[str, Any]] = []
    for number in range(rows):
        times = [to_rfc3339(NOW - rng.randrange(86_400_000)) for _ in range(4)]
        ended = number % 10 > 0
        delegations.append({
            "delegation_id": str(uuid.UUID(int=rng.getrandbits(128))),
            "source_id": "operator",
            "target_id": AGENTS[number % len(AGENTS)].id,
            "status": "completed" if ended else "in_progress",
            "priority": 50,
            "task_preview": f"{TASK}{number:054d}"[:TASK_PREVIEW],
            "attempt": 1,
            "created_at": times[0],
            "updated_at": times[1],
            "last_activity_at": times[2],
            "seq": number + 1,
            "progress_percent": float(number % 100),
            "result_preview": f"{number} findings" if ended else None,
            "finished_at": times[3] if ended else None,
            "progress": {"offset": 0, "text": ""},
        })  # fmt: skip
    totals = {"completed": rows}
    agents = [agent.model_dump(mode="json") for agent in AGENTS]
    whole = {"epoch": "bench", "seq": rows, "workspaces": agents, "delegations": delegations, "totals": totals}
    return json.dumps(whole).encode()


def held(rows: int) -> int:
    """Bytes of a board's records and orders after this many delegations."""
    content = body(rows)
    gc.collect()
    tracemalloc.start()
    store = Store(finished_kept=rows)
    views = [GroupView(group, store, lambda: NOW) for group in Group]
    store.load(Snapshot.model_validate(door.read(content)))
    changes = store.take_changes()
    for view in views:
        view.take(changes)
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size


def main() -> None:
    held(10)  # Caches are warm from here on.
    empty, full = held(0), held(ROWS)
    kibibytes = (full - empty) / ROWS / 1024
    print_limit(
        "P11",
        f"a delegation held by the board, {ROWS:,} of them",
        ours=f"{kibibytes:.2f} KiB",
        peer="none",
        limit=f"≤ {LIMIT} KiB",
        met=kibibytes <= LIMIT,
    )


if __name__ == "__main__":
    main()
