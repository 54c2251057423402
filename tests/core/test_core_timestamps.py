"""Times on the wire."""

from __future__ import annotations

import pytest
from headway.core.timestamps import from_rfc3339, to_rfc3339
from hypothesis import given
from hypothesis import strategies as st


@given(st.integers(0, 4_102_444_800_000))
def test_milliseconds_survive_the_wire(ms: int) -> None:
    text = to_rfc3339(ms)
    assert from_rfc3339(text) == ms
    assert text.endswith("Z")
    assert len(text) == len("2023-11-14T22:13:20.000000Z")


def test_times_have_six_decimals_and_a_zone() -> None:
    assert to_rfc3339(1_700_000_000_007) == "2023-11-14T22:13:20.007000Z"
    assert from_rfc3339("2023-11-14T23:13:20.007+01:00") == 1_700_000_000_007
    with pytest.raises(ValueError, match="zone"):
        from_rfc3339("2023-11-14T22:13:20")
