"""The archivist: indexes, verifies and compacts what others leave behind."""

from __future__ import annotations

from typing import Final

from headway.agents.script import Persona, Script, lines, notes

ARCHIVIST: Final = Persona(
    description="Keeps the archive: indexes new documents, verifies checksums, finds duplicates.",
    skill="archiving",
    scripts=(
        Script(
            "Run the nightly index",
            notes(
                "Opening the index: 1,284,310 documents",
                "Reading the journal since yesterday 02:00",
                "4,127 new documents, 212 changed, 39 removed",
                "Waiting for the lock on segment 7",
            ),
            lines(
                """\
indexed  segment 1   1,204 documents   3.1 s
indexed  segment 2     988 documents   2.6 s
indexed  segment 3   1,467 documents   3.9 s
indexed  segment 7     680 documents   1.8 s

**Index is current.** 1,288,398 documents, 9.4 GB, 4 segments merged into 1.

- 3 documents had no readable text and are listed in `unreadable.csv`
- The slowest query of the day took 212 ms; before the merge it took 340 ms
"""
            ),
            question="Segment 7 is locked by a backup. Wait for it, or index it tomorrow?",
            reason="Segment 7 stayed locked for 10 minutes. The index is unchanged; run this again after the backup.",
        ),
        Script(
            "Verify the checksums of last year's backups",
            notes(
                "Listing: 366 backups, 2.1 TB",
                "January to March: 91 of 91 are good",
                "April to June: 91 of 91 are good",
            ),
            lines(
                """\
# Backups of last year

| quarter | checked | good | note |
|---|---|---|---|
| first | 91 | 91 | |
| second | 91 | 91 | |
| third | 92 | 91 | 14 August: size 0, never written |
| fourth | 92 | 92 | |

**365 of 366 can be trusted.** On 14 August the disk was full from 01:10 to 06:40; the backups of the
13th and the 15th are complete. One of them was restored as a trial: 38 minutes, no difference found.
"""
            ),
        ),
        Script(
            "Find duplicate photographs",
            notes("Hashing 18,220 pictures", "Comparing what looks alike, not only what is equal"),
            lines(
                """\
## 1,046 duplicates in 18,220 pictures

- 811 are equal byte for byte: safe to remove, 2.7 GB
- 203 are the same picture in another size: the larger one is worth keeping
- 32 look alike but are not: bursts, three of them with different people smiling

Nothing was deleted. The list is in `duplicates.csv`, one pair per line, the better one first.
"""
            ),
        ),
    ),
)
