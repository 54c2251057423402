"""The peer of P5: the least that a Textual app with a table of delegations is, its rows at hand."""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.widgets import DataTable


class MinimalTable(App[None]):
    """Shows as many rows as its argument says; the last column begins with the words that the benchmark waits for."""

    def compose(self) -> ComposeResult:
        yield DataTable()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("ID", "STATUS", "TARGET", "TASK")
        for number in range(int(sys.argv[1])):
            table.add_row(f"{number:08x}", "completed", "worker", f"task number {number}")


if __name__ == "__main__":
    MinimalTable().run()
