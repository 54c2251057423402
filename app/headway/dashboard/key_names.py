"""Keys as people write them, and as Textual calls them: `?` is `question_mark`, `esc` is `escape`, `^p` is `ctrl+p`."""

from __future__ import annotations

import string
import unicodedata
from typing import Final

_RENAMED: Final = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
_WRITTEN: Final = {
    "esc": "escape",
    "return": "enter",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "pgdown": "pagedown",
    "del": "delete",
    "ins": "insert",
    "spacebar": "space",
}
_SAME: Final = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+space": "ctrl+at", "ctrl+left_square_bracket": "escape"}
"""What a terminal sends the same bytes for."""
_SHOWN: Final = {
    "escape": "esc",
    "shift+tab": "⇧tab",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "enter": "⏎",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "delete": "del",
}
MODIFIERS: Final = ("alt", "ctrl", "shift", "super")


def _name(character: str) -> str:
    """How Textual calls the key of a character."""
    if character.isalnum():
        return character
    name = unicodedata.name(character, character).lower().replace("-", "_").replace(" ", "_")
    return _RENAMED.get(name, name)


_CHARACTERS: Final = {_name(character): character for character in string.punctuation}
NAMED: Final = frozenset(
    {
        *("backspace", "delete", "down", "end", "enter", "escape", "home", "insert", "left", "pagedown", "pageup"),
        *("right", "space", "tab", "up"),
        *(f"f{number}" for number in range(1, 25)),
        *_CHARACTERS,
    }
)
"""Keys with a name of more than one character."""


def key_name(key: str) -> str:
    """A key of Textual's as people write it: `?`, `^p`, `esc`, `S`."""
    if key in _SHOWN:
        return _SHOWN[key]
    modifiers, plus, base = key.rpartition("+")
    return f"{modifiers}{plus}".replace("ctrl+", "^") + _SHOWN.get(base, _CHARACTERS.get(base, base))


def key_of(written: str) -> str:
    """The key that a person means, by Textual's name. Raises ValueError for what is no key.

    >>> key_of("?"), key_of("Ctrl+P"), key_of("shift+a"), key_of("pgdn")
    ('question_mark', 'ctrl+p', 'A', 'pagedown')
    """
    text = written.strip() or written
    if len(text) == 1:
        return _base(text)
    # A plus may itself be the key: `ctrl++`.
    head, base = (text[:-2], "+") if text.endswith("++") else text.rpartition("+")[::2]
    modifiers = sorted(part.strip().casefold() for part in head.split("+")) if "+" in text else []
    if len(set(modifiers)) != len(modifiers) or not set(modifiers) <= set(MODIFIERS):
        raise ValueError(written)
    base = _base(base.strip())
    if len(base) == 1 and "ctrl" in modifiers:
        base = base.lower()
    if len(base) == 1 and base.isalpha() and "shift" in modifiers and "ctrl" not in modifiers:
        modifiers.remove("shift")
        base = base.upper()
    key = "+".join([*modifiers, base])
    return _SAME.get(key, key)


def _base(text: str) -> str:
    if len(text) == 1:
        if text == " ":
            return "space"
        if not text.isprintable():
            raise ValueError(text)
        return _name(text)
    name = _WRITTEN.get(text.casefold(), text.casefold())
    if name not in NAMED:
        raise ValueError(text)
    return name
