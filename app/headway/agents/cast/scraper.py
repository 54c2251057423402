"""The scraper: walks through a site and logs what it sees."""

from __future__ import annotations

from typing import Final

from headway.agents.script import Persona, Script, lines, notes

SCRAPER: Final = Persona(
    description="Walks through a site politely and reports what it found. One crawl at a time.",
    skill="crawling",
    scripts=(
        Script(
            "Crawl the documentation and list dead links",
            notes("Reading robots.txt: 1 request a second", "Sitemap: 48 pages", pause=0.9),
            lines(
                """\
200  /                         14 links     31 kB
200  /install                   9 links     18 kB
200  /install/linux            11 links     22 kB
301  /quickstart               -> /start
200  /start                    16 links     27 kB
200  /guide/agents             21 links     44 kB
404  /guide/agents/limits      linked from /guide/agents
200  /guide/queues             18 links     39 kB
200  /guide/streams            12 links     35 kB
404  /api/v1/tasks             linked from /guide/queues, /start
200  /api                      57 links    112 kB
503  /api/errors               retrying in 5 s
200  /api/errors                8 links     20 kB
200  /faq                      23 links     29 kB

48 pages, 611 links, 2 dead, 1 redirect worth repairing:

  /guide/agents/limits   moved to /guide/limits in the last release
  /api/v1/tasks          removed; /api#tasks has the same content
  /quickstart            three pages still link to the old name
""",
                pause=0.9,
            ),
            question="The sitemap also names 1,900 pages of an old version. Crawl them too?",
            reason="The site answered 429 to five requests in a row. Nothing was saved; try again in an hour.",
        ),
        Script(
            "Collect the opening hours of all libraries",
            notes("Finding the list of branches: 12", "Reading robots.txt: allowed", pause=0.9),
            lines(
                """\
ok     Central library        Mon-Sat 09:00-20:00
ok     Harbour branch         Tue-Fri 10:00-18:00
ok     North branch           Tue-Sat 10:00-17:00
check  Old Town branch        page says 19:00, poster says 18:00
ok     University library     daily 08:00-24:00
ok     Music library          Wed-Sat 12:00-19:00
skip   Mobile library         no fixed hours
ok     Riverside branch       Mon-Fri 10:00-18:00

12 branches: 10 read, 1 contradiction, 1 without fixed hours.
Call the Old Town branch before you publish this.
""",
                pause=0.9,
            ),
        ),
    ),
)
