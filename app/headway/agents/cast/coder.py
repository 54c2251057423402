"""The coder: reads, edits, runs the tests, reports."""

from __future__ import annotations

from typing import Final

from headway.agents.script import Persona, Script, lines, notes

CODER: Final = Persona(
    description="Writes and repairs Python. Reads the code first, changes little, and shows the test that proves it.",
    skill="coding",
    scripts=(
        Script(
            "Fix the flaky retry test",
            notes(
                "Reading tests/test_retry.py",
                "Running the test 50 times: 3 failures",
                "Reading src/retry.py",
                "Found the race: the deadline is read twice",
            ),
            lines(
                """\
## Fixed: `test_retry_gives_up_at_deadline`

**Cause.** `Retry.run()` read the clock once to decide whether to wait and again to compute how long.
When the deadline passed between the two reads, the pause became negative and the loop ran once more.

**Change.** The clock is read once per round.

```python
now = self._clock.monotonic()
remaining = self._deadline - now
if remaining <= 0:
    raise DeadlineExceeded(attempts=attempt)
await self._clock.sleep(min(self._backoff(attempt), remaining))
```

**Proof.** A new test moves the clock by hand to the moment between the reads.
It fails on the old code and passes on the new one.

| run | before | after |
|---|---|---|
| 500 times `test_retry.py` | 31 failed | 0 failed |
| whole suite | 412 passed | 413 passed |

Nothing else was changed.
"""
            ),
            question="The same race is in src/poll.py. Shall I repair it in this change, or leave it for its own?",
            reason="src/retry.py has uncommitted changes. Nothing was changed; commit or discard them first.",
        ),
        Script(
            "Port the configuration loader to tomllib",
            notes(
                "Reading config/loader.py",
                "11 callers of load_config(), all through one function",
                "Writing the tests for what must stay the same",
            ),
            lines(
                """\
## `toml` is gone, `tomllib` reads the configuration

- `config/loader.py` opens files in binary, as `tomllib` requires
- A syntax error now names the file, the line and the column
- `toml` is out of the dependencies: one package less to keep up to date

### Behavior that changed

Dates without a time come back as `datetime.date`, where they were strings.
One caller relied on the string: `reports/schedule.py`, which now calls `isoformat()` itself.

### Checked

```
$ pytest -q
498 passed in 21.40s
$ mypy --strict config
Success: no issues found in 9 source files
```
"""
            ),
            question="Python 3.10 has no tomllib. May I drop it, or shall I add tomli for it?",
        ),
        Script(
            "Make the CSV export stream instead of building it in memory",
            notes(
                "Measuring the export of 2 million rows: peak 1.9 GB",
                "Reading export/csv.py",
                "Rewriting it as an async generator",
            ),
            lines(
                """\
## The export streams now

Rows go from the cursor to the response in batches of 1,000.

| rows | peak before | peak after | time to first byte |
|---|---|---|---|
| 10,000 | 61 MB | 38 MB | 20 ms |
| 2,000,000 | 1,904 MB | 41 MB | 22 ms |

- The file is the same, byte for byte: compared by checksum for both sizes
- A client that goes away ends the query: the generator closes its cursor
- Cells that begin with `=`, `+`, `-` or `@` are quoted as before

One thing to know: an error halfway can no longer become a 500, for the headers are already out.
The last line of the file is then `# incomplete`, and the import refuses such a file.
"""
            ),
        ),
    ),
)
