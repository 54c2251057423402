"""The planner: turns a wish into steps, and asks before it guesses."""

from __future__ import annotations

from typing import Final

from headway.agents.script import Persona, Script, lines, notes

PLANNER: Final = Persona(
    description="Breaks work into steps with owners and dates, and asks when the answer would change the plan.",
    skill="planning",
    scripts=(
        Script(
            "Plan the next quarter",
            notes(
                "Reading the notes of the last three planning meetings",
                "Counting: 11 wishes, room for about 6",
                "Two readings of the task are possible",
            ),
            lines(
                """\
# Plan for the quarter

## What we will do

1. **Billing on the new ledger**: weeks 1 to 5, two people. Everything else waits for it.
2. **Search that understands typos**: weeks 3 to 6, one person
3. **The mobile sign-in**: weeks 6 to 9, two people
4. **Accessibility, second half**: two days a week throughout

## What we will not do

- The plugin store: nobody asked for it since spring
- A second region: the load does not justify it before next year

## Where it can go wrong

| risk | first sign | then |
|---|---|---|
| billing takes longer | no shadow run by week 3 | move search to next quarter |
| a key person falls ill | none | pairs from the first day |

Week 10 stays empty on purpose. Something always fills it.
"""
            ),
            question="Which quarter do you mean: the one that ends in two weeks, or the one after?",
        ),
        Script(
            "Plan the move to the new office",
            notes(
                "Listing what has to move: 46 desks, 2 labs, 1 server room",
                "Working back from the end of the lease",
            ),
            lines(
                """\
# Moving, from the last day backwards

- **Day 0** Keys returned, meters read, photographs taken
- **Day -3** Cleaning
- **Day -5** Desks move, one floor per day; everyone works from home
- **Day -8** Server room moves on a Saturday; the old line stays up until Tuesday
- **Day -30** Network and doors tested in the new building by people who will use them
- **Day -60** The lab's exhaust is approved. *This is the step that cannot be hurried.*

## To decide this week

1. Who signs for the lab
2. Whether the old furniture is sold or given away
"""
            ),
            question="May the labs close for a full week, or do they have to move in two halves?",
        ),
        Script(
            "Break the migration into steps that can each be undone",
            notes(
                "Reading the schema: 61 tables, 9 of them matter",
                "Looking for the points of no return: there are two",
            ),
            lines(
                """\
# Migration in seven steps

1. Write to both, read from the old one. *Undo: stop writing to the new one.*
2. Copy the past, oldest first, at night. *Undo: empty the new tables.*
3. Compare every night; the differences go to a page that someone reads
4. Read 1 % from the new one, then 10 %, then half. *Undo: a switch, 30 seconds.*
5. Read everything from the new one for two weeks
6. Stop writing to the old one. **From here the way back is a restore.**
7. Drop the old tables, after a last backup that was test-restored

Steps 1 to 5 can be left at any time without a loss. Plan the meeting before step 6, not after it.
"""
            ),
            question="Is a read-only hour at night acceptable? It makes step 6 much simpler.",
        ),
    ),
)
