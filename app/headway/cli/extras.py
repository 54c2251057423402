"""How the optional parts are installed: Headway is on no registry, so it is done in a checkout."""

from __future__ import annotations


def how_to_install(name: str) -> str:
    """The command, for people."""
    return f"in a checkout of Headway, `make install` brings every optional part, `pip install '.[{name}]'` this one"
