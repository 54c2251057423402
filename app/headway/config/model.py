"""Everything that can be set in `config.toml`: names, types, defaults, and what each is for.

The JSON Schema and docs/config.md are made from these models, so a description here is what people read.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

CONTEXT_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
RESERVED: Final = ("add", "rm", "use")
"""Words that `headway ctx` takes for commands."""
MAX_URL: Final = 2_048
MAX_KEYS: Final = 8
"""Keys that one action may have."""


def _context_name(name: str) -> str:
    if not re.fullmatch(CONTEXT_NAME, name) or name in RESERVED:
        raise ValueError(
            "must begin with a letter or a digit, have at most 64 letters, digits, '.', '_' and '-', and be none of "
            + ", ".join(RESERVED)
        )
    return name


def _platform_url(url: str) -> str:
    """http or https to a host, with no user, query or fragment: an address that can be shown to anyone."""
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or parts.scheme not in ("http", "https") or not re.fullmatch(r"[!-~]+", url):
        raise ValueError("must be an address that begins with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no user and no password; a token belongs in a file that token_file names")
    if parts.query or parts.fragment:
        raise ValueError("must end before any '?' or '#'")
    return url


ContextName: TypeAlias = Annotated[str, AfterValidator(_context_name)]
PlatformUrl: TypeAlias = Annotated[str, Field(max_length=MAX_URL), AfterValidator(_platform_url)]
FilePath: TypeAlias = Annotated[str, Field(min_length=1, max_length=4_096, pattern=r"^[^\x00-\x1f\x7f]+$")]
ThemeName: TypeAlias = Literal[
    "headway", "headway-light", "headway-contrast", "textual-dark", "textual-light",
    "nord", "gruvbox", "catppuccin-mocha", "dracula", "tokyo-night",
    "monokai", "flexoki", "catppuccin-latte", "catppuccin-frappe", "catppuccin-macchiato",
    "solarized-light", "solarized-dark", "rose-pine", "rose-pine-moon", "rose-pine-dawn",
    "atom-one-dark", "atom-one-light", "ansi-dark", "ansi-light",
]  # fmt: skip
Key: TypeAlias = Annotated[str, Field(min_length=1, max_length=40)]
Keys: TypeAlias = Key | Annotated[list[Key], Field(min_length=1, max_length=MAX_KEYS)]


class _Model(BaseModel):
    # Most runs find no file, and then nothing is to be checked.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class ContextEntry(_Model):
    """One platform, by a name of your own."""

    url: PlatformUrl
    """The platform's address, `http://…` or `https://…`."""
    token_file: FilePath | None = None
    """The file that holds its token; a relative one is looked for beside this file. Tokens themselves are not kept in
    the configuration."""
    read_only: bool = False
    """Never change anything there, whatever else is set."""


class BoardSection(_Model):
    """How the board behaves."""

    cancel: Literal["ask", "grace"] = "ask"
    """What `x` does: `ask` first, or `grace`: no question, nothing is sent for 3 seconds, and `u` undoes it until
    then; leaving headway within them cancels nothing."""
    finished: Annotated[int, Field(ge=100, le=1_000_000)] = 10_000
    """How many finished delegations the board holds, of 100 to 1000000; each takes about 1 KiB. Older ones leave the
    board and stay with the platform; they are fetched again while somebody is at the end of those that are held."""


class Config(_Model):
    """The whole of `config.toml`."""

    context: ContextName | None = None
    """Which context is used where `headway ctx` has not chosen one; none is the platform of this account."""
    data: FilePath | None = None
    """The data folder of this account's own platform; a relative one is looked for beside this file."""
    read_only: bool = False
    """Never change anything on any platform: keys and commands that would are refused."""
    theme: ThemeName = "headway"
    """How the board looks: `headway` for dark terminals, `headway-light` for light ones, `headway-contrast`;
    `ansi-dark` and `ansi-light` with the terminal's own colors; the others are Textual's. What is chosen on the board
    is kept beside this file, and goes before it."""
    color: bool = True
    """Use colors. NO_COLOR turns them off too."""
    ascii: bool = False
    """Draw with ASCII only, for terminals and fonts that have nothing else."""
    animations: bool = True
    """Let scrolling and dialogs move smoothly."""
    link: Literal["auto", "thin", "wide"] = "auto"
    """What lies between the board and the terminal. Over a `thin` link it writes only the cells that changed, 40 kB a
    second at most, and leaves out frames instead of sending them late; `auto` is thin over SSH."""
    notifications: Literal["off", "bell", "desktop"] = "off"
    """How you are called when a delegation finishes or gets stuck while you look elsewhere: a `bell`, or a
    notification of the `desktop` (OSC 9, which not every terminal has)."""
    board: BoardSection = Field(default_factory=BoardSection.model_construct)
    """How the board behaves, a table `[board]`."""
    contexts: dict[ContextName, ContextEntry] = Field(default_factory=dict)
    """Platforms by name, each a table `[contexts.NAME]`; `headway ctx add` keeps its own beside them."""
    keys: dict[str, Keys] = Field(default_factory=dict)
    """Keys of the board's actions: an action's id, and one key or a list of keys that replace its own."""
