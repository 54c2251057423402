"""S2: who may talk to whom, the rule alone."""

from __future__ import annotations

import pytest
from headway.core.api import OPERATOR, Workspace
from headway.platform.access import may_talk

_PARENTS = {
    "lead": None,
    "other": None,
    "coder": "lead",
    "tester": "lead",
    "helper": "coder",
    "stranger": "other",
    "orphan": "gone",
    "twin": "gone",
}
WORKSPACES = {name: Workspace(id=name, name=name, parent_id=parent) for name, parent in _PARENTS.items()}
WORKSPACES["person"] = Workspace(id="person", name=OPERATOR, role=OPERATOR)


@pytest.mark.req("S2")
@pytest.mark.parametrize(
    ("caller", "target", "allowed"),
    [
        ("lead", "lead", True),
        ("lead", "other", True),
        ("coder", "tester", True),
        ("lead", "helper", True),
        ("helper", "lead", True),
        ("helper", "coder", True),
        ("coder", "stranger", False),
        ("helper", "tester", False),
        ("tester", "helper", False),
        ("coder", "other", False),
        ("other", "helper", False),
        ("person", "helper", True),
        ("person", "orphan", True),
        ("helper", "person", False),
        ("other", "person", True),
        ("orphan", "twin", True),
        ("orphan", "lead", False),
        ("lead", "orphan", False),
        ("lead", "nobody", False),
        ("nobody", "lead", False),
        ("nobody", "nobody", False),
    ],
)
def test_self_siblings_and_the_own_line_may_talk(caller: str, target: str, *, allowed: bool) -> None:
    assert may_talk(caller, target, WORKSPACES) is allowed


@pytest.mark.req("S2")
def test_parents_in_a_circle_end() -> None:
    circle = {
        "a": Workspace(id="a", name="a", parent_id="b"),
        "b": Workspace(id="b", name="b", parent_id="a"),
        "own": Workspace(id="own", name="own", parent_id="own"),
        "root": Workspace(id="root", name="root"),
    }
    assert may_talk("a", "b", circle)
    assert not may_talk("a", "root", circle)
    assert not may_talk("root", "own", circle)
    assert may_talk("own", "own", circle)
