"""The researcher: reads sources, weighs them, summarises with references."""

from __future__ import annotations

from typing import Final

from headway.agents.script import Persona, Script, lines, notes

RESEARCHER: Final = Persona(
    description="Finds out what is known, says how sure that is, and names its sources.",
    skill="research",
    scripts=(
        Script(
            "Summarise what is known about heat pumps in old houses",
            notes(
                "Searching: field studies, not brochures",
                "14 studies found, 6 of them measured real houses",
                "Reading study 2 of 6: 750 homes over two winters",
                "Reading study 5 of 6: radiators kept or replaced",
            ),
            lines(
                """\
# Heat pumps in old houses: what was measured

**In short.** They work in most houses built before 1980, without a full renovation, when the water in the
radiators can be kept at or below 55 °C on a cold day.

## What the field studies agree on

1. The yearly efficiency lies between 2.6 and 3.4, a little lower than in new houses.
2. Age of the house predicts little; the flow temperature predicts most.
3. In about a third of the houses, replacing two or three radiators was enough.

## Where they disagree

- How often the electric backup runs: from under 1 % to 9 % of the heat, depending on how it was set up
- Whether noise is a problem: surveys of owners say no, surveys of neighbours were never made

## How sure this is

High for efficiency (measured in more than 1,000 homes), low for costs: prices differ by a factor of two
between regions and changed during the studies.

## What I would check first

Lower the flow temperature of the present boiler to 55 °C on a cold week. If the rooms stay warm, the
house is ready.
"""
            ),
            question="Shall I cover all of Europe, or only houses with a climate like yours?",
        ),
        Script(
            "Compare three ways to store time series",
            notes(
                "Listing what the data looks like: 40 k points a second, 13 months",
                "Reading the documentation of three candidates",
                "Reading what people report after two years of use",
            ),
            lines(
                """\
# Time series: three ways

| | one table, partitioned | column store | purpose-built database |
|---|---|---|---|
| writes at 40 k/s | needs batching | yes | yes |
| disk for 13 months | 1.9 TB | 0.3 TB | 0.25 TB |
| late data | simple | costly | allowed for 2 h |
| people who know it | everyone here | two of us | nobody yet |
| backup | as today | as today | its own tool |

## Recommendation

The column store, beside the database you have. It costs one more service and saves six sevenths of the disk.

## What would change my mind

- If late data is common, the partitioned table wins: measure its share for one week first
- If the retention grows past three years, look at object storage before anything else

*Figures for disk are extrapolated from one day of your own data, not from vendors' pages.*
"""
            ),
            question="Is late data common with you? It decides between the first two.",
        ),
        Script(
            "What changed in the new data protection guideline?",
            notes(
                "Fetching both versions",
                "Comparing 84 paragraphs",
                "Reading the comments of two authorities",
            ),
            lines(
                """\
# The guideline, old against new

Of 84 paragraphs 71 are the same, 9 were reworded and **4 matter**:

- **§ 12** Pseudonymous data counts as personal for everyone who could obtain the key, not only for its holder
- **§ 31** A deletion must reach backups at their next rotation, and within 90 days
- **§ 44** Consent by silence is now named as invalid
- **§ 60** A log of access is required, kept for one year

## What this asks of us

§ 31 does: our backups rotate after 120 days. The other three describe what we already do.

Not legal advice; § 31 should be read by someone who gives it.
"""
            ),
        ),
    ),
)
