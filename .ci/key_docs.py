"""docs/keys.md and the table of keys in README.md, from the registry of actions (`headway.dashboard.actions`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from headway.dashboard.action import Action, Section, Where
from headway.dashboard.actions import actions_on, in_sections

ROOT = Path(__file__).resolve().parent.parent
PAGE, README = ROOT / "docs/keys.md", ROOT / "README.md"
TABLE = re.compile(r"(?<=<!-- keys: made by `make docs` -->\n).*?(?=<!-- end of keys -->)", re.DOTALL)
HEAD = """\
# Keys

Every key of every screen, as they come; `[keys]` in `config.toml` gives an action others (see [config.md](config.md)).
The footer shows those that work right now, `?` all of a screen. Dialogs name theirs on their lower edge.
"""
TITLES = {Where.BOARD: "The board", Where.DETAIL: "One delegation", Where.AGENTS: "Agents", Where.EVENTS: "Events"}

OPENING = frozenset({"theme", "palette"})
PASSING = frozenset({"keep_filter", "clear_filter", "token", "undo"})
"""What the footer shows only at times."""


def keys(action: Action) -> str:
    return " ".join(f"`{key}`" for key in action.key_names.split())


def rows(actions: Sequence[Action]) -> Iterator[str]:
    yield "| key | | does |\n|---|---|---|\n"
    for action in actions:
        yield f"| {keys(action)} | {action.title} | {action.description} |\n"


def page() -> str:
    """docs/keys.md: a table for each section of each screen."""
    parts = [HEAD]
    for where in Where:
        parts.append(f"\n## {TITLES[where]}\n")
        for section, actions in in_sections(actions_on(where)):
            parts += [f"\n### {section}\n\n", *rows(actions)]
    return "".join(parts)


def table() -> str:
    """The keys that the board's footer shows, and those that open something."""
    board = [action for action in actions_on(Where.BOARD) if action.in_footer or action.id in OPENING]
    board = [action for action in board if action.section is not Section.RECORDING and action.id not in PASSING]
    return (
        "\n"
        + "".join(rows(board))
        + (
            "\nEvery screen with its picture: [docs/dashboard.md](docs/dashboard.md). "
            "All keys: [docs/keys.md](docs/keys.md).\n\n"
        )
    )


def current() -> dict[Path, str]:
    """The texts that the code gives now."""
    made = table()
    return {PAGE: page(), README: TABLE.sub(lambda _: made, README.read_text())}
