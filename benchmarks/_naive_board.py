"""The peer of P6 and P9: what a good engineer writes first on Headway's API.

httpx-sse, pydantic, a DataTable with a row for each delegation, a field for a new task, and a timer for the ages.
Its arguments are the platform's address, a token, the agent to hand tasks to, and how many finished ones to show.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import httpx
from httpx_sse import aconnect_sse
from pydantic import BaseModel
from textual.app import App, ComposeResult
from textual.widgets import DataTable, Input


class Envelope(BaseModel):
    type: str
    timestamp: int
    data: dict[str, Any]


class NaiveBoard(App[None]):
    def __init__(self, url: str, token: str, target: str, finished: int) -> None:
        super().__init__()
        self._target, self._finished = target, finished
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.AsyncClient(base_url=url, headers=headers, timeout=httpx.Timeout(30, read=None))
        self._updated: dict[str, float] = {}
        self._ages: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        yield Input()
        yield DataTable()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        for name in ("ID", "STATUS", "AGE", "TASK", "LATEST"):
            table.add_column(name, key=name, width=24)
        self.run_worker(self._follow())
        self.set_interval(1.0, self._tell_ages)

    async def _follow(self) -> None:
        snapshot = (await self._http.get("/snapshot", params={"finished": self._finished})).json()
        for row in snapshot["delegations"]:
            self._add(row, time.time() - 86_400)
        after = {"Last-Event-ID": f"{snapshot['epoch']}:{snapshot['seq']}"}
        async with aconnect_sse(self._http, "GET", "/events/stream", headers=after) as source:
            async for event in source.aiter_sse():
                if event.data:
                    self._take(Envelope.model_validate_json(event.data))

    def _add(self, row: dict[str, Any], at: float) -> None:
        key = row["delegation_id"]
        self._updated[key] = at
        table = self.query_one(DataTable)
        self._ages[key] = age_of(at)
        table.add_row(key[:8], row["status"], self._ages[key], row["task_preview"], "", key=key)

    def _take(self, said: Envelope) -> None:
        key = said.data.get("delegation_id")
        if said.type == "DELEGATION_SENT":
            self._add(said.data, time.time())
        elif key in self._updated:
            self._updated[key] = time.time()
            latest = said.data.get("text") or said.data.get("status_message") or ""
            self.query_one(DataTable).update_cell(key, "LATEST", latest.strip())

    def _tell_ages(self) -> None:
        table = self.query_one(DataTable)
        for key, at in self._updated.items():
            age = age_of(at)
            if self._ages.get(key) != age:
                self._ages[key] = age
                table.update_cell(key, "AGE", age)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        event.input.value = ""
        body = {"target_id": self._target, "task": event.value}
        await self._http.post("/workspaces/operator/delegate", json=body)


def age_of(at: float) -> str:
    return f"{(time.time() - at) / 3600:.1f}h"


if __name__ == "__main__":
    NaiveBoard(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])).run()
