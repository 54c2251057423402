"""A row that is changed is as `dataclasses.replace` would make it, and as frozen."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest
from headway.core.delegation import Row, Status
from headway.core.progress import ProgressText

ROW = Row(
    *(f"{field.name} {number}" if number < 3 else number for number, field in enumerate(fields(Row))),  # type: ignore[arg-type]
)


@pytest.mark.parametrize("name", [field.name for field in fields(Row)])
def test_one_field_is_another_and_all_others_are_as_they_were(name: str) -> None:
    changes: dict[str, Any] = {name: object()}
    assert ROW.changed(**changes) == replace(ROW, **changes)


def test_it_is_a_row_of_its_own_and_frozen() -> None:
    changed = ROW.changed(status=Status.STUCK, progress=ProgressText.of("x"))
    assert type(changed) is Row
    assert ROW.status != Status.STUCK
    with pytest.raises(FrozenInstanceError):
        changed.seq = 1  # type: ignore[misc]


def test_a_field_that_rows_have_not_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        ROW.changed(sequence=1)
