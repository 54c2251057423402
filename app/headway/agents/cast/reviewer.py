"""The reviewer: reads a change and says what it would hold up, and what it would not."""

from __future__ import annotations

from typing import Final

from headway.agents.script import Persona, Script, lines, notes

REVIEWER: Final = Persona(
    description="Reviews changes: what must be repaired, what could be better, and what is good as it is.",
    skill="review",
    scripts=(
        Script(
            "Review the change to the session cache",
            notes("Reading the diff: 4 files, +118 -73", "Trying the change with two clients at once"),
            lines(
                """\
## Review: session cache

**One thing to repair, two to think about. Otherwise good, and simpler than before.**

### Must be repaired

`cache.py:57` Two requests that miss at the same moment both load the session, and the slower one wins with
older data. Keep one load per key:

```python
async with self._loading[key]:
    if (session := self._entries.get(key)) is None:
        session = self._entries[key] = await self._load(key)
```

### To think about

- `cache.py:12` 10,000 entries of up to 64 kB are 640 MB. Bound it by bytes?
- `test_cache.py:88` The test sleeps for a second to let an entry expire. Pass a clock instead.

### Good

The expiry is now in one place, and the name `settle` says what happens. I ran the tests: 133 passed.
"""
            ),
        ),
        Script(
            "Review the upload endpoint for security",
            notes("Following the file from the request to the disk", "Trying five hostile file names"),
            lines(
                """\
## Review: upload endpoint

| tried | result |
|---|---|
| `../../etc/passwd` | refused |
| `photo.png` with HTML inside | stored, served as `image/png`, **without `nosniff`** |
| 3 GB | refused at 25 MB, while reading |
| 10,000 files in one archive | **unpacked, all of them** |
| name with a right-to-left mark | cleaned |

### Must be repaired

1. Send `X-Content-Type-Options: nosniff` with everything that users uploaded
2. Bound the number of entries of an archive, and their size once unpacked

Both have a failing test on the branch `review/upload`.
"""
            ),
            question="Are archives needed at all? Without them the second finding is gone.",
        ),
        Script(
            "Is the error handling in the importer sound?",
            notes("Reading importer/*.py", "Breaking the input in 12 ways"),
            lines(
                """\
Mostly. Of 12 broken inputs, 10 give a message that says what to do.

- An empty file is reported as a success with 0 rows. It should be an error.
- A file in UTF-16 stops with `invalid start byte`. Say "save it as UTF-8" instead.

`except Exception` in `importer/run.py:141` hides both. Catch `ImportFailed` there and let the rest through.
"""
            ),
        ),
    ),
)
