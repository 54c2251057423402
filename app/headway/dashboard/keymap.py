"""Other keys for the board's actions: checked as a whole, before there is a board."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from headway.core.naming import nearest, quoted
from headway.dashboard.action import Action
from headway.dashboard.actions import ACTIONS
from headway.dashboard.key_names import MODIFIERS, NAMED, key_name, key_of

RESERVED: Final = {"ctrl+c": "copies, and says how to quit", "ctrl+q": "always quits"}
"""Keys that no action can have, with what they do."""


class KeymapError(Exception):
    """The keys cannot be used; `problems` says what is wrong, each with the action that it is wrong with."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("\n".join(text for _, text in problems))
        self.problems = tuple(problems)


def remapped(keys: Mapping[str, str | Sequence[str]], actions: Sequence[Action] = ACTIONS) -> tuple[Action, ...]:
    """The actions, those that `keys` names by their id with other keys. Raises KeymapError, and nothing is changed."""
    problems: list[tuple[str, str]] = []
    chosen: dict[str, tuple[str, ...]] = {}
    known = {action.id for action in actions}
    for name, written in keys.items():
        if name not in known:
            problems.append((name, f"unknown action {quoted(name)}{nearest(name, known)}"))
            continue
        chosen[name] = tuple(dict.fromkeys(_keys(name, written, problems)))
    changed = tuple(replace(one, keys=chosen[one.id]) if chosen.get(one.id) else one for one in actions)
    problems += _clashes(changed, chosen)
    if problems:
        raise KeymapError(problems)
    return changed


def _keys(name: str, written: str | Sequence[str], problems: list[tuple[str, str]]) -> Iterable[str]:
    for text in (written,) if isinstance(written, str) else written:
        try:
            key = key_of(text)
        except ValueError:
            problems.append((name, f"{quoted(text)} is not a key{_nearest_key(text)}"))
            continue
        if key in RESERVED:
            problems.append((name, f"{quoted(text)} cannot be a key of {name}: it {RESERVED[key]}"))
        else:
            yield key


def _nearest_key(text: str) -> str:
    names = [*NAMED, *(f"{modifier}+{text.rpartition('+')[2]}" for modifier in MODIFIERS)]
    return nearest(text, names)


def _clashes(actions: Sequence[Action], chosen: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    """Keys that two actions of one screen have, of which neither yields; said at the one that was changed."""
    owners: dict[str, list[Action]] = {}
    for action in actions:
        for key in action.keys:
            for owner in owners.setdefault(key, []):
                if owner.on & action.on and owner.yields == action.yields:
                    at, other = (action, owner) if action.id in chosen else (owner, action)
                    text = f"{quoted(key_name(key))} is the key of {other.id} too; give one of them another"
                    yield at.id, f"{quoted(at.id)}: {text}"
            owners[key].append(action)
