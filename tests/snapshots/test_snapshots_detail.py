"""One delegation as it looks whole. Taken anew as the board's pictures are."""

from __future__ import annotations

from headway.core.delegation import Status
from support.boards import fleet
from support.fake_connector import FakeConnector
from test_snapshots_board import Compare, app_on, at_every_size, at_rest, same

NOTES = """# Release notes 0.4

A **faster board** and `safer` text.

## Fixed

- the race in `settle()`: a late answer of attempt 1 no longer overwrites attempt 2
- the [docs](https://example.org/docs)

| what  | before | now  |
|-------|--------|------|
| paint | 40 ms  | 3 ms |

```python
ledger.settle(attempt=2)
```
"""


def written() -> FakeConnector:
    """The fleet, and notes that were just written."""
    connector = fleet()
    did = connector.send("ws-coder", "Write the release notes for 0.4, without marketing words", ago_ms=95_000)
    connector.records[did] = {"task": "Write the release notes for 0.4, without marketing words"}
    connector.become(did, Status.IN_PROGRESS, ago_ms=93_000)
    connector.say(did, "Reading the log …\n214 commits since 0.3\n", ago_ms=80_000, percent=20.0)
    connector.become(did, Status.STUCK, ago_ms=60_000)
    connector.become(did, Status.IN_PROGRESS, ago_ms=40_000)
    connector.say(did, NOTES, ago_ms=5_000)
    connector.complete(did, NOTES, ago_ms=2_000)
    return connector


@at_every_size
def test_the_overview(snap_compare: Compare, size: tuple[int, int]) -> None:
    run = at_rest("3", "home", "enter")
    assert same(snap_compare, app_on(written()), terminal_size=size, run_before=run)


@at_every_size
def test_a_result_as_markdown(snap_compare: Compare, size: tuple[int, int]) -> None:
    run = at_rest("3", "home", "enter", "4")
    assert same(snap_compare, app_on(written()), terminal_size=size, run_before=run)


@at_every_size
def test_a_stream_that_is_searched(snap_compare: Compare, size: tuple[int, int]) -> None:
    run = at_rest("3", "home", "enter", "3", "slash", *"race", "enter")
    assert same(snap_compare, app_on(written()), terminal_size=size, run_before=run)


@at_every_size
def test_the_copy_dialog(snap_compare: Compare, size: tuple[int, int]) -> None:
    run = at_rest("3", "home", "y")
    assert same(snap_compare, app_on(written()), terminal_size=size, run_before=run)
